//! What is remembered is never what somebody else's is, and nothing is decided on what is old.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::HashMap, sync::Arc, time::Duration};

use bloom_cache::Cached;
use bloom_runtime::{
    application::{Documents, Placement, StorageStore, in_context, retry},
    memory::MemoryStorage,
    ports::{Context, Storage},
    prelude::*,
    testing::{
        FaultyStorage, Operation,
        conformance::{Account, AccountId},
    },
};

fn id(number: u128) -> AccountId {
    Uuid::from_u128(number).into()
}

fn cached<S: Storage>(storage: Arc<S>, cache: &Cached<Account>) -> StorageStore<S> {
    StorageStore::shared(storage)
        .aggregate::<Account>(Documents::in_table("accounts").soft_delete().with(cache.clone()))
}

async fn open<S: Storage>(store: &StorageStore<S>, owner: &str) {
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id(1), owner)).unwrap();
    uow.commit().await.unwrap();
}

async fn deposit<S: Storage>(store: &StorageStore<S>) -> Result<(), Failure> {
    let mut uow = store.begin().await?;
    let mut account: Account = uow.repository().get(&id(1)).await?;
    account.deposit(1);
    uow.repository().save(account)?;
    uow.commit().await?;
    Ok(())
}

async fn load<S: Storage>(store: &StorageStore<S>) -> Result<Account, StoreError> {
    store.begin().await?.repository::<Account>().get(&id(1)).await
}

#[tokio::test]
async fn what_is_remembered_is_not_read_and_what_is_committed_is_remembered() {
    let storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
    let store = cached(Arc::clone(&storage), &Cached::at_most(10));
    open(&store, "ada").await;
    // The store cannot be read, and need not be.
    let down = || StoreError::Unavailable { reason: "down".to_owned(), source: None };
    storage.fail_next(Operation::Load, down());
    assert_eq!(load(&store).await.unwrap().balance(), 0);
    deposit(&store).await.unwrap();
    assert_eq!(load(&store).await.unwrap().balance(), 1);
    // What was removed is not remembered, nor what comes back as it was before.
    let mut uow = store.begin().await.unwrap();
    let account = load(&store).await.unwrap();
    uow.repository().remove(account).unwrap();
    uow.commit().await.unwrap();
    assert!(load(&store).await.is_err(), "it asks the store, which is down");
    assert!(matches!(load(&store).await, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn nothing_is_decided_on_what_is_old() {
    let storage = Arc::new(MemoryStorage::new());
    let (here, there) = (Cached::at_most(10), Cached::at_most(10));
    let (here, there) = (cached(Arc::clone(&storage), &here), cached(storage, &there));
    open(&here, "ada").await;
    // Two programs with caches of their own take turns; each is behind whenever it is its turn.
    for _ in 0..10 {
        retry::on_conflict(|| deposit(&here)).await.unwrap();
        retry::on_conflict(|| deposit(&there)).await.unwrap();
    }
    let account = load(&there).await.unwrap();
    assert_eq!((account.balance(), account.version()), (20, Version::new(21)));
}

#[tokio::test]
async fn whoever_follows_the_log_sees_what_others_commit() {
    let storage = Arc::new(MemoryStorage::new());
    let cache = Cached::at_most(10);
    let (here, there) =
        (cached(Arc::clone(&storage), &cache), cached(Arc::clone(&storage), &Cached::at_most(10)));
    open(&here, "ada").await;
    let following = cache.follow(storage);
    assert_eq!(load(&here).await.unwrap().balance(), 0);
    deposit(&there).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), async {
        while load(&here).await.unwrap().balance() != 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("it is noticed");
    following.abort();
}

#[tokio::test]
async fn an_entry_is_believed_for_a_time() {
    let storage = Arc::new(MemoryStorage::new());
    let cache = Cached::at_most(10).for_at_most(Duration::from_millis(20));
    let (here, there) =
        (cached(Arc::clone(&storage), &cache), cached(storage, &Cached::at_most(10)));
    open(&here, "ada").await;
    deposit(&there).await.unwrap();
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(load(&here).await.unwrap().balance(), 1);
}

struct Two(HashMap<String, Arc<MemoryStorage>>);

impl Placement<MemoryStorage> for Two {
    async fn storage(&self, tenant: &str) -> Result<Arc<MemoryStorage>, StoreError> {
        Ok(Arc::clone(&self.0[tenant]))
    }
}

#[tokio::test]
async fn tenants_remember_what_is_theirs() {
    let cache = Cached::at_most(10);
    let main = Arc::new(MemoryStorage::new());
    let by_rows = cached(Arc::clone(&main), &cache).tenants_by_rows();
    let two = ["a", "b"].map(|name| (name.to_owned(), Arc::new(MemoryStorage::new())));
    let apart = cached(main, &Cached::at_most(10)).tenants_apart(Two(two.into()));
    for store in [by_rows, apart] {
        for name in ["a", "b"] {
            in_context(Context::new().with_tenant(name), open(&store, name)).await;
        }
        for name in ["a", "b"] {
            let tenant = Context::new().with_tenant(name);
            let account = in_context(tenant, load(&store)).await.unwrap();
            assert_eq!(account.owner(), name, "another tenant's account");
        }
    }
}
