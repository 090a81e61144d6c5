//! Building domain objects from what a store holds.
//!
//! What was valid when it was written stays readable when a creation rule becomes stricter later. So a
//! store decodes inside [`reconstitute`], where `Deserialize` of a value object checks types but not
//! creation rules. Anywhere else it checks all of them, and entities cannot be deserialized at all.

use std::cell::Cell;

thread_local! {
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `decode` with creation rules set aside, on this thread and for this call only.
pub fn reconstitute<T>(decode: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            ACTIVE.set(self.0);
        }
    }
    let _restore = Restore(ACTIVE.replace(true));
    decode()
}

/// Whether the caller runs inside [`reconstitute`].
#[must_use]
pub fn is_active() -> bool {
    ACTIVE.get()
}
