//! Places in a commit where a test lets the process end at once.

/// The process ends here when `BLOOM_FAILPOINT` says so: `sqlite.head:3` means the third time that this place is reached.
#[cfg(feature = "failpoints")]
pub(crate) fn reach(place: &str) {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    };
    static WANTED: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let wanted = std::env::var("BLOOM_FAILPOINT").ok()?;
        let (place, time) = wanted.rsplit_once(':')?;
        Some((place.to_owned(), time.parse().ok()?))
    });
    static REACHED: AtomicU64 = AtomicU64::new(0);
    if let Some((wanted, time)) = &*WANTED
        && wanted == place
        && REACHED.fetch_add(1, Ordering::Relaxed) + 1 == *time
    {
        // No destructor runs and nothing is flushed, as when the machine loses power for this process alone.
        std::process::abort();
    }
}

/// Nothing, outside of tests.
#[cfg(not(feature = "failpoints"))]
pub(crate) const fn reach(_: &str) {}
