//! Remembers aggregates, so that they need not be read.
//!
//! ```
//! use std::time::Duration;
//! use bloom_cache::Cached;
//! use bloom_runtime::{application::{Documents, StorageStore}, memory::MemoryStorage};
//! # use bloom_runtime::testing::conformance::Account;
//!
//! let accounts = Cached::<Account>::at_most(10_000).for_at_most(Duration::from_secs(60));
//! let store = StorageStore::new(MemoryStorage::new())
//!     .aggregate::<Account>(Documents::in_table("accounts").with(accounts));
//! ```
//!
//! What this program commits is remembered at once. What another program commits is noticed when an entry has grown old, when a
//! commit fails on it, which forgets it, or when the cache [follows](Cached::follow) the log. So a decision is never stored that was
//! made on something old: its commit is a conflict, and the command runs again on what is there. An answer to a query may be old.
//! Units of work that hold what they read do not ask the cache.

mod cached;

pub use cached::Cached;
