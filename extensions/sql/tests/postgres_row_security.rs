//! With row-level security PostgreSQL keeps what every storage promises, and tenants apart whatever is asked.

mod postgres_server;

use bloom_runtime::{
    application::{Documents, StorageStore, in_context},
    ports::{Context, Repository, Store, UnitOfWork},
    prelude::Uuid,
    testing::conformance::{Account, TABLE},
};
use bloom_sql::{
    CopyError, MigrationError, Migrations, PostgresOptions, PostgresStorage, SqlUnitOfWork,
    SqlValue, SqliteStorage, copy,
    migration::{documents, postgres_documents, row_security, row_security_of_bloom},
    parameters,
};

const ROLE: &str = "bloom_test_tenant_role";

fn migrations_of() -> Migrations {
    Migrations::new()
        .with("0001_conformance", postgres_documents(TABLE))
        .with("0002_tenants", row_security(TABLE) + &row_security_of_bloom())
}

/// The URL with a role for which policies hold.
fn as_role(url: &str) -> String {
    let (_, rest) = url.split_once('@').expect("a URL names a role");
    format!("postgres://{ROLE}@{rest}")
}

/// The database as that role sees it.
async fn open(url: &str) -> PostgresStorage {
    let options = PostgresOptions::default().with_row_security();
    PostgresStorage::open_with(&as_role(url), &migrations_of(), &options).await.expect("it opens")
}

async fn empty() -> Option<PostgresStorage> {
    let (url, _) = database().await?;
    Some(open(&url).await)
}

/// The URL of a new database with policies.
async fn database() -> Option<(String, Migrations)> {
    let url = postgres_server::new_database().await?;
    let migrations = migrations_of();
    PostgresStorage::migrate(&url, &migrations).await.expect("the migrations apply");
    let rights = format!(
        "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE};"
    );
    postgres_server::run(&url, &rights).await;
    let options = PostgresOptions::default().with_row_security();
    let passes_by = PostgresStorage::open_with(&url, &migrations, &options).await;
    assert!(
        matches!(passes_by, Err(MigrationError::RowSecurityPassedBy)),
        "a superuser sees everything"
    );
    Some((url, migrations))
}

bloom_runtime::storage_conformance!(if some empty());
bloom_runtime::interactive_conformance!(if some empty());

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_and_a_migration_are_about_all_tenants() {
    let Some((url, _)) = database().await else { return };
    let store = StorageStore::new(open(&url).await)
        .aggregate::<Account>(Documents::in_table(TABLE))
        .tenants_by_rows();
    for name in ["a", "b"] {
        in_context(Context::new().with_tenant(name), async {
            let mut uow = store.begin().await.expect("it begins");
            let account = Account::open(Uuid::from_u128(1).into(), name);
            uow.repository().add(account).expect("it is queued");
            uow.commit().await.expect("it commits");
        })
        .await;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("copy.db");
    let migrations = Migrations::new().with("0001_conformance", documents(TABLE));
    SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
    let target = format!("sqlite:{}", path.display());
    let copied = copy(&as_role(&url), &target, |_| {}).await.expect("a copy");
    assert!(copied.tables.contains(&("bloom_events".to_owned(), 2)), "{copied:?}");
    assert!(copied.tables.contains(&(TABLE.to_owned(), 2)), "{copied:?}");
    let occupied = copy(&target, &as_role(&url), |_| {}).await;
    assert!(matches!(occupied, Err(CopyError::Occupied { .. })), "{occupied:?}");

    // The role owns the table from now on, for which the policies hold all the same.
    postgres_server::run(
        &url,
        &format!(
            "ALTER TABLE {TABLE} OWNER TO {ROLE}; ALTER TABLE bloom_migrations OWNER TO {ROLE}; GRANT CREATE ON SCHEMA public TO {ROLE}"
        ),
    )
    .await;
    let more = migrations_of().with("0003_shape", format!("UPDATE {TABLE} SET shape = 7"));
    PostgresStorage::migrate(&as_role(&url), &more).await.expect("it applies");
    let (client, connection) =
        bloom_sql::tokio_postgres::connect(&url, bloom_sql::tokio_postgres::NoTls)
            .await
            .expect("it answers");
    tokio::spawn(connection);
    let changed =
        client.query_one(&format!("SELECT count(*) FROM {TABLE} WHERE shape = 7"), &[]).await;
    assert_eq!(changed.expect("a number").get::<_, i64>(0), 2, "a migration saw nothing");
}

#[tokio::test]
async fn statements_of_ones_own_see_one_tenant_too() {
    let Some(storage) = empty().await else { return };
    let store = StorageStore::new(storage)
        .aggregate::<Account>(Documents::in_table(TABLE))
        .tenants_by_rows();
    for name in ["a", "b"] {
        in_context(Context::new().with_tenant(name), async {
            let mut uow = store.begin().await.expect("it begins");
            let account = Account::open(Uuid::from_u128(1).into(), name);
            uow.repository().add(account).expect("it is queued");
            uow.commit().await.expect("it commits");
        })
        .await;
    }
    for table in [TABLE, "bloom_events", "bloom_streams", "bloom_keys"] {
        let all = format!("SELECT DISTINCT tenant FROM {table}");
        for name in ["a", "b"] {
            let seen = in_context(
                Context::new().with_tenant(name),
                store.storage().query(all.clone(), vec![]),
            );
            let only = vec![vec![SqlValue::Text(name.to_owned())]];
            assert_eq!(seen.await.expect("it is asked"), only, "{table}");
        }
        // Whoever does not say for whom sees nothing.
        let nobody = store.storage().query(all, vec![]).await.expect("it is asked");
        assert!(nobody.is_empty(), "{table}: {nobody:?}");
    }
    // Nor can a statement in a commit change what is another's.
    in_context(Context::new().with_tenant("a"), async {
        let mut uow = store.begin().await.expect("it begins");
        uow.execute(format!("DELETE FROM {TABLE} WHERE tenant = $1"), parameters!["b"]);
        uow.commit().await.expect("there is nothing to delete");
        let mut uow = store.begin().await.expect("it begins");
        uow.execute(format!("UPDATE {TABLE} SET tenant = $1"), parameters!["b"]);
        uow.commit().await.expect_err("a row was given to another tenant");
    })
    .await;
    in_context(Context::new().with_tenant("b"), async {
        let mut uow = store.begin().await.expect("it begins");
        uow.repository::<Account>().get(&Uuid::from_u128(1).into()).await.expect("it is there");
    })
    .await;
}
