//! An aggregate for its templates.

use serde::Serialize;

use super::{
    change::ChangeView,
    command::CommandView,
    create::CreateView,
    entity::EntityView,
    errors::{ErrorView, error_types, errors},
    exports::{ExportView, all_fields, all_newtypes, bounded_types, exports, own_types},
    factory::{FactoryView, factory},
    field::{FieldView, body_struct, body_uses, parse_uses, sample_uses},
    finder::{FinderView, finder, leaf_types},
    http::{
        BodyView, DefaultView, HandlerView, RouteView, bodies, defaults, handlers, http_variable,
        invalid_body, members, routes,
    },
    imports,
    policy::{PolicyView, policy},
    projection::{ProjectionView, projection},
    query::{QueryView, query, test_types_of},
    specification::{SpecificationView, specification},
    state::{StateView, state_view},
    use_case::{UseCaseView, use_cases},
    value::{EnumView, NewtypeView, enums},
};
use crate::{
    model::{
        Aggregate, ModelField,
        english::{article, capital},
    },
    request::name::identifier,
};

/// An aggregate.
#[derive(Debug, Serialize)]
pub(crate) struct AggregateView {
    pub(crate) pascal: String,
    pub(crate) snake: String,
    ident: String,
    /// The variable in the tests over HTTP that holds its path.
    http_ident: String,
    label: String,
    #[serde(rename = "Label")]
    capital_label: String,
    label_plural: String,
    #[serde(rename = "Label_plural")]
    capital_label_plural: String,
    article: &'static str,
    #[serde(rename = "Article")]
    capital_article: String,
    pub(crate) plural_snake: String,
    /// The kind in the log.
    kind: String,
    /// Whether that is another than its name says.
    renamed: bool,
    /// The table of its documents.
    table: String,
    plural_ident: String,
    pub(crate) plural_pascal: String,
    pub(super) path: String,
    pub(crate) loading: String,
    pub(crate) loading_type: &'static str,
    create: CreateView,
    fields: Vec<FieldView>,
    create_fields: Vec<FieldView>,
    changes: Vec<ChangeView>,
    pub(crate) commands: Vec<CommandView>,
    pub(crate) entities: Vec<EntityView>,
    pub(crate) enums: Vec<EnumView>,
    pub(crate) values: Vec<NewtypeView>,
    value_tests: bool,
    value_uses: String,
    value_test_uses: String,
    state: Option<StateView>,
    pub(crate) errors: Vec<ErrorView>,
    domain_mods: Vec<String>,
    domain_exports: Vec<ExportView>,
    foreign_uses: String,
    event_uses: String,
    event_foreign: String,
    error_uses: String,
    error_foreign: String,
    test_foreign: String,
    create_uses: String,
    store_uses: String,
    finder_uses: String,
    repository_test_uses: String,
    body_imports: Vec<String>,
    body_imports_out: Vec<String>,
    body_uses: String,
    body_commands: String,
    body_names: Vec<String>,
    view_uses: String,
    bodies: Vec<BodyView>,
    bodyless: Vec<String>,
    defaults: Vec<DefaultView>,
    pub(super) handlers: Vec<HandlerView>,
    routes: Vec<RouteView>,
    pub(crate) use_cases: Vec<UseCaseView>,
    has_changes: bool,
    more_events: bool,
    large_events: bool,
    later_events: Vec<String>,
    pub(crate) indexed: Vec<FieldView>,
    finders: Vec<FinderView>,
    pub(crate) specifications: Vec<SpecificationView>,
    pub(crate) factories: Vec<FactoryView>,
    pub(crate) policies: Vec<PolicyView>,
    pub(crate) projections: Vec<ProjectionView>,
    pub(crate) queries: Vec<QueryView>,
    create_json: String,
    invalid_json: String,
    invalid_paths: String,
    first_unique_code: String,
    uses_client_type: bool,
}

impl AggregateView {
    #[expect(clippy::too_many_lines, reason = "one line for each part of the view")]
    pub(crate) fn new(aggregate: &Aggregate) -> Self {
        let root = aggregate.name.pascal().to_owned();
        let snake = aggregate.name.snake();
        let ident = identifier(&snake);
        let label = aggregate.name.label();
        let plural = &aggregate.plural;
        let path = format!("/{}", plural.kebab());
        let state = aggregate.state();
        let given = aggregate.given_fields();

        let mut fields: Vec<FieldView> =
            aggregate.fields.iter().map(|field| FieldView::new(field, &ident)).collect();
        if let Some(state) = state {
            for view in fields.iter_mut().filter(|view| view.plain == state.field.name.plain()) {
                view.initial = Some(format!("{}::{}", state.name, state.initial.name.pascal()));
                view.initial_json = format!("{:?}", state.initial.text);
            }
        }
        let create_fields: Vec<FieldView> =
            given.iter().map(|field| FieldView::new(field, &ident)).collect();
        let changes: Vec<ChangeView> = if aggregate.changeable {
            given.iter().map(|field| ChangeView::new(aggregate, field, &ident)).collect()
        } else {
            Vec::new()
        };
        let commands: Vec<CommandView> =
            aggregate.commands.iter().map(|command| CommandView::new(aggregate, command)).collect();
        let entities: Vec<EntityView> =
            aggregate.entities.iter().map(|entity| EntityView::new(aggregate, entity)).collect();

        let all_fields: Vec<&ModelField> = all_fields(aggregate).collect();
        let values = all_newtypes(aggregate);
        let enums: Vec<EnumView> = {
            let owned: Vec<ModelField> = all_fields.iter().map(|field| (*field).clone()).collect();
            enums(&owned)
        };
        let errors = errors(aggregate);
        let exports = exports(aggregate, &values, &enums, !errors.is_empty());
        let own_types = own_types(aggregate);
        let foreign = |names: Vec<String>| {
            imports(names.into_iter().filter(|name| !own_types.contains(name)))
        };
        let own =
            |names: Vec<String>| imports(names.into_iter().filter(|name| own_types.contains(name)));

        let mut event_types = vec![format!("{root}Id")];
        event_types.extend(given.iter().flat_map(|field| field.types()));
        for command in &aggregate.commands {
            event_types.extend(command.arguments.iter().flat_map(ModelField::types));
        }
        for entity in &aggregate.entities {
            event_types.push(format!("{}Id", entity.name));
            event_types.extend(entity.fields.iter().flat_map(ModelField::types));
        }
        let mut domain_types: Vec<String> =
            all_fields.iter().flat_map(|field| field.types()).collect();
        domain_types.extend(
            aggregate
                .commands
                .iter()
                .flat_map(|command| command.arguments.iter().flat_map(ModelField::types)),
        );
        let mut test_types: Vec<String> =
            given.iter().flat_map(|field| sample_uses(field)).collect();
        test_types.extend(aggregate.commands.iter().flat_map(CommandView::sample_uses));
        test_types.extend(aggregate.entities.iter().flat_map(EntityView::sample_uses));
        test_types.retain(|name| !domain_types.contains(name));

        let bodies = bodies(aggregate, &changes);
        let body_fields: Vec<&ModelField> = given
            .iter()
            .copied()
            .chain(aggregate.entities.iter().flat_map(|entity| &entity.fields))
            .chain(aggregate.commands.iter().flat_map(|command| &command.arguments))
            .collect();
        let mut body_types: Vec<String> =
            body_fields.iter().flat_map(|field| parse_uses(field)).collect();
        body_types.extend(body_fields.iter().flat_map(|field| body_uses(field)));
        if !bodies.is_empty() {
            body_types.push(format!("{root}Id"));
        }
        body_types.extend(aggregate.entities.iter().map(|entity| format!("{}Id", entity.name)));
        let mut view_types = vec![root.clone(), format!("{root}Id")];
        view_types.extend(aggregate.fields.iter().flat_map(body_uses));
        for entity in &aggregate.entities {
            view_types.extend([entity.name.pascal().to_owned(), format!("{}Id", entity.name)]);
            view_types.extend(entity.fields.iter().flat_map(body_uses));
        }
        let view_fields = aggregate
            .fields
            .iter()
            .chain(aggregate.entities.iter().flat_map(|entity| &entity.fields));

        let create = CreateView::new(aggregate);
        let use_cases = use_cases(aggregate);
        let handlers = handlers(aggregate, &changes, &commands, &entities, &path);
        let create_command = create.command.clone();
        let body_commands = std::iter::once(create_command.clone())
            .chain(bodies.iter().map(|body| body.command.clone()));
        let (invalid_json, invalid_paths) = invalid_body(&given);
        let finders: Vec<FinderView> =
            aggregate.fields.iter().filter_map(|field| finder(aggregate, field)).collect();
        let finder_types: Vec<String> = aggregate
            .fields
            .iter()
            .filter(|field| finder(aggregate, field).is_some())
            .flat_map(leaf_types)
            .collect();
        let mut repository_tests: Vec<String> =
            given.iter().flat_map(|field| sample_uses(field)).collect();
        repository_tests.retain(|name| !finder_types.contains(name));
        let mut store_uses: Vec<String> =
            given.iter().flat_map(|field| sample_uses(field)).collect();
        store_uses.push(root.clone());
        for query in &aggregate.queries {
            store_uses.extend(test_types_of(aggregate, query));
        }
        let first_unique = aggregate.fields.iter().find(|field| field.unique);

        Self {
            plural_snake: plural.plain().to_owned(),
            http_ident: http_variable(&ident),
            kind: aggregate.stored.kind.clone(),
            renamed: aggregate.stored.kind != aggregate.name.snake(),
            table: aggregate.stored.table.clone(),
            plural_ident: plural.ident(),
            plural_pascal: plural.pascal(),
            label_plural: plural.label(),
            capital_label_plural: capital(&plural.label()),
            capital_label: capital(&label),
            article: article(&label),
            capital_article: capital(article(&label)),
            loading: loading(aggregate),
            loading_type: if aggregate.event_sourced { "Events" } else { "Documents" },
            state: state.map(|state| state_view(aggregate, state.field, state.name, &ident)),
            domain_mods: exports.iter().map(|export| export.module.clone()).collect(),
            foreign_uses: foreign(domain_types),
            event_uses: own(event_types.clone()),
            event_foreign: foreign(event_types),
            error_uses: own(error_types(&errors)),
            error_foreign: foreign(error_types(&errors)),
            test_foreign: foreign(test_types),
            create_uses: imports(given.iter().flat_map(|field| field.types())),
            store_uses: imports(store_uses),
            finder_uses: imports(finder_types),
            repository_test_uses: imports(repository_tests),
            body_imports: sorted(body_fields.iter().filter_map(|field| body_struct(field))),
            body_imports_out: sorted(view_fields.filter_map(body_struct)),
            body_uses: imports(body_types),
            body_names: body_commands.clone().map(|command| format!("{command}Body")).collect(),
            body_commands: imports(body_commands),
            view_uses: imports(view_types),
            bodyless: handlers
                .iter()
                .filter(|handler| !handler.body)
                .map(|handler| handler.command.clone())
                .collect(),
            defaults: defaults(&given),
            routes: routes(&handlers, &entities, &create, &path, aggregate),
            has_changes: !handlers.is_empty(),
            more_events: !(changes.is_empty() && commands.is_empty() && entities.is_empty()),
            later_events: later_events(aggregate, &changes),
            indexed: aggregate
                .fields
                .iter()
                .filter(|field| field.index)
                .map(|field| FieldView::new(field, &ident))
                .collect(),
            large_events: first_event_is_large(aggregate),
            create_json: members(&given),
            invalid_json,
            invalid_paths,
            first_unique_code: first_unique
                .map(|field| format!("{snake}.{}_taken", field.name))
                .unwrap_or_default(),
            uses_client_type: changes.iter().any(|change| change.field.other.is_some())
                || !entities.is_empty()
                || commands.iter().any(CommandView::has_http_test),
            value_uses: imports(bounded_types(&all_fields, false)),
            value_test_uses: imports(bounded_types(&all_fields, true)),
            value_tests: values.iter().any(|value| !value.cases.is_empty()),
            domain_exports: exports,
            pascal: root,
            snake,
            ident,
            label,
            path: path.clone(),
            create,
            fields,
            create_fields,
            changes,
            commands,
            entities,
            enums,
            values,
            errors,
            bodies,
            handlers,
            use_cases,
            finders,
            queries: aggregate.queries.iter().map(|one| query(aggregate, one, &path)).collect(),
            projections: aggregate
                .projections
                .iter()
                .map(|one| projection(aggregate, one))
                .collect(),
            policies: aggregate.policies.iter().map(policy).collect(),
            factories: aggregate.factories.iter().map(|name| factory(aggregate, name)).collect(),
            specifications: aggregate
                .specifications
                .iter()
                .map(|one| specification(aggregate, one))
                .collect(),
        }
    }

    pub(crate) fn changes(&self) -> &[ChangeView] {
        &self.changes
    }
}

/// How `app.rs` says that it is loaded.
pub(super) fn loading(aggregate: &Aggregate) -> String {
    if aggregate.event_sourced {
        "Events::folded()".to_owned()
    } else {
        format!("Documents::in_table(\"{}\")", aggregate.stored.table)
    }
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

/// Whether clippy may find the first event much larger than all others.
fn first_event_is_large(aggregate: &Aggregate) -> bool {
    const NOTICED: usize = 150;
    let given = aggregate.given_fields();
    let first: usize = given.iter().map(|field| field.size()).sum();
    let changes = given.iter().map(|field| field.size());
    let all = |fields: &[ModelField]| fields.iter().map(ModelField::size).sum::<usize>();
    let entities = aggregate.entities.iter().map(|entity| all(&entity.fields));
    let commands = aggregate.commands.iter().map(|command| all(&command.arguments));
    let next = changes.chain(entities).chain(commands).max();
    next.is_some_and(|next| first > next + NOTICED)
}

fn later_events(aggregate: &Aggregate, changes: &[ChangeView]) -> Vec<String> {
    let root = aggregate.name.pascal();
    let mut events: Vec<String> = changes
        .iter()
        .map(|change| {
            format!(
                "{root}Event::{} {{ {}: {} }}",
                change.event, change.field.name, change.field.sample
            )
        })
        .collect();
    events.extend(
        aggregate
            .commands
            .iter()
            .map(|command| format!("{}()", identifier(&command.event.snake()))),
    );
    events.extend(aggregate.entities.iter().map(|entity| format!("{}_added()", entity.short)));
    events
}
