//! What an aggregate does: each command with the event that follows from it, and where HTTP offers it.

use super::{AggregateView, create::CreateView};
use crate::model::Aggregate;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behaviour {
    /// The message: `PlaceOrder`.
    pub(crate) command: String,
    pub(crate) event: String,
    /// The event's name in the log.
    pub(crate) stored: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
}

/// What can be asked of an aggregate, and where HTTP offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) query: String,
    pub(crate) path: String,
}

/// Every behaviour, beginning one first.
pub(crate) fn behaviours(aggregate: &Aggregate) -> Vec<Behaviour> {
    let view = AggregateView::new(aggregate);
    let kind = &aggregate.stored.kind;
    let create = CreateView::new(aggregate);
    let mut behaviours = vec![Behaviour {
        command: create.command.clone(),
        event: create.event.clone(),
        stored: create.stored.clone(),
        method: "post",
        path: view.path.clone(),
    }];
    for handler in &view.handlers {
        let command = &handler.command;
        let of_change = view.changes().iter().find(|change| change.command == *command);
        let of_command = view.commands.iter().find(|one| one.command == *command);
        let (event, stored) = match (of_change, of_command) {
            (Some(change), _) => (change.event.clone(), change.stored.clone()),
            (None, Some(one)) => (one.event.clone(), one.stored.clone()),
            (None, None) => {
                let of_entity = view.entities.iter().find_map(|entity| {
                    let verb = command.strip_suffix(entity.pascal.as_str())?;
                    let past = match verb {
                        "Add" => "Added",
                        "Change" => "Changed",
                        "Remove" => "Removed",
                        // Another entity, whose name ends like this one's.
                        _ => return None,
                    };
                    let event = format!("{}{past}", entity.short_pascal);
                    Some((event, format!("{kind}.{}_{}", entity.short, past.to_lowercase())))
                });
                of_entity.unwrap_or_default()
            }
        };
        behaviours.push(Behaviour {
            command: command.clone(),
            event,
            stored,
            method: handler.method,
            path: handler.path.clone(),
        });
    }
    behaviours
}

/// Every question.
pub(crate) fn questions(aggregate: &Aggregate) -> Vec<Question> {
    let view = AggregateView::new(aggregate);
    let one = format!("{}/{{id}}", view.path);
    let mut questions = vec![
        Question { query: format!("List{}", aggregate.plural.pascal()), path: view.path.clone() },
        Question { query: format!("Get{}", aggregate.name), path: one.clone() },
    ];
    questions.extend(view.entities.iter().map(|entity| Question {
        query: format!("Get{}", aggregate.name),
        path: format!("{one}/{}/{{{}_id}}", entity.segment, entity.short),
    }));
    let queries = aggregate.queries.iter().zip(&view.queries);
    questions.extend(queries.map(|(query, view)| Question {
        query: query.name.pascal().to_owned(),
        path: view.path.clone(),
    }));
    questions
}
