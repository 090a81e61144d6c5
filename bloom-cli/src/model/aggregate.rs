//! Aggregates, their entities and their commands.

use std::collections::{BTreeSet, VecDeque};

use super::types::{Leaf, ModelField};
use crate::request::{FieldName, Range, StoredNames, TypeName, Variant};

/// An aggregate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregate {
    pub(crate) name: TypeName,
    pub(crate) plural: FieldName,
    /// What it is called where it is stored, which stays when it is renamed.
    pub(crate) stored: StoredNames,
    pub(crate) fields: Vec<ModelField>,
    pub(crate) create: FieldName,
    pub(crate) changeable: bool,
    pub(crate) event_sourced: bool,
    pub(crate) repository: bool,
    pub(crate) entities: Vec<Entity>,
    pub(crate) commands: Vec<Command>,
    pub(crate) specifications: Vec<Specification>,
    /// The types that build one.
    pub(crate) factories: Vec<TypeName>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) projections: Vec<Projection>,
    pub(crate) queries: Vec<Query>,
    /// The number of its migration.
    pub(crate) migration: usize,
    /// The number of the migration that keeps it in tables of its own.
    pub(crate) tables: Option<Tables>,
}

/// Tables in place of documents, as they were when they were made: what came later stays JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tables {
    pub(crate) migration: usize,
    pub(crate) fields: Vec<ModelField>,
    pub(crate) entities: Vec<Entity>,
}

/// A list of entities within an aggregate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entity {
    pub(crate) name: TypeName,
    /// The field that holds them.
    pub(crate) list: FieldName,
    /// One of them: `line`.
    pub(crate) short: FieldName,
    pub(crate) fields: Vec<ModelField>,
    /// The states in which the list may change; empty for all.
    pub(crate) states: Vec<Variant>,
    pub(crate) count: Range,
}

/// A named question, answered by some of the fields.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Specification {
    pub(crate) name: FieldName,
    pub(crate) fields: Vec<FieldName>,
}

/// A question with answers over HTTP, too: those for which the given fields have the given values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub(crate) name: TypeName,
    pub(crate) fields: Vec<FieldName>,
}

/// What follows from an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Policy {
    pub(crate) name: TypeName,
    /// The event: `Placed`.
    pub(crate) event: String,
}

/// A read model with a row for each, as it was when it was made: its columns stay.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Projection {
    pub(crate) name: TypeName,
    pub(crate) migration: usize,
    pub(crate) fields: Vec<ModelField>,
}

/// One behaviour.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Command {
    pub(crate) verb: FieldName,
    pub(crate) arguments: Vec<ModelField>,
    pub(crate) from: Vec<Variant>,
    pub(crate) to: Option<Variant>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) event: TypeName,
}

/// What must be there for a command.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Guard {
    NotEmpty(FieldName),
    Present(FieldName),
}

impl Guard {
    pub(crate) fn field(&self) -> &FieldName {
        match self {
            Self::NotEmpty(field) | Self::Present(field) => field,
        }
    }
}

/// The field that says in which state an aggregate is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State<'a> {
    pub(crate) field: &'a ModelField,
    pub(crate) name: &'a TypeName,
    pub(crate) variants: &'a [Variant],
    pub(crate) initial: &'a Variant,
}

const STATE_NAMES: [&str; 4] = ["status", "state", "stage", "phase"];

impl Aggregate {
    /// An enum that a transition names, or that is called like a state.
    pub(crate) fn state(&self) -> Option<State<'_>> {
        let targets: Vec<&Variant> =
            self.commands.iter().filter_map(|command| command.to.as_ref()).collect();
        let named = |field: &&ModelField| STATE_NAMES.contains(&field.name.plain());
        let in_transition = |field: &&ModelField| match &field.leaf {
            Leaf::Enum { variants, own: true, .. } => {
                targets.iter().any(|target| variants.contains(target))
            }
            _ => false,
        };
        let fields = || self.fields.iter().filter(|field| field.is_single_own_enum());
        let field = fields().find(in_transition).or_else(|| fields().find(named))?;
        let Leaf::Enum { name, variants, .. } = &field.leaf else { return None };
        let initial = match &field.default {
            Some(default) => variants.iter().find(|variant| variant.text == *default)?,
            None => variants.first()?,
        };
        Some(State { field, name, variants, initial })
    }

    /// The fields that are not state: what creation asks for.
    pub(crate) fn given_fields(&self) -> Vec<&ModelField> {
        let state = self.state().map(|state| state.field.name.clone());
        self.fields.iter().filter(|field| Some(&field.name) != state.as_ref()).collect()
    }

    /// The commands that lead to each state that can be reached, shortest way first.
    pub(crate) fn ways(&self) -> Vec<(&Variant, Vec<&Command>)> {
        let Some(state) = self.state() else { return Vec::new() };
        let mut ways: Vec<(&Variant, Vec<&Command>)> = vec![(state.initial, Vec::new())];
        let mut seen = BTreeSet::from([&state.initial.text]);
        let mut queue = VecDeque::from([0]);
        while let Some(index) = queue.pop_front() {
            let (from, way) = ways[index].clone();
            for command in self.commands.iter().filter(|command| command.from.contains(from)) {
                let Some(to) = &command.to else { continue };
                if seen.insert(&to.text) {
                    let way = way.iter().copied().chain([command]).collect();
                    queue.push_back(ways.len());
                    ways.push((to, way));
                }
            }
        }
        ways
    }
}

impl ModelField {
    /// A field with one value of an enum that was declared with it.
    pub(crate) fn is_single_own_enum(&self) -> bool {
        matches!(self.leaf, Leaf::Enum { own: true, .. })
            && self.cardinality == super::types::Cardinality::One
    }
}
