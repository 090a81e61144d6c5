//! The methods and events of an aggregate, no two of one name.

use heck::ToPascalCase;

use super::{aggregate::Aggregate, english::past_event};
use crate::request::InputError;

/// Methods that every aggregate has.
const METHODS: [&str; 22] = [
    "id",
    "version",
    "changes",
    "fields",
    "raise",
    "start",
    "apply",
    "begin",
    "fold",
    "clone",
    "flush_events",
    "unique_keys",
    "to_document",
    "from_document",
    "moved_to",
    "eq",
    "ne",
    "hash",
    "fmt",
    "get",
    "list",
    "has",
];

impl Aggregate {
    /// Its events, beginning one first: `Placed`.
    pub(crate) fn events(&self) -> Vec<String> {
        let mut events = vec![past_event(self.create.plain()).to_pascal_case()];
        if self.changeable {
            let given = self.given_fields();
            events.extend(given.iter().map(|field| format!("{}Changed", field.name.pascal())));
        }
        for entity in &self.entities {
            let short = entity.short.pascal();
            events.extend(["Added", "Changed", "Removed"].map(|verb| format!("{short}{verb}")));
        }
        events.extend(self.commands.iter().map(|command| command.event.pascal().to_owned()));
        events
    }

    /// The messages of its use cases, whether or not HTTP offers them: `PlaceOrder`.
    pub(super) fn use_cases(&self) -> Vec<String> {
        let root = &self.name;
        let mut messages = vec![
            format!("{}{root}", self.create.pascal()),
            format!("Get{root}"),
            format!("List{}", self.plural.pascal()),
        ];
        let fields = self.fields.iter();
        messages.extend(fields.map(|field| format!("Change{root}{}", field.name.pascal())));
        let commands = self.commands.iter();
        messages.extend(commands.map(|command| format!("{}{root}", command.verb.pascal())));
        for entity in &self.entities {
            messages
                .extend(["Add", "Change", "Remove"].map(|verb| format!("{verb}{}", entity.name)));
        }
        messages.extend(self.queries.iter().map(|query| query.name.to_string()));
        messages
    }
}

/// No two things write the same method, event or use case.
pub(super) fn check_methods(aggregate: &Aggregate) -> Result<(), InputError> {
    let mut methods: Vec<String> = METHODS.iter().map(|method| (*method).to_owned()).collect();
    let mut events: Vec<String> = vec![past_event(aggregate.create.plain()).to_pascal_case()];
    let mut add = |method: String, event: Option<String>| -> Result<(), InputError> {
        if methods.contains(&method) {
            return Err(InputError::new(format!(
                "`{}` has a method `{method}` already",
                aggregate.name
            ))
            .hint("choose another verb or field name"));
        }
        if let Some(event) = event {
            if events.contains(&event) {
                return Err(InputError::new(format!(
                    "`{}` has an event `{event}` already",
                    aggregate.name
                ))
                .hint("name this one with `emits`"));
            }
            events.push(event);
        }
        methods.push(method);
        Ok(())
    };
    add(aggregate.create.plain().to_owned(), None)?;
    for field in &aggregate.fields {
        add(field.name.plain().to_owned(), None)?;
    }
    if aggregate.changeable {
        for field in aggregate.given_fields() {
            add(format!("change_{}", field.name), Some(format!("{}Changed", field.name.pascal())))?;
        }
    }
    for entity in &aggregate.entities {
        add(entity.list.plain().to_owned(), None)?;
        for (verb, event) in [("add", "Added"), ("change", "Changed"), ("remove", "Removed")] {
            add(
                format!("{verb}_{}", entity.short),
                Some(format!("{}{event}", entity.short.pascal())),
            )?;
        }
    }
    for command in &aggregate.commands {
        add(command.verb.plain().to_owned(), Some(command.event.pascal().to_owned()))?;
    }
    Ok(())
}
