//! A user's own SQL is part of the unit of work: done with it, or not at all.

use std::time::Duration;

use bloom_runtime::{
    application::{Documents, StorageStore},
    domain::{Aggregate, Classified, ErrorKind, Uuid, Version},
    ports::{Repository, Store, StoreError, UnitOfWork},
    testing::{
        FaultyStorage, Operation,
        conformance::{Account, AccountError, AccountId, TABLE},
    },
};
use bloom_sql::{
    Migrations, SqlUnitOfWork, SqlValue, SqliteStorage, migration::documents, parameters,
};

type TestResult = Result<(), StoreError>;

fn store() -> StorageStore<FaultyStorage<SqliteStorage>> {
    let path = tempfile::tempdir().expect("a folder").keep().join("test.db");
    let migrations = Migrations::new().with("0001_accounts", documents(TABLE)).with(
        "0002_notes",
        "CREATE TABLE notes (key TEXT PRIMARY KEY, text TEXT, n INTEGER) STRICT;
         CREATE TABLE children (of TEXT REFERENCES notes (key) DEFERRABLE INITIALLY DEFERRED) STRICT",
    );
    SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
    let storage = SqliteStorage::open(&path, &migrations).expect("the database opens");
    StorageStore::new(FaultyStorage::new(storage)).aggregate::<Account>(Documents::in_table(TABLE))
}

/// What is in the table of notes: keys and texts.
async fn notes(store: &StorageStore<FaultyStorage<SqliteStorage>>) -> Vec<(SqlValue, SqlValue)> {
    // Through a hook: the storage below is wrapped.
    let (give, take) = std::sync::mpsc::channel();
    let mut uow = store.begin().await.expect("it begins");
    uow.before_commit(move |transaction| {
        let give = give.clone();
        Box::pin(async move {
            for mut row in
                transaction.query("SELECT key, text FROM notes ORDER BY key", &[]).await?
            {
                let text = row.pop().expect("two columns");
                give.send((row.pop().expect("two columns"), text)).expect("somebody listens");
            }
            Ok(())
        })
    });
    uow.commit().await.expect("it commits");
    take.into_iter().collect()
}

fn account(number: u128) -> Account {
    Account::open(Uuid::from_u128(number).into(), "ada")
}

fn note(key: &str, text: &str) -> (SqlValue, SqlValue) {
    (key.into(), text.into())
}

const INSERT: &str = "INSERT INTO notes (text, key) VALUES ($2, $1)";

#[tokio::test]
async fn a_statement_is_committed_with_what_is_saved() -> TestResult {
    let store = store();
    let mut uow = store.begin().await?;
    uow.repository().save(account(1))?;
    uow.execute(INSERT, parameters!["a", "first"]);
    assert_eq!(notes(&store).await, [], "nothing is written before the commit");
    uow.commit().await?;
    assert_eq!(notes(&store).await, [note("a", "first")]);

    // A unit of work may consist of statements alone.
    let mut uow = store.begin().await?;
    uow.execute("UPDATE notes SET n = $1, text = $2", parameters![3, Option::<String>::None]);
    assert!(uow.has_writes());
    assert_eq!(uow.commit().await?.position, None);
    assert_eq!(notes(&store).await, [("a".into(), SqlValue::Null)]);
    Ok(())
}

#[tokio::test]
async fn nothing_is_done_when_the_unit_of_work_fails() -> TestResult {
    let store = store();
    let mut uow = store.begin().await?;
    uow.repository().save(account(1))?;
    uow.commit().await?;

    let (mut one, mut other) = (store.begin().await?, store.begin().await?);
    for (uow, key) in [(&mut one, "one"), (&mut other, "other")] {
        let mut account: Account = uow.repository().get(&Uuid::from_u128(1).into()).await?;
        account.deposit(5);
        uow.repository().save(account)?;
        uow.execute(INSERT, parameters![key, "text"]);
    }
    one.commit().await?;
    assert!(matches!(other.commit().await, Err(StoreError::Conflict { .. })));
    assert_eq!(notes(&store).await, [note("one", "text")]);

    store.storage().fail_next(Operation::Commit, StoreError::OutcomeUnknown);
    let mut uow = store.begin().await?;
    uow.execute(INSERT, parameters!["two", "text"]);
    assert!(uow.commit().await.is_err());
    drop(store.begin().await?);
    assert_eq!(notes(&store).await.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_statement_that_fails_takes_the_saves_with_it_and_is_named() -> TestResult {
    let store = store();
    let mut uow = store.begin().await?;
    uow.repository().save(account(1))?;
    uow.execute("INSERT INTO nowhere VALUES (1)", parameters![]);
    let error = uow.commit().await.expect_err("there is no such table");
    let source = std::error::Error::source(&error).expect("the cause").to_string();
    assert!(source.contains("no such table: nowhere"), "{source}");
    assert!(source.contains("INSERT INTO nowhere VALUES (1)"), "{source}");

    let mut uow = store.begin().await?;
    let id: AccountId = Uuid::from_u128(1).into();
    let found = Repository::<Account>::find_by_id(&mut uow.repository(), &id).await?;
    assert!(found.is_none(), "nothing of it is stored");
    Ok(())
}

#[tokio::test]
async fn a_savepoint_takes_back_statements_too() -> TestResult {
    let store = store();
    let mut uow = store.begin().await?;
    uow.execute(INSERT, parameters!["kept", "text"]);
    let savepoint = uow.savepoint();
    uow.execute(INSERT, parameters!["taken back", "text"]);
    uow.roll_back_to(savepoint);
    uow.commit().await?;
    assert_eq!(notes(&store).await, [note("kept", "text")]);
    Ok(())
}

#[tokio::test]
async fn a_hook_sees_what_is_saved_and_may_refuse() -> TestResult {
    let store = store();
    let mut uow = store.begin().await?;
    uow.repository().save(account(1))?;
    uow.before_commit(|transaction| {
        Box::pin(async move {
            let rows = transaction.query("SELECT version FROM conformance_accounts", &[]).await?;
            assert_eq!(rows, [[SqlValue::Integer(1)]]);
            let connection = transaction.sqlite().expect("this is SQLite");
            assert!(!connection.is_autocommit());
            let taken = AccountError::OwnerTaken { owner: "ada".to_owned() };
            Err(StoreError::Refused(Box::new(taken)))
        })
    });
    let error = uow.commit().await.expect_err("it refuses");
    assert_eq!((error.code(), error.kind()), ("conformance.owner_taken", ErrorKind::Rule));
    let mut uow = store.begin().await?;
    let id: AccountId = Uuid::from_u128(1).into();
    assert!(Repository::<Account>::find_by_id(&mut uow.repository(), &id).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn nobody_ends_the_transaction_of_others() -> TestResult {
    let store = store();
    for sql in ["COMMIT", "ROLLBACK", "SAVEPOINT mine", "ROLLBACK TO unit_of_work"] {
        let mut uow = store.begin().await?;
        uow.execute(INSERT, parameters![sql, "text"]);
        uow.execute(sql, parameters![]);
        let error = uow.commit().await.expect_err(sql);
        let source = std::error::Error::source(&error).expect("the cause").to_string();
        assert!(source.contains("not authorized"), "{sql}: {source}");
    }
    assert_eq!(notes(&store).await, []);

    // These end it while they run, and a hook may even overlook it.
    let mut uow = store.begin().await?;
    uow.execute(INSERT, parameters!["a", "text"]);
    uow.execute("INSERT OR ROLLBACK INTO notes (key) VALUES ($1)", parameters!["a"]);
    assert!(matches!(uow.commit().await, Err(StoreError::Internal(_))));
    let mut uow = store.begin().await?;
    uow.repository().save(account(1))?;
    uow.execute(INSERT, parameters!["a", "text"]);
    uow.before_commit(|transaction| {
        Box::pin(async move {
            let sql = "INSERT OR ROLLBACK INTO notes (key) VALUES ('a')";
            let _ = transaction.execute(sql, &[]).await;
            let _ = transaction.execute("INSERT INTO notes (key) VALUES ('b')", &[]).await;
            Ok(())
        })
    });
    let error = uow.commit().await.expect_err("the transaction is gone");
    let source = std::error::Error::source(&error).expect("the cause").to_string();
    assert!(source.contains("has ended the transaction"), "{source}");
    assert_eq!(notes(&store).await, []);
    let mut uow = store.begin().await?;
    let id: AccountId = Uuid::from_u128(1).into();
    assert!(Repository::<Account>::find_by_id(&mut uow.repository(), &id).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn what_fails_only_when_the_transaction_ends_fails_alone() -> TestResult {
    let store = store();
    let mut wrong = store.begin().await?;
    wrong.execute("INSERT INTO children (of) VALUES ($1)", parameters!["nobody"]);
    let mut fine = store.begin().await?;
    fine.repository().save(account(1))?;
    let (wrong, fine) = tokio::join!(wrong.commit(), fine.commit());
    let wrong = wrong.expect_err("it refers to nobody");
    let source = std::error::Error::source(&wrong).expect("the cause").to_string();
    assert!(source.contains("FOREIGN KEY"), "{source}");
    fine?;
    Ok(())
}

#[tokio::test]
async fn parameters_are_as_many_as_the_statement_has() -> TestResult {
    let store = store();
    for (sql, parameters) in [
        (INSERT, parameters!["a"]),
        (INSERT, parameters!["a", "b", "c"]),
        ("INSERT INTO notes (key, text) VALUES ($1, $3)", parameters!["a", "b"]),
        ("INSERT INTO notes (key) VALUES (?)", parameters!["a"]),
    ] {
        let mut uow = store.begin().await?;
        uow.execute(sql, parameters);
        let error = uow.commit().await.expect_err(sql);
        let source = std::error::Error::source(&error).expect("the cause").to_string();
        assert!(source.contains("parameter"), "{source}");
    }
    assert_eq!(notes(&store).await, []);
    Ok(())
}

#[tokio::test]
async fn a_hook_that_waits_or_panics_fails_alone() -> TestResult {
    let store = store();
    let mut waiting = store.begin().await?;
    waiting.before_commit(|_| {
        Box::pin(async {
            std::future::pending::<()>().await;
            Ok(())
        })
    });
    let mut panicking = store.begin().await?;
    panicking.execute(INSERT, parameters!["lost", "text"]);
    panicking.before_commit(|_| Box::pin(async { panic!("a bug in a hook") }));
    let mut fine = store.begin().await?;
    fine.repository().save(account(1))?;
    fine.execute(INSERT, parameters!["fine", "text"]);

    let all = async { tokio::join!(waiting.commit(), panicking.commit(), fine.commit()) };
    let (waited, panicked, done) =
        tokio::time::timeout(Duration::from_secs(20), all).await.expect("nobody hangs");
    assert!(matches!(waited, Err(StoreError::Internal(_))), "{waited:?}");
    assert!(matches!(panicked, Err(StoreError::Internal(_))), "{panicked:?}");
    done?;
    assert_eq!(notes(&store).await, [note("fine", "text")]);
    let mut uow = store.begin().await?;
    let found: Account = uow.repository().get(&Uuid::from_u128(1).into()).await?;
    assert_eq!(found.version(), Version::new(1));
    Ok(())
}

#[tokio::test]
async fn a_query_reads_what_is_committed_and_writes_nothing() {
    let path = tempfile::tempdir().expect("a folder").keep().join("test.db");
    let migrations = Migrations::new().with(
        "0001_notes",
        "CREATE TABLE notes (key TEXT PRIMARY KEY) STRICT; INSERT INTO notes VALUES ('a'), ('b')",
    );
    SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
    let storage = SqliteStorage::open(&path, &migrations).expect("the database opens");
    let sql = "SELECT key, 1.5, NULL FROM notes WHERE key > $1";
    let rows = storage.query(sql, parameters!["a"]).await.expect("it reads");
    assert_eq!(rows, [["b".into(), SqlValue::Real(1.5), SqlValue::Null]]);
    let error = storage.query("DELETE FROM notes", parameters![]).await.expect_err("it only reads");
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
}
