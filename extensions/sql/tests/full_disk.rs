//! A disk that is full stops writing, and loses nothing that was acknowledged.

use bloom_runtime::{
    application::{Documents, StorageStore},
    domain::{Aggregate, Uuid, Version},
    ports::{EventLog, Position, Repository, Store, StoreError, UnitOfWork},
    testing::conformance::{Account, AccountId, TABLE},
};
use bloom_sql::{Migrations, SqlUnitOfWork, SqliteStorage, migration::documents};

type Accounts = StorageStore<SqliteStorage>;

fn store() -> Accounts {
    let path = tempfile::tempdir().expect("a folder").keep().join("test.db");
    let migrations = Migrations::new().with("0001_accounts", documents(TABLE));
    SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
    let storage = SqliteStorage::open(&path, &migrations).expect("the database opens");
    StorageStore::new(storage).aggregate::<Account>(Documents::in_table(TABLE))
}

/// Lets the file grow by so many pages and no more; `None` for as many as it likes.
async fn room(store: &Accounts, pages: Option<i64>) {
    let mut uow = store.begin().await.expect("it begins");
    uow.before_commit(move |transaction| {
        Box::pin(async move {
            let connection = transaction.sqlite().expect("this is SQLite");
            let count: i64 = connection
                .pragma_query_value(None, "page_count", |row| row.get(0))
                .expect("it knows its size");
            let most = pages.map_or(1_000_000, |pages| count + pages);
            connection
                .pragma_update_and_check(None, "max_page_count", most, |_| Ok(()))
                .expect("it takes a limit");
            Ok(())
        })
    });
    uow.commit().await.expect("it commits");
}

async fn open(store: &Accounts, number: u128) -> Result<(), StoreError> {
    let mut uow = store.begin().await?;
    let owner = format!("{number} {}", "x".repeat(300));
    uow.repository().save(Account::open(Uuid::from_u128(number).into(), &owner))?;
    uow.commit().await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_stays_and_the_rest_is_refused() {
    let store = store();
    room(&store, Some(40)).await;
    // The writer may take all that come at once together, and then all of them find no room.
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    for number in 0..10 {
        open(&store, number).await.expect("there is room for some");
        kept.push(number);
    }
    let tasks: Vec<_> = (10..400_u128)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { (number, open(&store, number).await) })
        })
        .collect();
    for task in tasks {
        match task.await.expect("no panic") {
            (number, Ok(())) => kept.push(number),
            (number, Err(StoreError::Unavailable { reason, .. })) => {
                assert_eq!(reason, "the disk is full");
                refused.push(number);
            }
            (number, Err(other)) => panic!("{number}: {other:?}"),
        }
    }
    assert!(!kept.is_empty() && !refused.is_empty(), "{} and {}", kept.len(), refused.len());

    let exists = async |number: u128| {
        let id: AccountId = Uuid::from_u128(number).into();
        let mut uow = store.begin().await.expect("it begins");
        let found = Repository::<Account>::find_by_id(&mut uow.repository(), &id).await;
        found.expect("reading works").map(|account| account.version())
    };
    for number in &kept {
        assert_eq!(exists(*number).await, Some(Version::new(1)), "{number} was acknowledged");
    }
    for number in &refused {
        assert_eq!(exists(*number).await, None, "{number} was refused");
    }

    // With room again it goes on where it was.
    room(&store, None).await;
    for number in &refused {
        open(&store, *number).await.expect("there is room");
    }
    let log = store.storage().read(Position::START, 1_000).await.expect("reading works");
    let positions: Vec<u64> = log.iter().map(|event| event.position.get()).collect();
    assert_eq!(positions, (1..=400).collect::<Vec<u64>>());
}
