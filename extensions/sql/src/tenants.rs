//! Storages of tenants that are kept apart, as far as databases agree.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use bloom_runtime::ports::StoreError;
use tokio::sync::OnceCell;

use crate::migration::MigrationError;

/// Why a tenant cannot be created or listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenantError {
    /// The name would not do as part of a path or of a name in a database.
    #[error(
        "`{name}` is no name of a tenant: 1 to 40 of `a-z`, `0-9`, `-` and `_`, beginning with a letter or a digit"
    )]
    Name {
        /// What was given.
        name: String,
    },
    /// The storage of the tenant cannot be made or migrated.
    #[error("the storage of tenant `{name}` cannot be made")]
    Storage {
        /// The tenant.
        name: String,
        /// Why.
        source: MigrationError,
    },
    /// The place where the tenants are cannot be read.
    #[error("the tenants cannot be listed")]
    Place(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl TenantError {
    /// How a store says it.
    pub(crate) fn into_store_error(self) -> StoreError {
        match self {
            // Whoever asks with such a name asks for a tenant that cannot be.
            Self::Name { name } => missing(&name),
            error => {
                StoreError::Unavailable { reason: error.to_string(), source: Some(error.into()) }
            }
        }
    }
}

/// There is no such tenant.
pub(crate) fn missing(name: &str) -> StoreError {
    StoreError::NotFound { aggregate: "tenant".to_owned(), id: name.to_owned() }
}

/// The name, if it may stand in paths and names. Only small letters, since some systems do not tell them from large ones.
pub(crate) fn checked(name: &str) -> Result<&str, TenantError> {
    let fits = (1..=40).contains(&name.len())
        && name.bytes().all(|sign| {
            sign.is_ascii_lowercase() || sign.is_ascii_digit() || b"-_".contains(&sign)
        })
        && !name.starts_with(['-', '_']);
    if fits { Ok(name) } else { Err(TenantError::Name { name: name.to_owned() }) }
}

/// Storages that are open, of which those that were not asked for the longest are closed when there are too many.
pub(crate) struct OpenStorages<S> {
    open: Mutex<Shelf<S>>,
    most: usize,
}

struct Shelf<S> {
    storages: HashMap<String, Slot<S>>,
    /// Counts how often somebody asked.
    asked: u64,
}

impl<S> Shelf<S> {
    /// Those who work with what is closed go on; it is gone when the last of them is done.
    fn close_down_to(&mut self, most: usize, but: &str) {
        while self.storages.len() > most {
            let others = self.storages.iter().filter(|(name, _)| *name != but);
            let oldest = others.min_by_key(|(_, slot)| slot.last).map(|(name, _)| name.clone());
            let Some(oldest) = oldest else { return };
            self.storages.remove(&oldest);
        }
    }
}

struct Slot<S> {
    storage: Arc<OnceCell<Arc<S>>>,
    last: u64,
}

impl<S> OpenStorages<S> {
    pub(crate) fn at_most(most: usize) -> Self {
        Self { open: Mutex::new(Shelf { storages: HashMap::new(), asked: 0 }), most: most.max(1) }
    }

    /// The storage of a tenant, opened by `open` if it is not open yet. Several who ask at once wait for one opening.
    pub(crate) async fn get<F>(&self, tenant: &str, open: F) -> Result<Arc<S>, StoreError>
    where
        F: Future<Output = Result<S, StoreError>>,
    {
        let slot = self.slot(tenant);
        let opened = slot.get_or_try_init(|| async { open.await.map(Arc::new) }).await.cloned();
        let mut shelf = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match opened {
            Ok(_) => shelf.close_down_to(self.most, tenant),
            // A name that nobody has must not push out those that somebody has.
            Err(_) if !slot.initialized() => drop(shelf.storages.remove(tenant)),
            Err(_) => {}
        }
        opened
    }

    fn slot(&self, tenant: &str) -> Arc<OnceCell<Arc<S>>> {
        // Whoever panics here has changed nothing but a number.
        let mut shelf = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.asked += 1;
        let now = shelf.asked;
        let fresh = || Slot { storage: Arc::default(), last: now };
        let slot = shelf.storages.entry(tenant.to_owned()).or_insert_with(fresh);
        slot.last = now;
        Arc::clone(&slot.storage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for good in ["a", "acme", "acme-2", "0_x", &"t".repeat(40)] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "..",
            "a/b",
            "a\\b",
            "A",
            "ä",
            "-a",
            "_a",
            "a b",
            "a.db",
            "a\0",
            "a\"",
            &"t".repeat(41),
        ] {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn the_oldest_is_closed_when_there_are_too_many() {
        let storages = OpenStorages::<String>::at_most(2);
        let open = |name: &str| {
            let name = name.to_owned();
            async move { Ok(name) }
        };
        let a = storages.get("a", open("a")).await.expect("it opens");
        storages.get("b", open("b")).await.expect("it opens");
        let again = storages.get("a", open("other")).await.expect("it is open");
        assert!(Arc::ptr_eq(&a, &again));
        storages.get("c", open("c")).await.expect("it opens");
        let a = storages.get("a", open("other")).await.expect("it is open");
        let b = storages.get("b", open("new b")).await.expect("it opens");
        assert_eq!((a.as_str(), b.as_str()), ("a", "new b"));
    }

    #[tokio::test]
    async fn names_that_nobody_has_push_nobody_out() {
        let storages = OpenStorages::<u32>::at_most(1);
        storages.get("a", async { Ok(1) }).await.expect("it opens");
        for name in ["x", "y", "z"] {
            assert!(storages.get(name, async { Err(missing("x")) }).await.is_err());
        }
        assert_eq!(*storages.get("a", async { Ok(2) }).await.expect("it is open"), 1);
    }

    #[tokio::test]
    async fn what_could_not_be_opened_is_tried_again() {
        let storages = OpenStorages::<u32>::at_most(2);
        assert!(storages.get("a", async { Err(missing("a")) }).await.is_err());
        assert_eq!(*storages.get("a", async { Ok(1) }).await.expect("it opens"), 1);
    }
}
