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
//! commit fails on it, which forgets it, or when the cache [follows](Cached::follow) the log. So nothing is saved that was decided on an old
//! state of what is saved or guarded: its commit is a conflict, and the command runs again on what is there. Whatever is only read, by a query or
//! beside what is saved, may be as old as an entry may be, and so may be a refusal; where that matters, guard it, or follow the log.
//! Units of work that hold what they read do not ask the cache, and a version that a client has seen is compared with the store.

mod cached;

pub use cached::Cached;
