//! What the words of a command mean in an aggregate: states, transitions and guards.

use super::{
    aggregate::{Aggregate, Guard},
    types::{Cardinality, Leaf},
};
use crate::request::{FieldName, InputError, Variant, error::nearest};

pub(super) fn find_states(
    aggregate: &Aggregate,
    states: &[FieldName],
) -> Result<Vec<Variant>, InputError> {
    if states.is_empty() {
        return Ok(Vec::new());
    }
    let Some(state) = aggregate.state() else {
        return Err(InputError::new(format!("`{}` has no state", aggregate.name))
            .hint("give it one: a field such as `status:enum:draft,placed`"));
    };
    states.iter().map(|wanted| find_state(state.variants, wanted)).collect()
}

pub(super) fn find_state(variants: &[Variant], wanted: &FieldName) -> Result<Variant, InputError> {
    if let Some(variant) = variants.iter().find(|variant| variant.name == *wanted) {
        return Ok(variant.clone());
    }
    let names: Vec<&str> = variants.iter().map(|variant| variant.name.plain()).collect();
    let error = InputError::new(format!("there is no state `{wanted}`"));
    Err(match nearest(wanted.plain(), names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`? states are {}", names.join(", "))),
        None => error.hint(format!("states are {}", names.join(", "))),
    })
}

pub(super) fn find_transition(
    aggregate: &Aggregate,
    from: &[FieldName],
    to: &FieldName,
) -> Result<(Vec<Variant>, Variant), InputError> {
    let enums: Vec<&[Variant]> = aggregate
        .fields
        .iter()
        .filter(|field| field.is_single_own_enum())
        .filter_map(|field| match &field.leaf {
            Leaf::Enum { variants, .. } => Some(variants.as_slice()),
            _ => None,
        })
        .collect();
    let has_all = |variants: &&[Variant]| {
        from.iter().chain([to]).all(|wanted| variants.iter().any(|variant| variant.name == *wanted))
    };
    let state = aggregate.state();
    let variants = match (state, enums.iter().copied().find(has_all)) {
        // Once there is a state, every transition is one of it.
        (Some(state), _) if aggregate.commands.iter().any(|command| command.to.is_some()) => {
            state.variants
        }
        (_, Some(variants)) => variants,
        (Some(state), None) => state.variants,
        (None, None) => match enums.first() {
            Some(variants) => variants,
            None => {
                return Err(InputError::new(format!(
                    "`{}` has no state to change",
                    aggregate.name
                ))
                .hint("give it one: a field such as `status:enum:draft,placed`"));
            }
        },
    };
    let to = find_state(variants, to)?;
    let from =
        from.iter().map(|wanted| find_state(variants, wanted)).collect::<Result<Vec<_>, _>>()?;
    let initial = match state {
        Some(state) if state.variants == variants => Some(state.initial),
        _ => variants.first(),
    };
    for state in &from {
        let reachable = Some(state) == initial
            || aggregate.commands.iter().any(|command| command.to.as_ref() == Some(state));
        if !reachable {
            return Err(InputError::new(format!(
                "nothing leads to the state `{}` yet",
                state.text
            ))
            .hint("generate the command that leads there first"));
        }
    }
    Ok((from, to))
}

pub(super) fn find_guard(aggregate: &Aggregate, wanted: &FieldName) -> Result<Guard, InputError> {
    if aggregate.entities.iter().any(|entity| entity.list == *wanted) {
        return Ok(Guard::NotEmpty(wanted.clone()));
    }
    let field = aggregate.fields.iter().find(|field| field.name == *wanted);
    match field.map(|field| &field.cardinality) {
        Some(Cardinality::List) => Ok(Guard::NotEmpty(wanted.clone())),
        Some(Cardinality::Optional) => Ok(Guard::Present(wanted.clone())),
        Some(_) => Err(InputError::new(format!("`{wanted}` is always there"))
            .hint("`if` asks that a list is not empty or that something optional is there")),
        None => {
            let lists = aggregate.entities.iter().map(|entity| entity.list.plain());
            let names: Vec<&str> =
                aggregate.fields.iter().map(|field| field.name.plain()).chain(lists).collect();
            let error = InputError::new(format!("`{}` has no `{wanted}`", aggregate.name));
            Err(match nearest(wanted.plain(), names.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("it has {}", names.join(", "))),
            })
        }
    }
}

/// `place` and `placed`, `cancel` and `cancelled`.
pub(super) fn shares_stem(verb: &FieldName, state: &FieldName) -> bool {
    let (verb, state) = (verb.plain(), state.plain());
    let common = verb.chars().zip(state.chars()).take_while(|(left, right)| left == right).count();
    common >= 3 && common + 2 >= verb.len()
}
