//! The names of the project that the shell is in, for completion.

use clap_complete::{ArgValueCandidates, CompletionCandidate};
use heck::ToSnakeCase;

use crate::{
    project::{Project, Record},
    request::{Field, Request, Sentence},
};

/// Its aggregates.
pub(crate) fn aggregates() -> ArgValueCandidates {
    named(|request| match request {
        Request::Aggregate(aggregate) => Some(aggregate.name.to_string()),
        _ => None,
    })
}

/// What fields can be added to.
pub(crate) fn owners() -> ArgValueCandidates {
    named(|request| match request {
        Request::Aggregate(aggregate) => Some(aggregate.name.to_string()),
        Request::Entity(entity) => Some(entity.name.to_string()),
        _ => None,
    })
}

/// Its entities.
pub(crate) fn entities() -> ArgValueCandidates {
    named(|request| match request {
        Request::Entity(entity) => Some(entity.name.to_string()),
        _ => None,
    })
}

/// Its value objects.
pub(crate) fn values() -> ArgValueCandidates {
    named(|request| match request {
        Request::ValueObject { name, .. } => Some(name.to_string()),
        _ => None,
    })
}

/// The verbs of its commands.
pub(crate) fn verbs() -> ArgValueCandidates {
    named(|request| match request {
        Request::Command { command, .. } => Some(command.verb.plain().to_owned()),
        _ => None,
    })
}

/// Its projections.
pub(crate) fn projections() -> ArgValueCandidates {
    named(|request| match request {
        Request::Projection { name, .. } => Some(name.to_string()),
        _ => None,
    })
}

/// Its queries.
pub(crate) fn queries() -> ArgValueCandidates {
    named(|request| match request {
        Request::Query { name, .. } => Some(name.to_string()),
        _ => None,
    })
}

/// Its domain services.
pub(crate) fn services() -> ArgValueCandidates {
    named(|request| match request {
        Request::Service { name } => Some(name.to_string()),
        _ => None,
    })
}

/// Its factories.
pub(crate) fn factories() -> ArgValueCandidates {
    named(|request| match request {
        Request::Factory { name, .. } => Some(name.to_string()),
        _ => None,
    })
}

/// Its policies.
pub(crate) fn policies() -> ArgValueCandidates {
    named(|request| match request {
        Request::Policy { name, .. } => Some(name.to_string()),
        _ => None,
    })
}

/// Its specifications.
pub(crate) fn specifications() -> ArgValueCandidates {
    named(|request| match request {
        Request::Specification { name, .. } => Some(name.plain().to_owned()),
        _ => None,
    })
}

/// The steps of its schema that people write.
pub(crate) fn migrations() -> ArgValueCandidates {
    named(|request| match request {
        Request::Migration { name, .. } => Some(name.plain().to_owned()),
        _ => None,
    })
}

/// Every field of an aggregate or an entity.
pub(crate) fn fields() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let mut names = Vec::new();
        for record in records() {
            let fields = match record.sentence {
                Sentence::Aggregate { fields, .. } | Sentence::Entity { fields, .. } => fields,
                Sentence::Field { field, .. } => vec![field],
                _ => Vec::new(),
            };
            let parsed = fields.iter().filter_map(|text| Field::parse(text).ok());
            names.extend(parsed.map(|field| field.name.plain().to_owned()));
        }
        candidates(names)
    })
}

/// Every event of every aggregate, as a policy names it.
pub(crate) fn events() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let context = project().and_then(|project| project.context().ok());
        let aggregates = context.into_iter().flat_map(|context| context.aggregates);
        let events = aggregates.flat_map(|aggregate| {
            let name = aggregate.name.snake();
            let events = aggregate.events().into_iter();
            events.map(move |event| format!("{name}.{}", event.to_snake_case())).collect::<Vec<_>>()
        });
        candidates(events.collect())
    })
}

/// Nobody is told anything while completing: where there is no project there are no names.
fn project() -> Option<Project> {
    let root = Project::root(&std::env::current_dir().ok()?).ok()?;
    Project::open(root).ok()
}

fn records() -> Vec<Record> {
    project().map(|project| project.records).unwrap_or_default()
}

fn named(name: fn(Request) -> Option<String>) -> ArgValueCandidates {
    ArgValueCandidates::new(move || {
        let requests = records().into_iter().filter_map(|record| record.sentence.request().ok());
        candidates(requests.filter_map(name).collect())
    })
}

fn candidates(mut names: Vec<String>) -> Vec<CompletionCandidate> {
    names.sort();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}
