//! Seals for audited aggregates: a chain of SHA-256 digests.
//!
//! Who did what, when and why is in the log already, and what it changed is what `Repository::history` says. A seal in each event's
//! metadata ties it to the event before, so that nobody who can write to the database changes the past unnoticed without
//! computing anew everything that came after, and with a key not even then. That the newest events were taken away shows against the
//! version that somebody has noted.
//!
//! ```
//! use bloom_audit::HashChain;
//! use bloom_runtime::{application::{Documents, StorageStore}, memory::MemoryStorage};
//! # use bloom_runtime::testing::conformance::Account;
//!
//! let store = StorageStore::new(MemoryStorage::new())
//!     .aggregate::<Account>(Documents::in_table("accounts").audited(HashChain::new()));
//! ```

mod chain;

pub use bloom_runtime::ports::seal::{Broken, verify, verify_since};
pub use chain::HashChain;
