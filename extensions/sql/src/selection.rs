//! Which events are asked for, as SQL.

use bloom_runtime::{
    domain::{Kind, Tag},
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
        let up_to = up_to.map(|last| format!(" AND position <= {}", self.integer(last.get())));
        let wanted = self.wanted(tenant.as_deref(), query, *after);
        let order = match direction {
            Direction::Forwards => "ASC",
            Direction::Backwards => "DESC",
        };
        let limit = *limit as u64;
        let limit = if D::WRITES_LIMITS {
            limit.min(i64::MAX.cast_unsigned()).to_string()
        } else {
            self.integer(limit)
        };
        let up_to = up_to.unwrap_or_default();
        format!(
            "{EVENT} WHERE {wanted}{up_to} AND name <> 'bloom.truncated' ORDER BY position {order} LIMIT {limit}"
        )
    }

    /// The statement that finds the first event of a tenant that matches and came after a place.
    pub(crate) fn first(&mut self, tenant: &str, query: &EventQuery, after: Position) -> String {
        let wanted = self.wanted(Some(tenant), query, after);
        format!("SELECT min(position) FROM bloom_events WHERE {wanted}")
    }

    fn wanted(&mut self, tenant: Option<&str>, query: &EventQuery, after: Position) -> String {
        // By their places they are in order, and few come after one that is known.
        let mut wanted = format!("position > {}", self.integer(after.get()));
        if let Some(tenant) = tenant {
            let mark = self.bind(D::text(tenant), Kind::Text);
            wanted += &format!(" AND {} = {mark}", D::TENANT_BESIDES);
        }
        // Where each criterion has a tag, all of it is found by tags, which a database does not see in a disjunction.
        let firsts: Option<Vec<&Tag>> =
            query.criteria().iter().map(|criterion| criterion.tags.first()).collect();
        if let Some(firsts) = firsts {
            let tagged: Vec<String> =
                firsts.into_iter().map(|tag| self.tagged(tenant, tag, after)).collect();
            wanted += &format!(" AND position {}", D::among(&tagged.join(" UNION ")));
        }
        let criteria = query.criteria().iter();
        let any: Vec<String> = criteria.map(|one| self.criterion(tenant, one, after)).collect();
        let any = if any.is_empty() { D::FALSE.to_owned() } else { any.join(" OR ") };
        format!("{wanted} AND ({any})")
    }

    fn criterion(
        &mut self,
        tenant: Option<&str>,
        criterion: &Criterion,
        after: Position,
    ) -> String {
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
            all.push(format!("position {}", D::among(&self.tagged(tenant, tag, after))));
        }
        if all.is_empty() { D::TRUE.to_owned() } else { format!("({})", all.join(" AND ")) }
    }

    /// The places of the events with a tag.
    fn tagged(&mut self, tenant: Option<&str>, tag: &Tag, after: Position) -> String {
        let tag = self.bind(D::text(tag.as_str()), Kind::Text);
        let tenant = tenant
            .map(|tenant| format!(" AND tenant = {}", self.bind(D::text(tenant), Kind::Text)));
        let (tenant, after) = (tenant.unwrap_or_default(), self.integer(after.get()));
        format!("SELECT position FROM bloom_tags WHERE tag = {tag}{tenant} AND position > {after}")
    }

    fn integer(&mut self, number: u64) -> String {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.bind(D::integer(number), Kind::Integer)
    }
}
