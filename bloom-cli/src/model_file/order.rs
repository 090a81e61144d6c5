//! A file names things in any order; they are made one after the other.

use crate::{
    failure::Failure,
    model::Context,
    request::{InputError, Request},
};

/// The things in an order in which each finds what it names, and what they add up to; or the first that never does, and why.
///
/// `known` brings in the types that people wrote.
pub(crate) fn in_order<T>(
    start: Context,
    things: Vec<(Request, T)>,
    known: impl Fn(&mut Context, &Request) -> Result<(), Failure>,
) -> Result<(Vec<T>, Context), Refused<T>> {
    let mut context = start;
    let mut pending = things;
    let mut ordered = Vec::with_capacity(pending.len());
    while !pending.is_empty() {
        let before = pending.len();
        let mut first: Option<InputError> = None;
        let mut waiting = Vec::new();
        for (request, thing) in pending {
            let mut next = context.clone();
            if let Err(failure) = known(&mut next, &request) {
                return Err(Refused::Project(failure));
            }
            match next.apply(&request) {
                Ok(next) => {
                    context = next;
                    ordered.push(thing);
                }
                Err(error) => {
                    first.get_or_insert(error);
                    waiting.push((request, thing));
                }
            }
        }
        if waiting.len() == before {
            let thing = waiting.into_iter().next().map(|(_, thing)| thing);
            if let (Some(thing), Some(error)) = (thing, first) {
                return Err(Refused::Thing(thing, error));
            }
            break;
        }
        pending = waiting;
    }
    Ok((ordered, context))
}

/// Why there is no such order.
pub(crate) enum Refused<T> {
    Thing(T, InputError),
    Project(Failure),
}
