//! Which events are asked for, as SQL.

use bloom_runtime::{
    domain::Kind,
    ports::{Criterion, Direction, EventQuery, EventSelection, Position},
};

use crate::condition::{Dialect, Statement};

/// What a reader gets of an event whose stream is known.
pub(crate) const EVENT_OF_STREAM: &str =
    "SELECT position, version, name, revision, body, event_id, at, remarks FROM bloom_events";

/// What a reader gets of an event.
pub(crate) const EVENT: &str = "SELECT position, version, name, revision, body, event_id, at, remarks, tenant, aggregate, id FROM bloom_events";

impl<D: Dialect> Statement<D> {
    /// The statement that reads a part of the log.
    pub(crate) fn select(&mut self, selection: &EventSelection) -> String {
        let EventSelection { tenant, query, after, up_to, direction, limit } = selection;
        let mut wanted = format!("position > {}", self.integer(after.get()));
        if let Some(last) = up_to {
            wanted += &format!(" AND position <= {}", self.integer(last.get()));
        }
        if let Some(tenant) = tenant {
            wanted += &format!(" AND tenant = {}", self.bind(D::text(tenant), Kind::Text));
        }
        let query = self.query(query);
        let order = match direction {
            Direction::Forwards => "ASC",
            Direction::Backwards => "DESC",
        };
        let limit = self.integer(*limit as u64);
        format!("{EVENT} WHERE {wanted} AND ({query}) ORDER BY position {order} LIMIT {limit}")
    }

    /// The statement that finds the first event of a tenant that matches and came after a place.
    pub(crate) fn first(&mut self, tenant: &str, query: &EventQuery, after: Position) -> String {
        let after = self.integer(after.get());
        let tenant = self.bind(D::text(tenant), Kind::Text);
        let query = self.query(query);
        format!(
            "SELECT min(position) FROM bloom_events WHERE position > {after} AND tenant = {tenant} AND ({query})"
        )
    }

    fn query(&mut self, query: &EventQuery) -> String {
        let any: Vec<String> = query.criteria().iter().map(|one| self.criterion(one)).collect();
        if any.is_empty() { D::FALSE.to_owned() } else { any.join(" OR ") }
    }

    fn criterion(&mut self, criterion: &Criterion) -> String {
        let Criterion { aggregates, names, tags } = criterion;
        let mut all = Vec::new();
        for (column, texts) in [("aggregate", aggregates), ("name", names)] {
            if !texts.is_empty() {
                let marks: Vec<String> =
                    texts.iter().map(|text| self.bind(D::text(text), Kind::Text)).collect();
                all.push(format!("{column} IN ({})", marks.join(", ")));
            }
        }
        for tag in tags {
            let mark = self.bind(D::text(tag.as_str()), Kind::Text);
            all.push(format!("position IN (SELECT position FROM bloom_tags WHERE tag = {mark})"));
        }
        if all.is_empty() { D::TRUE.to_owned() } else { format!("({})", all.join(" AND ")) }
    }

    fn integer(&mut self, number: u64) -> String {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.bind(D::integer(number), Kind::Integer)
    }
}
