//! What the functions of the schema take: one array for each column, with a place for each row.

use bloom_runtime::{
    domain::Uuid,
    ports::{NewEvent, StoreError, StreamId},
};
use tokio_postgres::types::ToSql;

/// How many parameters the functions have.
pub(super) const STAGED: usize = 26;
pub(super) const APPENDED: usize = 12;

/// What `bloom_stage` takes.
#[derive(Default)]
pub(super) struct Staged<'b> {
    pub(super) tenants: Vec<&'b str>,
    pub(super) aggregates: Vec<&'b str>,
    pub(super) ids: Vec<&'b str>,
    pub(super) expected: Vec<i64>,
    pub(super) events: Vec<i32>,
    /// Whether what the stream has of unique values is what it has from now on.
    pub(super) keyed: Vec<bool>,
    pub(super) outcome_tenants: Vec<&'b str>,
    pub(super) outcome_keys: Vec<&'b str>,
    pub(super) fingerprints: Vec<&'b str>,
    pub(super) outcomes: Vec<&'b str>,
    pub(super) key_tenants: Vec<&'b str>,
    pub(super) key_aggregates: Vec<&'b str>,
    pub(super) key_ids: Vec<&'b str>,
    pub(super) key_fields: Vec<&'b str>,
    pub(super) key_values: Vec<&'b str>,
    pub(super) people_tenants: Vec<&'b str>,
    pub(super) people: Vec<&'b str>,
    pub(super) people_keys: Vec<String>,
    pub(super) documents: Documents<'b>,
}

/// A stream that is written or guarded.
pub(super) struct Touched<'b> {
    pub(super) stream: &'b StreamId,
    /// Less than 0 where that is no matter.
    pub(super) expected: i64,
    pub(super) events: usize,
    pub(super) keyed: bool,
}

impl<'b> Staged<'b> {
    /// Adds them in the order in which everybody takes streams, so that nobody waits in a circle.
    pub(super) fn streams(&mut self, mut touched: Vec<Touched<'b>>) {
        touched.sort_by_key(|one| one.stream);
        for Touched { stream, expected, events, keyed } in touched {
            self.tenants.push(&stream.tenant);
            self.aggregates.push(&stream.aggregate);
            self.ids.push(&stream.id);
            self.expected.push(expected);
            self.keyed.push(keyed);
            self.events.push(i32::try_from(events).unwrap_or(i32::MAX));
        }
    }

    pub(super) fn parameters<'g>(
        &'g self,
        d: &'g Documents<'b>,
    ) -> [&'g (dyn ToSql + Sync); STAGED] {
        let s = self;
        [
            &s.tenants,
            &s.aggregates,
            &s.ids,
            &s.expected,
            &s.events,
            &s.keyed,
            &s.outcome_tenants,
            &s.outcome_keys,
            &s.fingerprints,
            &s.outcomes,
            &s.key_tenants,
            &s.key_aggregates,
            &s.key_ids,
            &s.key_fields,
            &s.key_values,
            &s.people_tenants,
            &s.people,
            &s.people_keys,
            &d.tables,
            &d.tenants,
            &d.ids,
            &d.versions,
            &d.bodies,
            &d.times,
            &d.removals,
            &d.shapes,
        ]
    }
}

/// The documents among it.
#[derive(Default)]
pub(super) struct Documents<'b> {
    pub(super) tables: Vec<&'b str>,
    pub(super) tenants: Vec<&'b str>,
    pub(super) ids: Vec<&'b str>,
    pub(super) versions: Vec<i64>,
    pub(super) bodies: Vec<Option<&'b str>>,
    pub(super) times: Vec<i64>,
    pub(super) removals: Vec<Option<i64>>,
    pub(super) shapes: Vec<i32>,
}

/// What `bloom_append` takes.
#[derive(Default)]
pub(super) struct Appended<'b> {
    pub(super) tenants: Vec<&'b str>,
    pub(super) aggregates: Vec<&'b str>,
    pub(super) ids: Vec<&'b str>,
    pub(super) versions: Vec<i64>,
    pub(super) names: Vec<&'b str>,
    pub(super) revisions: Vec<i32>,
    pub(super) bodies: Vec<&'b str>,
    pub(super) event_ids: Vec<Uuid>,
    pub(super) times: Vec<i64>,
    pub(super) remarks: Vec<Option<String>>,
    /// Tags, each with the number of its event, from 1.
    pub(super) tagged: Vec<i32>,
    pub(super) tags: Vec<&'b str>,
}

impl<'b> Appended<'b> {
    pub(super) fn push(
        &mut self,
        stream: &'b StreamId,
        version: i64,
        event: &'b NewEvent,
    ) -> Result<(), StoreError> {
        let remarks =
            event.metadata.remarks().map_err(|error| StoreError::Internal(error.into()))?;
        self.tenants.push(&stream.tenant);
        self.aggregates.push(&stream.aggregate);
        self.ids.push(&stream.id);
        self.versions.push(version);
        self.names.push(&event.name);
        self.revisions.push(event.revision.cast_signed());
        self.bodies.push(&event.body);
        self.event_ids.push(event.metadata.event_id);
        self.times.push(event.metadata.at.as_micros());
        self.remarks.push(remarks);
        let number = i32::try_from(self.ids.len()).unwrap_or(i32::MAX);
        for tag in &event.metadata.tags {
            self.tagged.push(number);
            self.tags.push(tag.as_str());
        }
        Ok(())
    }

    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); APPENDED] {
        let a = self;
        [
            &a.tenants,
            &a.aggregates,
            &a.ids,
            &a.versions,
            &a.names,
            &a.revisions,
            &a.bodies,
            &a.event_ids,
            &a.times,
            &a.remarks,
            &a.tagged,
            &a.tags,
        ]
    }
}
