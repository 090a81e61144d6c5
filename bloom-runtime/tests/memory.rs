//! The memory storage keeps what every storage promises.

use bloom_runtime::memory::MemoryStorage;

bloom_runtime::storage_conformance!(async { MemoryStorage::new() });
bloom_runtime::interactive_conformance!(async { MemoryStorage::new() });
