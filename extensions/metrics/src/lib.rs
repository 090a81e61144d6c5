//! Metrics of repositories, for whichever recorder the program installs through the crate `metrics`.
//!
//! | name | kind | labels | what |
//! |---|---|---|---|
//! | `bloom_loads_total` | counter | `aggregate`, `found` | aggregates read from the store |
//! | `bloom_load_seconds` | histogram | `aggregate` | how long that took |
//! | `bloom_commits_total` | counter | `aggregate` | aggregates saved by a commit |
//! | `bloom_commit_seconds` | histogram | `aggregate` | how long the commit took |
//! | `bloom_failures_total` | counter | `aggregate`, `code` | commits that failed; conflicts are `store.conflict` |
//!
//! No label holds an id or a tenant: there would be as many series as there are of those.
//!
//! ```
//! use bloom_metrics::Measured;
//! use bloom_runtime::{application::{Documents, StorageStore}, memory::MemoryStorage};
//! # use bloom_runtime::testing::conformance::Account;
//!
//! let store = StorageStore::new(MemoryStorage::new())
//!     .aggregate::<Account>(Documents::in_table("accounts").with(Measured));
//! ```

use bloom_runtime::{
    application::{Behaviour, Loaded, Saved, Stage},
    domain::{Aggregate, Classified},
    ports::{StoreError, StreamId},
};
use metrics::{counter, histogram};

/// The crate below, so that a project installs its recorder for the same version.
pub use metrics;

/// Counts and measures what the repository of an aggregate does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured;

impl<A: Aggregate> Behaviour<A> for Measured {
    fn stage(&self) -> Stage {
        Stage::Metrics
    }

    fn loaded(&self, loaded: &Loaded<'_, A>) {
        let found = if loaded.aggregate.is_some() { "true" } else { "false" };
        counter!("bloom_loads_total", "aggregate" => A::NAME, "found" => found).increment(1);
        histogram!("bloom_load_seconds", "aggregate" => A::NAME).record(loaded.took);
    }

    fn committed(&self, saved: &Saved<'_, A>) {
        counter!("bloom_commits_total", "aggregate" => A::NAME).increment(1);
        histogram!("bloom_commit_seconds", "aggregate" => A::NAME).record(saved.took);
    }

    fn failed(&self, _: &StreamId, error: &StoreError) {
        // The storage's word for a unique value; the aggregate's own codes are as many as one likes.
        let code = error.code().to_owned();
        counter!("bloom_failures_total", "aggregate" => A::NAME, "code" => code).increment(1);
    }
}
