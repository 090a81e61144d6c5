//! Unique values.

use super::{
    How,
    account::{Account, AccountError, id},
    store,
};
use crate::{
    application::{Failure, StorageStore},
    ports::{EventLog, Position, Repository, Storage, Store, StoreError, UnitOfWork},
};

async fn add<S: Storage>(
    store: &StorageStore<S>,
    number: u128,
    owner: &str,
) -> Result<(), StoreError> {
    let mut uow = store.begin().await?;
    uow.repository().add(Account::open(id(number), owner))?;
    uow.commit().await.map(drop)
}

/// The second one gets the aggregate's own error, and nothing of it is stored.
pub async fn a_unique_value_is_taken_once<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    add(&store, 1, "ada").await.unwrap();
    let error = add(&store, 2, "ada").await.expect_err("a unique value was given twice");
    let failure = Failure::from(error);
    assert_eq!(
        failure.downcast_ref::<AccountError>(),
        Some(&AccountError::OwnerTaken { owner: "ada".to_owned() })
    );
    assert_eq!(failure.code(), "conformance.owner_taken");
    assert_eq!(store.storage().head().await.unwrap(), Position::new(1));
    // Case and accents make another value.
    add(&store, 3, "Ada").await.unwrap();
    add(&store, 4, "adá").await.unwrap();
}

/// Of many at once exactly one succeeds.
pub async fn one_of_many_gets_a_unique_value<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let tasks: Vec<_> = (1..=16)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { add(&store, number, "ada").await.is_ok() })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        winners += usize::from(task.await.unwrap());
    }
    assert_eq!(winners, 1, "a unique value was given {winners} times");
}

/// Whoever changes a unique value leaves the old one to others.
pub async fn a_given_up_value_is_free<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    add(&store, 1, "ada").await.unwrap();
    let mut uow = store.begin().await.unwrap();
    let mut account = uow.repository::<Account>().get(&id(1)).await.unwrap();
    account.hand_over("bob");
    uow.repository().save(account).unwrap();
    uow.commit().await.unwrap();
    add(&store, 2, "ada").await.unwrap();
    assert!(add(&store, 3, "bob").await.is_err());
}

/// Two swap their unique values in one unit of work.
pub async fn unique_values_can_be_swapped<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    add(&store, 1, "ada").await.unwrap();
    add(&store, 2, "bob").await.unwrap();
    let mut uow = store.begin().await.unwrap();
    for (number, owner) in [(1, "bob"), (2, "ada")] {
        let mut account = uow.repository::<Account>().get(&id(number)).await.unwrap();
        account.hand_over(owner);
        uow.repository().save(account).unwrap();
    }
    uow.commit().await.unwrap();
}
