//! A user's own SQL on PostgreSQL: done with its unit of work, or not at all.

mod postgres_server;

use bloom_runtime::{
    application::{Documents, StorageStore},
    domain::{Classified, ErrorKind, Timestamp, Uuid},
    ports::{Repository, Store, StoreError, UnitOfWork},
    testing::conformance::{Account, AccountError, TABLE},
};
use bloom_sql::{
    Migrations, PostgresStorage, SqlUnitOfWork, SqlValue, migration::postgres_documents, parameters,
};

type TestResult = Result<(), StoreError>;

async fn store() -> Option<StorageStore<PostgresStorage>> {
    let migrations = Migrations::new().with("0001_accounts", postgres_documents(TABLE)).with(
        "0002_notes",
        "CREATE TABLE notes (
             key text PRIMARY KEY, text varchar(20), n integer, small smallint, ratio real, at timestamptz, id uuid,
             raw bytea, body jsonb, done boolean
         );
         CREATE TABLE children (of text REFERENCES notes (key) DEFERRABLE INITIALLY DEFERRED)",
    );
    let storage = postgres_server::database(migrations).await?;
    Some(StorageStore::new(storage).aggregate::<Account>(Documents::in_table(TABLE)))
}

async fn notes(store: &StorageStore<PostgresStorage>) -> Vec<Vec<SqlValue>> {
    store
        .storage()
        .query("SELECT key, n FROM notes ORDER BY key", parameters![])
        .await
        .expect("rows")
}

fn account(number: u128) -> Account {
    Account::open(Uuid::from_u128(number).into(), "ada")
}

const INSERT: &str = "INSERT INTO notes (n, key) VALUES ($2, $1)";

#[tokio::test]
async fn a_statement_is_committed_with_what_is_saved() -> TestResult {
    let Some(store) = store().await else { return Ok(()) };
    let mut uow = store.begin().await?;
    uow.repository().save(account(1))?;
    uow.execute(INSERT, parameters!["a", 1]);
    uow.before_commit(|transaction| {
        Box::pin(async move {
            let saved = transaction.query("SELECT version FROM bloom_streams", &[]).await?;
            assert_eq!(saved, [[SqlValue::Integer(1)]], "a hook sees what is saved");
            transaction
                .execute("UPDATE notes SET n = n + 1 WHERE key = $1", &parameters!["a"])
                .await?;
            Ok(())
        })
    });
    assert!(notes(&store).await.is_empty(), "nothing is written before the commit");
    let committed = uow.commit().await?;
    assert_eq!(committed.position.map(|position| position.get()), Some(1));
    assert_eq!(notes(&store).await, [parameters!["a", 2]]);
    Ok(())
}

#[tokio::test]
async fn nothing_is_done_when_one_part_fails() -> TestResult {
    let Some(store) = store().await else { return Ok(()) };
    let refuses: [(&str, Vec<SqlValue>, &str); 6] = [
        ("INSERT INTO nowhere VALUES (1)", parameters![], "nowhere"),
        ("-- now\nCOMMIT", parameters![], "COMMIT"),
        (INSERT, parameters!["a"], "2 parameters, and 1 were given"),
        (
            "INSERT INTO notes (key, n) VALUES ($1, $2)",
            parameters!["a", "text"],
            "cast the parameter",
        ),
        (
            "INSERT INTO notes (key, small) VALUES ($1, $2)",
            parameters!["a", 70_000],
            "INSERT INTO notes",
        ),
        // Refused by the commit itself.
        ("INSERT INTO children VALUES ('nobody')", parameters![], ""),
    ];
    for (sql, values, said) in refuses {
        let mut uow = store.begin().await?;
        uow.repository().save(account(1))?;
        uow.execute(INSERT, parameters!["first", 1]);
        uow.execute(sql, values);
        let error = uow.commit().await.expect_err(sql);
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(source.contains(said), "{sql}: {source}");
        assert!(notes(&store).await.is_empty(), "{sql}");
    }

    let mut uow = store.begin().await?;
    uow.repository().save(account(1))?;
    uow.before_commit(|_| {
        Box::pin(async {
            let error = AccountError::OwnerTaken { owner: "ada".to_owned() };
            Err(StoreError::Refused(Box::new(error)))
        })
    });
    let error = uow.commit().await.expect_err("the hook refuses");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Rule, "conformance.owner_taken"));

    // And everything goes on, on the same connections.
    let mut uow = store.begin().await?;
    uow.repository().save(account(1))?;
    assert_eq!(uow.commit().await?.position.map(|position| position.get()), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_hook_that_panics_or_is_given_up_leaves_nothing() -> TestResult {
    let Some(store) = store().await else { return Ok(()) };
    let mut uow = store.begin().await?;
    uow.execute(INSERT, parameters!["a", 1]);
    uow.before_commit(|_| Box::pin(async { panic!("on purpose") }));
    assert!(tokio::spawn(uow.commit()).await.is_err());

    let mut uow = store.begin().await?;
    uow.execute(INSERT, parameters!["b", 1]);
    uow.before_commit(|transaction| {
        Box::pin(async move { transaction.query("SELECT pg_sleep(30)::text", &[]).await.map(drop) })
    });
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(300), uow.commit()).await;
    assert!(given_up.is_err());
    assert!(notes(&store).await.is_empty());
    Ok(())
}

#[tokio::test]
async fn values_of_every_sort_come_back() -> TestResult {
    let Some(store) = store().await else { return Ok(()) };
    let noon: Timestamp = "2026-03-01T12:00:00Z".parse().expect("a moment");
    let id = Uuid::from_u128(7);
    let mut uow = store.begin().await?;
    uow.execute(
        "INSERT INTO notes VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        parameters!["it's", "ä", 5, 3, 0.5, noon, id, vec![0_u8, 255], "{\"a\": 1}", true],
    );
    uow.execute(
        "INSERT INTO notes (key, n) VALUES ($1, $2)",
        parameters!["z", Option::<i64>::None],
    );
    uow.commit().await?;
    let rows = store
        .storage()
        .query(
            "SELECT key, text, n, small, ratio, extract(epoch FROM at)::bigint, id::text, raw, body ->> 'a', done
             FROM notes WHERE key = $1",
            parameters!["it's"],
        )
        .await?;
    let expected = parameters![
        "it's",
        "ä",
        5,
        3,
        0.5,
        noon.as_micros() / 1_000_000,
        id.to_string(),
        vec![0_u8, 255],
        "1",
        true
    ];
    assert_eq!(rows, [expected]);
    let writes = store.storage().query("DELETE FROM notes RETURNING key", parameters![]).await;
    assert!(writes.is_err(), "a query writes nothing");
    let strange =
        store.storage().query("SELECT now()", parameters![]).await.expect_err("a strange type");
    let said = std::error::Error::source(&strange).expect("the cause").to_string();
    assert!(said.contains("select it as `now::text`"), "{said}");
    Ok(())
}
