//! Which read models are written with the events: what the head of the log says of it.
//!
//! The list stands in the row that every append takes. Whoever appends has to have written the read models that it names, in the
//! generation that it names, so that none of them can lack an event, whatever program appends it.

use std::collections::BTreeMap;

use bloom_runtime::ports::StoreError;
use serde::{Deserialize, Serialize};

/// For each kind of aggregate the names of the projections that are written with its events, and their generations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Roster(BTreeMap<String, BTreeMap<String, i64>>);

/// Somebody appends events without the read models that are written with them.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{projections}` is written with the events of `{aggregate}`, and this program does not write it: register it for them with `.inline()`; or \
     have it follow the log, by `projection rebuild` in a program that registers it without; or, where no program has it any more, take it out by \
     `projection retire`"
)]
pub(crate) struct LeftOut {
    pub(crate) aggregate: String,
    pub(crate) projections: String,
}

impl LeftOut {
    pub(crate) fn into_store_error(self) -> StoreError {
        StoreError::Internal(self.into())
    }
}

impl Roster {
    /// What the head holds.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, StoreError> {
        let Some(text) = text else { return Ok(Self::default()) };
        serde_json::from_str(text).map_err(|error| StoreError::Corrupt {
            place: "the column `inline` of `bloom_head`".to_owned(),
            source: error.into(),
        })
    }

    /// The same as the head is to hold it; nothing when nobody is listed.
    pub(crate) fn text(&self) -> Option<String> {
        // Maps of texts and numbers are JSON.
        (!self.0.is_empty()).then(|| serde_json::to_string(self).unwrap_or_default())
    }

    /// The generation of a projection, if it is listed.
    pub(crate) fn generation(&self, projection: &str) -> Option<i64> {
        self.0.values().find_map(|listed| listed.get(projection)).copied()
    }

    /// Whether a projection is listed for a kind of aggregate.
    pub(crate) fn lists(&self, projection: &str, aggregate: &str) -> bool {
        self.0.get(aggregate).is_some_and(|listed| listed.contains_key(projection))
    }

    /// The kinds of aggregates for which a projection is listed, in order.
    pub(crate) fn aggregates<'a>(&'a self, projection: &'a str) -> impl Iterator<Item = &'a str> {
        let listed = self.0.iter().filter(move |(_, listed)| listed.contains_key(projection));
        listed.map(|(aggregate, _)| aggregate.as_str())
    }

    /// The names of all that are listed, in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.0.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Lists a projection in the place of what was said of it before.
    pub(crate) fn enrol<'a>(
        &mut self,
        projection: &str,
        generation: i64,
        aggregates: impl IntoIterator<Item = &'a str>,
    ) {
        self.strike(projection);
        for aggregate in aggregates {
            let listed = self.0.entry(aggregate.to_owned()).or_default();
            listed.insert(projection.to_owned(), generation);
        }
    }

    /// Lists a projection no more.
    pub(crate) fn strike(&mut self, projection: &str) {
        self.0.retain(|_, listed| {
            listed.remove(projection);
            !listed.is_empty()
        });
    }

    /// Whether those are written that are to be, where events of these aggregates are appended.
    pub(crate) fn check<'a>(
        &self,
        aggregates: impl IntoIterator<Item = &'a str>,
        is_written: impl Fn(&str, &str) -> bool,
    ) -> Result<(), StoreError> {
        for aggregate in aggregates {
            let Some(listed) = self.0.get(aggregate) else { continue };
            let names = listed.keys().map(String::as_str);
            let left_out: Vec<&str> = names.filter(|name| !is_written(aggregate, name)).collect();
            if !left_out.is_empty() {
                let (aggregate, projections) = (aggregate.to_owned(), left_out.join("`, `"));
                return Err(LeftOut { aggregate, projections }.into_store_error());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_read_again() {
        let mut roster = Roster::default();
        assert_eq!(roster.text(), None);
        roster.enrol("balances", 3, ["account", "customer"]);
        roster.enrol("owners", 1, ["account"]);
        roster.enrol("balances", 4, ["account"]);
        let text = roster.text().unwrap();
        assert_eq!(text, r#"{"account":{"balances":4,"owners":1}}"#);
        assert_eq!(Roster::parse(Some(&text)).unwrap(), roster);
        assert_eq!((roster.generation("balances"), roster.generation("other")), (Some(4), None));
        assert_eq!(roster.names(), ["balances", "owners"]);
        assert_eq!(roster.aggregates("balances").collect::<Vec<_>>(), ["account"]);
        assert!(roster.lists("owners", "account") && !roster.lists("owners", "customer"));

        assert!(roster.check(["customer"], |_, _| false).is_ok());
        let refused = roster.check(["account"], |_, name| name == "owners").unwrap_err();
        let StoreError::Internal(refused) = refused else { panic!("another error: {refused}") };
        assert!(
            refused.to_string().starts_with("`balances` is written with the events of `account`")
        );
        roster.strike("balances");
        roster.strike("owners");
        assert_eq!(roster, Roster::default());
    }

    #[test]
    fn what_is_no_list_is_said() {
        assert!(matches!(Roster::parse(Some("[]")), Err(StoreError::Corrupt { .. })));
    }
}
