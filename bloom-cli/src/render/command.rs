//! A command for its templates.

use serde::Serialize;

use super::{
    field::{FieldView, sample_uses},
    imports,
    sample::of_field,
    value::VariantView,
};
use crate::{
    model::{
        Aggregate, Command, Guard, ModelField,
        english::{article, capital, gerund, third_person},
    },
    request::{Variant, name::identifier},
};

/// A command.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CommandView {
    pub(crate) method: String,
    pub(crate) command: String,
    pub(crate) snake: String,
    pub(crate) segment: String,
    doc: String,
    title: String,
    errors_doc: String,
    fallible: bool,
    many: bool,
    pub(crate) args: Vec<FieldView>,
    sets: Vec<FieldView>,
    from: Vec<VariantView>,
    forbidden: Vec<VariantView>,
    to: Option<VariantView>,
    cannot: String,
    cannot_code: String,
    guards: Vec<GuardView>,
    pub(super) event: String,
    event_snake: String,
    event_doc: String,
    pub(super) stored: String,
    uses: String,
    allowed: Vec<AllowedView>,
    refused: Vec<VariantView>,
    needs: Vec<String>,
    http_test: bool,
    http_needs: Vec<HttpNeed>,
    http_body: String,
    to_is_refused: bool,
}

#[derive(Debug, Clone, Serialize)]
struct GuardView {
    field: String,
    test: String,
    error: String,
    tested: bool,
    history: String,
}

#[derive(Debug, Clone, Serialize)]
struct AllowedView {
    suffix: String,
    history: String,
}

#[derive(Debug, Clone, Serialize)]
struct HttpNeed {
    segment: String,
    json: String,
}

/// The error that a guard raises: `NoLines`.
pub(super) fn guard_error(guard: &Guard) -> String {
    format!("No{}", guard.field().pascal())
}

/// The error for a state that forbids it: `CannotPlace`.
pub(super) fn cannot(command: &Command) -> String {
    format!("Cannot{}", command.verb.pascal())
}

/// The states that forbid the command.
pub(super) fn forbidden<'a>(aggregate: &'a Aggregate, command: &Command) -> Vec<&'a Variant> {
    match (aggregate.state(), &command.to) {
        (Some(state), Some(_)) => {
            state.variants.iter().filter(|variant| !command.from.contains(variant)).collect()
        }
        _ => Vec::new(),
    }
}

impl CommandView {
    pub(crate) fn new(aggregate: &Aggregate, command: &Command) -> Self {
        let root = aggregate.name.pascal();
        let owner = identifier(&aggregate.name.snake());
        let label = aggregate.name.label();
        let verb_words = command.verb.label();
        let (verb, rest) = verb_words
            .split_once(' ')
            .map_or((verb_words.as_str(), ""), |(verb, rest)| (verb, rest));
        let object = if rest.is_empty() {
            format!("{} {label}", article(&label))
        } else {
            format!("{rest} of {} {label}", article(&label))
        };
        let forbidden = forbidden(aggregate, command);
        let fallible = !forbidden.is_empty() || !command.guards.is_empty();
        let sets: Vec<&ModelField> = command
            .arguments
            .iter()
            .filter(|argument| aggregate.fields.iter().any(|field| field.name == argument.name))
            .collect();
        let ways = aggregate.ways();
        let reachable = |variant: &Variant| ways.iter().any(|(state, _)| *state == variant);
        let has_state_history = aggregate
            .state()
            .is_some_and(|_| aggregate.commands.iter().any(|command| command.to.is_some()));
        let history_of = |variant: &Variant| match aggregate.state() {
            Some(state) if has_state_history => {
                format!("history({}::{})", state.name, variant.name.pascal())
            }
            _ => "vec![begun()]".to_owned(),
        };
        let allowed = if command.to.is_some() {
            let states: Vec<&Variant> =
                command.from.iter().filter(|state| reachable(state)).collect();
            states
                .into_iter()
                .map(|state| AllowedView {
                    suffix: format!("_from_{}", state.name.plain()),
                    history: history_of(state),
                })
                .collect()
        } else {
            vec![AllowedView { suffix: String::new(), history: "vec![begun()]".to_owned() }]
        };
        let first_history = allowed
            .first()
            .map_or("vec![begun()]".to_owned(), |allowed: &AllowedView| allowed.history.clone());
        let needs = needs(aggregate, command);
        let guards = command
            .guards
            .iter()
            .map(|guard| guard_view(aggregate, guard, &first_history))
            .collect();
        let mut uses: Vec<String> = command.arguments.iter().flat_map(ModelField::types).collect();
        uses.sort();
        let initial_allowed = match (aggregate.state(), &command.to) {
            (Some(state), Some(_)) => command.from.contains(state.initial),
            _ => true,
        };
        let body: Vec<String> = command
            .arguments
            .iter()
            .filter_map(|argument| {
                Some(format!("\"{}\": {}", argument.name, of_field(argument, false)?.json))
            })
            .collect();
        let errors = [
            (!forbidden.is_empty()).then_some("the state forbids it"),
            (!command.guards.is_empty()).then_some("something that it needs is missing"),
        ];
        let errors: Vec<&str> = errors.into_iter().flatten().collect();
        let to_is_refused = command.to.as_ref().is_some_and(|to| forbidden.contains(&to));
        Self {
            method: command.verb.ident(),
            command: format!("{}{root}", command.verb.pascal()),
            snake: format!("{}_{}", command.verb, aggregate.name.snake()),
            segment: command.verb.kebab(),
            doc: format!("{} {object}.", capital(&third_person(verb))),
            title: format!("{} {object}", capital(&gerund(verb))),
            errors_doc: format!("When {}.", errors.join(", or ")),
            fallible,
            many: command.arguments.len() + 2 > 7,
            args: command
                .arguments
                .iter()
                .map(|argument| FieldView::new(argument, &owner))
                .collect(),
            sets: sets.into_iter().map(|field| FieldView::new(field, &owner)).collect(),
            from: command.from.iter().map(VariantView::from).collect(),
            refused: forbidden
                .iter()
                .filter(|state| reachable(state))
                .map(|state| VariantView::from(*state))
                .collect(),
            forbidden: forbidden.into_iter().map(VariantView::from).collect(),
            to: command.to.as_ref().map(VariantView::from),
            cannot: cannot(command),
            cannot_code: format!("{}.cannot_{}", aggregate.name.snake(), command.verb),
            guards,
            event: command.event.pascal().to_owned(),
            event_snake: identifier(&command.event.snake()),
            event_doc: format!("{}.", capital(&command.event.label())),
            stored: format!("{}.{}", aggregate.stored.kind, command.event.snake()),
            uses: imports(uses),
            allowed,
            http_test: initial_allowed
                && needs.http_possible
                && (body.len() == command.arguments.len()),
            needs: needs.events,
            http_needs: needs.http,
            http_body: if command.arguments.is_empty() {
                "None".to_owned()
            } else {
                format!("Some(json!({{ {} }}))", body.join(", "))
            },
            to_is_refused,
        }
    }

    pub(super) fn has_http_test(&self) -> bool {
        self.http_test
    }

    pub(super) fn doc(&self) -> String {
        self.doc.clone()
    }

    /// The types that its samples name.
    pub(super) fn sample_uses(command: &Command) -> Vec<String> {
        command.arguments.iter().flat_map(sample_uses).collect()
    }
}

struct Needs {
    events: Vec<String>,
    http: Vec<HttpNeed>,
    http_possible: bool,
}

/// What must have happened so that the guards hold.
fn needs(aggregate: &Aggregate, command: &Command) -> Needs {
    let mut needs = Needs { events: Vec::new(), http: Vec::new(), http_possible: true };
    for guard in &command.guards {
        let entity = aggregate.entities.iter().find(|entity| entity.list == *guard.field());
        if let Some(entity) = entity {
            needs.events.push(format!("{}_added", entity.short));
            let members: Option<Vec<String>> = entity
                .fields
                .iter()
                .map(|field| Some(format!("\"{}\": {}", field.name, of_field(field, false)?.json)))
                .collect();
            let state_open = aggregate.state().is_none_or(|state| {
                entity.states.is_empty() || entity.states.contains(state.initial)
            });
            needs.http_possible &= state_open;
            match members {
                Some(members) => needs.http.push(HttpNeed {
                    segment: entity.list.kebab(),
                    json: format!("{{ {} }}", members.join(", ")),
                }),
                None => needs.http_possible = false,
            }
        }
    }
    needs
}

fn guard_view(aggregate: &Aggregate, guard: &Guard, history: &str) -> GuardView {
    let field = guard.field();
    let is_entity = aggregate.entities.iter().any(|entity| entity.list == *field);
    let test = match guard {
        Guard::NotEmpty(_) => format!("!self.{}.is_empty()", field.ident()),
        Guard::Present(_) => format!("self.{}.is_some()", field.ident()),
    };
    GuardView {
        field: field.plain().to_owned(),
        test,
        error: guard_error(guard),
        tested: is_entity,
        history: history.to_owned(),
    }
}
