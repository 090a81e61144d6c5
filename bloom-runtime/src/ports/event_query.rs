//! Which events somebody asks for.

use super::{Position, RecordedEvent};
use crate::domain::{ConditionTooLarge, Tag, Version};

/// Which events of the log somebody means: those that meet one of its criteria.
///
/// ```
/// use bloom_runtime::{domain::Tag, ports::EventQuery};
///
/// // Whoever has taken a seat in the course, and whatever became of the course itself.
/// let query = EventQuery::all()
///     .named(["enrolment.made", "enrolment.cancelled"])
///     .tagged(Tag::new("course", "c1"))
///     .or(EventQuery::all().of("course").tagged(Tag::new("course", "c1")));
/// assert_eq!(query.criteria().len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    criteria: Vec<Criterion>,
}

/// What an event has to be to meet it: all of this at once. An empty list asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Criterion {
    /// Of an aggregate with one of these stored names.
    pub aggregates: Vec<String>,
    /// With one of these stored names.
    pub names: Vec<String>,
    /// With every one of these tags.
    pub tags: Vec<Tag>,
}

impl EventQuery {
    /// How many names and tags there may be in all.
    pub const MAX_TERMS: usize = 500;

    /// All events.
    #[must_use]
    pub fn all() -> Self {
        Self { criteria: vec![Criterion::default()] }
    }

    /// Of these, the ones with one of these stored names.
    #[must_use]
    pub fn named<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        for criterion in &mut self.criteria {
            criterion.names.extend(names.iter().cloned());
        }
        self
    }

    /// Of these, the ones of aggregates with this stored name; asked again, of aggregates with the other name as well.
    #[must_use]
    pub fn of(mut self, aggregate: impl Into<String>) -> Self {
        let aggregate = aggregate.into();
        for criterion in &mut self.criteria {
            criterion.aggregates.push(aggregate.clone());
        }
        self
    }

    /// Of these, the ones that have this tag, too.
    #[must_use]
    pub fn tagged(mut self, tag: Tag) -> Self {
        for criterion in &mut self.criteria {
            criterion.tags.push(tag.clone());
        }
        self
    }

    /// These and the others.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.criteria.extend(other.criteria);
        self
    }

    /// What an event has to meet one of.
    #[must_use]
    pub fn criteria(&self) -> &[Criterion] {
        &self.criteria
    }

    /// Whether the event is one of those.
    #[must_use]
    pub fn matches(&self, event: &RecordedEvent) -> bool {
        self.criteria.iter().any(|criterion| criterion.is_met_by(event))
    }

    /// # Errors
    /// When it is more than a storage should be asked.
    pub fn check_size(&self) -> Result<(), ConditionTooLarge> {
        let terms = |one: &Criterion| 1 + one.aggregates.len() + one.names.len() + one.tags.len();
        let all: usize = self.criteria.iter().map(terms).sum();
        if all > Self::MAX_TERMS {
            return Err(ConditionTooLarge { what: "names and tags", limit: Self::MAX_TERMS });
        }
        Ok(())
    }
}

impl Criterion {
    fn is_met_by(&self, event: &RecordedEvent) -> bool {
        let is_one = |wanted: &[String], it: &String| wanted.is_empty() || wanted.contains(it);
        is_one(&self.aggregates, &event.stream.aggregate)
            && is_one(&self.names, &event.name)
            && self.tags.iter().all(|tag| event.metadata.tags.contains(tag))
    }
}

/// In which order events are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// The oldest first.
    #[default]
    Forwards,
    /// The newest first.
    Backwards,
}

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSelection {
    /// Whose events: of all tenants, or of one; empty where tenants are not kept apart.
    pub tenant: Option<String>,
    /// Which of them.
    pub query: EventQuery,
    /// The ones after this place.
    pub after: Position,
    /// The ones up to this place, and with it.
    pub up_to: Option<Position>,
    /// Which come first.
    pub direction: Direction,
    /// At most so many.
    pub limit: usize,
}

impl EventSelection {
    /// Whether the event lies in this part of the log, however many there are.
    #[must_use]
    pub fn contains(&self, event: &RecordedEvent) -> bool {
        event.position > self.after
            && self.up_to.is_none_or(|last| event.position <= last)
            && self.tenant.as_ref().is_none_or(|tenant| event.stream.tenant == *tenant)
            && self.query.matches(event)
    }
}

/// A part of the events of one aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamSlice {
    /// The ones after this version.
    pub after: Version,
    /// The ones up to this version, and with it.
    pub up_to: Option<Version>,
    /// Which come first.
    pub direction: Direction,
    /// At most so many.
    pub limit: usize,
}

impl StreamSlice {
    /// All events after a version.
    #[must_use]
    pub const fn after(version: Version) -> Self {
        Self { after: version, up_to: None, direction: Direction::Forwards, limit: usize::MAX }
    }
}
