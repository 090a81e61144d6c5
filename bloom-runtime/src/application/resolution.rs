//! What becomes of a save that somebody else was ahead of.

use std::{fmt, sync::Arc};

use crate::domain::{Aggregate, Json};

/// How a conflict over an aggregate is resolved when a unit of work commits.
///
/// Without one it is rejected, which is `StoreError::Conflict`, and a command runs again as a whole. That is right wherever a
/// rule decides: it is checked anew on the new state. The others write what was decided on a state that is gone, without
/// checking any rule again; they suit forms and notes.
///
/// The version that `save` has said is then not the one that it gets. So nothing is resolved where somebody relies on it: where a client
/// has named the version that it has seen, where the unit of work guards it, and where the outcome of a command is kept.
pub struct Resolution<A: Aggregate>(Rule<A>);

enum Rule<A: Aggregate> {
    Reject,
    LastWins,
    MergeFields,
    Own(Arc<Own<A>>),
}

type Own<A> = dyn Fn(&Divergence<A>) -> Decision<A> + Send + Sync;

/// An aggregate that two have changed at once.
#[derive(Debug)]
#[non_exhaustive]
pub struct Divergence<A: Aggregate> {
    /// As both have seen it.
    pub base: A,
    /// What happened meanwhile.
    pub theirs: Vec<A::Event>,
    /// As it is by now.
    pub current: A,
    /// What was to be committed.
    pub ours: Vec<A::Event>,
}

/// What a function of one's own decides.
#[derive(Debug)]
#[non_exhaustive]
pub enum Decision<A: Aggregate> {
    /// It is a conflict.
    Reject,
    /// What was to be committed happens after what has happened.
    Append,
    /// These events happen instead; none is as good as nothing to do.
    Instead(Vec<A::Event>),
}

impl<A: Aggregate> Resolution<A> {
    /// It is a conflict.
    #[must_use]
    pub const fn reject() -> Self {
        Self(Rule::Reject)
    }

    /// What is committed last happens last.
    #[must_use]
    pub const fn last_wins() -> Self {
        Self(Rule::LastWins)
    }

    /// It happens unless both have changed the same field of the aggregate.
    #[must_use]
    pub const fn merge_fields() -> Self {
        Self(Rule::MergeFields)
    }

    /// A function decides. It may be asked several times, when others go on.
    pub fn decided_by(
        decide: impl Fn(&Divergence<A>) -> Decision<A> + Send + Sync + 'static,
    ) -> Self {
        Self(Rule::Own(Arc::new(decide)))
    }

    pub(super) const fn is_reject(&self) -> bool {
        matches!(self.0, Rule::Reject)
    }

    /// The events to append to the current state; `None` when it is a conflict.
    pub(super) fn resolve(
        &self,
        divergence: Divergence<A>,
    ) -> serde_json::Result<Option<Vec<A::Event>>> {
        Ok(match &self.0 {
            Rule::Reject => None,
            Rule::LastWins => Some(divergence.ours),
            Rule::MergeFields => {
                let base = divergence.base.to_document()?;
                let ours = A::fold(Some(divergence.base), divergence.ours.iter().cloned());
                let Some(ours) = ours else { return Ok(None) };
                let mine = changed_fields(&base, &ours.to_document()?);
                let others = changed_fields(&base, &divergence.current.to_document()?);
                let is_apart =
                    mine.iter().all(|(field, ..)| others.iter().all(|(other, ..)| other != field));
                is_apart.then_some(divergence.ours)
            }
            Rule::Own(decide) => match decide(&divergence) {
                Decision::Reject => None,
                Decision::Append => Some(divergence.ours),
                Decision::Instead(events) => Some(events),
            },
        })
    }
}

impl<A: Aggregate> fmt::Debug for Resolution<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Rule::Reject => "Reject",
            Rule::LastWins => "LastWins",
            Rule::MergeFields => "MergeFields",
            Rule::Own(_) => "DecidedBy",
        })
    }
}

/// The fields of the document in which two states differ: name, before, after.
pub(super) fn changed_fields(before: &Json, after: &Json) -> Vec<(String, Json, Json)> {
    let empty = serde_json::Map::new();
    let [before, after] = [before, after].map(|state| state.as_object().unwrap_or(&empty));
    let mut changed = Vec::new();
    for (name, value) in after {
        let earlier = before.get(name).unwrap_or(&Json::Null);
        if earlier != value {
            changed.push((name.clone(), earlier.clone(), value.clone()));
        }
    }
    for (name, value) in
        before.iter().filter(|(name, value)| !after.contains_key(*name) && !value.is_null())
    {
        changed.push((name.clone(), value.clone(), Json::Null));
    }
    changed
}
