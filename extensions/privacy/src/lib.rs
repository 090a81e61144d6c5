//! Encrypts what is personal in events, so that it can be forgotten.
//!
//! A field of type [`Personal`](bloom_runtime::domain::Personal) is stored encrypted, with a key for each person. Forgetting the key
//! makes it unreadable wherever the events are.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use std::sync::Arc;
//! use bloom_privacy::PersonalCipher;
//! use bloom_runtime::{application::StorageStore, memory::MemoryStorage};
//!
//! let storage = MemoryStorage::new().with_cipher(Arc::new(PersonalCipher::new()));
//! let store = StorageStore::new(storage);
//! let forgotten = store.forget("0198-...").await?;
//! assert_eq!(forgotten.aggregates, 0);
//! # Ok::<(), bloom_runtime::ports::StoreError>(()) }).unwrap();
//! ```

mod cipher;

pub use cipher::{MasterKeyError, PersonalCipher};
