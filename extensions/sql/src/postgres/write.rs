//! The statements that write.

use bloom_runtime::ports::{
    Addition, Batch, DocumentState, KeyUsed, Position, ReshapedDocument, StoreError, StreamAppend,
};
use deadpool_postgres::ClientWrapper;
use tokio_postgres::{Error, Statement, types::ToSql};

use super::{
    arrays::{APPENDED, Appended, Documents, STAGED, Staged, Touched},
    read::signed,
};
use crate::condition::identifier;

const TOTAL: usize = STAGED + APPENDED;

/// Some units of work, of which no two touch the same stream.
pub(super) struct Group<'b> {
    staged: Staged<'b>,
    appended: Appended<'b>,
    /// How many events each unit of work has.
    counts: Vec<u64>,
    /// The table, where all documents are of one, none is gone, and it is no view.
    only_table: Option<&'b str>,
}

impl<'b> Group<'b> {
    pub(super) fn new(
        batches: impl IntoIterator<Item = &'b Batch>,
        is_view: impl Fn(&str) -> bool,
    ) -> Result<Self, StoreError> {
        let mut group = Self {
            staged: Staged::default(),
            appended: Appended::default(),
            counts: Vec::new(),
            only_table: None,
        };
        let mut touched = Vec::new();
        for batch in batches {
            group.add(batch, &mut touched)?;
        }
        group.staged.streams(touched);
        let Documents { tables, bodies, .. } = &group.staged.documents;
        let first = tables.first().copied();
        let is_only = tables.iter().all(|table| Some(*table) == first);
        let is_there = bodies.iter().all(Option::is_some);
        group.only_table = first.filter(|table| is_only && is_there && !is_view(table));
        Ok(group)
    }

    fn add(&mut self, batch: &'b Batch, touched: &mut Vec<Touched<'b>>) -> Result<(), StoreError> {
        for (stream, expected) in &batch.guards {
            let expected = signed(*expected);
            touched.push(Touched { stream, expected, events: 0, keyed: false });
        }
        for KeyUsed { tenant, subject, key_id } in &batch.keys_used {
            self.staged.people_tenants.push(tenant);
            self.staged.people.push(subject);
            self.staged.people_keys.push(key_id.to_string());
        }
        let mut count = 0;
        for append in &batch.appends {
            let StreamAppend { stream, expected, events, document, keys } = append;
            touched.push(Touched {
                stream,
                expected: signed(*expected),
                events: events.len(),
                keyed: true,
            });
            for key in keys {
                self.staged.key_tenants.push(&stream.tenant);
                self.staged.key_aggregates.push(&stream.aggregate);
                self.staged.key_ids.push(&stream.id);
                self.staged.key_fields.push(key.field);
                self.staged.key_values.push(&key.value);
            }
            if let Some(document) = document {
                let at = events.last().map_or(0, |event| event.metadata.at.as_micros());
                self.staged.documents.tables.push(document.table);
                self.staged.documents.tenants.push(&stream.tenant);
                self.staged.documents.ids.push(&stream.id);
                self.staged.documents.versions.push(append.version().get().cast_signed());
                let (body, removed) = match &document.state {
                    DocumentState::There(body) => (Some(body.as_str()), None),
                    DocumentState::Removed(body) => (Some(body.as_str()), Some(at)),
                    DocumentState::Gone => (None, None),
                };
                self.staged.documents.bodies.push(body);
                self.staged.documents.times.push(at);
                self.staged.documents.removals.push(removed);
                self.staged.documents.shapes.push(document.shape.cast_signed());
            }
            for (index, event) in events.iter().enumerate() {
                let version = expected.after(index + 1).get().cast_signed();
                self.appended.push(stream, version, event)?;
            }
            count += events.len() as u64;
        }
        for Addition { stream, expected, events } in &batch.additions {
            let base = expected.version().map(signed);
            touched.push(Touched {
                stream,
                expected: base.unwrap_or(-1),
                events: events.len(),
                keyed: false,
            });
            for (index, event) in events.iter().enumerate() {
                // Counted from the newest one where nobody knows what the stream is at.
                let base = base.unwrap_or(-events.len().cast_signed() as i64);
                self.appended.push(stream, base.saturating_add(index as i64 + 1), event)?;
            }
            count += events.len() as u64;
        }
        if let Some(outcome) = &batch.outcome {
            self.staged.outcome_tenants.push(&batch.tenant);
            self.staged.outcome_keys.push(&outcome.key);
            self.staged.fingerprints.push(&outcome.fingerprint);
            self.staged.outcomes.push(&outcome.body);
        }
        self.counts.push(count);
        Ok(())
    }

    /// The statement that writes and commits all of it, in one round trip and a transaction of its own.
    ///
    /// Whoever is waited for long, such as an interactive unit of work, must not keep others waiting who have nothing to do with
    /// it: 55P03 says so, and the wait goes on elsewhere. For the head everybody waits.
    pub(super) async fn prepare(&self, client: &ClientWrapper) -> Result<Statement, Error> {
        let staged = marks(1..=STAGED);
        let appended = marks(STAGED + 1..=STAGED + APPENDED);
        let stage =
            format!("SELECT set_config('lock_timeout', '200ms', true), bloom_stage({staged})");
        let append = format!("set_config('lock_timeout', '0', true), bloom_append({appended})");
        let sql = match self.only_table {
            // The function writes any table, and plans how to do it each time; most commits write to one.
            Some(table) => {
                let table = identifier(table);
                format!(
                    "WITH s AS MATERIALIZED ({stage}), d AS (
                         INSERT INTO {table} (tenant, id, version, shape, body, created_at, updated_at, removed_at)
                         SELECT n.tenant, n.id, n.version, n.shape, n.body::jsonb, n.at, n.at, n.removed
                         FROM s, unnest(${}::text[], ${}::text[], ${}::bigint[], ${}::text[], ${}::bigint[], ${}::bigint[], ${}::integer[])
                             AS n (tenant, id, version, body, at, removed, shape)
                         ON CONFLICT (tenant, id) DO UPDATE
                         SET version = excluded.version, shape = excluded.shape, body = excluded.body,
                             updated_at = excluded.updated_at, removed_at = excluded.removed_at
                         RETURNING 1
                     )
                     SELECT {append} FROM s, (SELECT count(*) FROM d) AS c",
                    TOTAL + 1, TOTAL + 2, TOTAL + 3, TOTAL + 4, TOTAL + 5, TOTAL + 6, TOTAL + 7,
                )
            }
            None => format!("WITH s AS MATERIALIZED ({stage}) SELECT {append} FROM s"),
        };
        client.prepare_cached(&sql).await
    }

    /// Writes and commits all of it; the newest position of each unit of work.
    pub(super) async fn commit(
        &self,
        client: &ClientWrapper,
        statement: &Statement,
    ) -> Result<Vec<Option<Position>>, Error> {
        let s = &self.staged;
        let nothing = Documents::default();
        let apart = self.only_table.is_some();
        let mut parameters =
            self.staged.parameters(if apart { &nothing } else { &s.documents }).to_vec();
        parameters.extend(self.appended.parameters());
        if apart {
            let d = &s.documents;
            let documents: [&(dyn ToSql + Sync); 7] =
                [&d.tenants, &d.ids, &d.versions, &d.bodies, &d.times, &d.removals, &d.shapes];
            parameters.extend(documents);
        }
        let last = client.query_one(statement, &parameters).await?.try_get(1)?;
        Ok(self.positions(last))
    }

    /// Everything but the events, in the transaction that is open.
    pub(super) async fn stage(&self, client: &ClientWrapper) -> Result<(), Error> {
        let parameters = self.staged.parameters(&self.staged.documents);
        let sql = format!("SELECT bloom_stage({})", marks(1..=STAGED));
        let statement = client.prepare_cached(&sql).await?;
        client.query_one(&statement, &parameters).await.map(drop)
    }

    /// The events, in the transaction that is open and is to be committed next.
    pub(super) async fn append(
        &self,
        client: &ClientWrapper,
    ) -> Result<Vec<Option<Position>>, Error> {
        let parameters = self.appended.parameters();
        let sql = format!("SELECT bloom_append({})", marks(1..=APPENDED));
        let statement = client.prepare_cached(&sql).await?;
        let last = client.query_one(&statement, &parameters).await?.try_get(0)?;
        Ok(self.positions(last))
    }

    fn positions(&self, last: Option<i64>) -> Vec<Option<Position>> {
        let total: u64 = self.counts.iter().sum();
        let mut position = last.map_or(0, i64::cast_unsigned).saturating_sub(total);
        let newest = self.counts.iter().map(|count| {
            position += count;
            (*count > 0).then(|| Position::new(position))
        });
        newest.collect()
    }
}

fn marks(numbers: std::ops::RangeInclusive<usize>) -> String {
    numbers.map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Gives documents another shape; how many were still what they had been.
pub(super) async fn reshape(
    client: &ClientWrapper,
    table: &str,
    documents: &[ReshapedDocument],
) -> Result<u64, Error> {
    let sql = format!(
        "UPDATE {} d SET body = n.body::jsonb, shape = n.shape
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::integer[], $5::text[]) AS n (tenant, id, version, shape, body)
         WHERE d.tenant = n.tenant AND d.id = n.id AND d.version = n.version AND d.shape < n.shape",
        identifier(table)
    );
    let statement = client.prepare_cached(&sql).await?;
    let tenants: Vec<&str> = documents.iter().map(|one| one.tenant.as_str()).collect();
    let ids: Vec<&str> = documents.iter().map(|one| one.id.as_str()).collect();
    let versions: Vec<i64> = documents.iter().map(|one| one.version.get().cast_signed()).collect();
    let shapes: Vec<i32> = documents.iter().map(|one| one.shape.cast_signed()).collect();
    let bodies: Vec<&str> = documents.iter().map(|one| one.body.as_str()).collect();
    client.execute(&statement, &[&tenants, &ids, &versions, &shapes, &bodies]).await
}
