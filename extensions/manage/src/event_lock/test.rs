//! The test of every project.

use std::{env, path::Path, sync::Arc};

use bloom_runtime::memory::MemoryStorage;

use super::{EventLock, FILE, Finding, compare};
use crate::application::Application;

/// Fails when a stored event would not be read as it was written: a shape has changed without a new revision, or a revision is not
/// read any more. What is new is noted in `bloom.lock`, in this folder; where `BLOOM_LOCKED` is set nothing is written, and it must be
/// there: set it where commits are checked.
///
/// # Panics
/// With everything that is wrong, and what to do.
pub fn assert_events_keep_their_shapes<A: Application>(project: impl AsRef<Path>) {
    let folder = project.as_ref();
    let store = A::store(Arc::new(MemoryStorage::new()));
    let known = store.known_events();
    let mut lock = EventLock::read(folder).unwrap_or_else(|error| panic!("{error}"));
    let noted = env::var_os("BLOOM_LOCKED").is_none();
    let (new, wrong): (Vec<Finding>, Vec<Finding>) =
        compare(&lock, known).into_iter().partition(|finding| noted && finding.is_new());
    let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{FILE}:\n{}", wrong.join("\n"));
    if !new.is_empty() {
        for finding in new {
            finding.accept(&mut lock);
        }
        lock.write(folder).unwrap_or_else(|error| panic!("{error}"));
    }
}
