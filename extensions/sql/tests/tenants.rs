//! A file, a schema or a database for each tenant.

mod postgres_server;

use bloom_runtime::{
    application::{Documents, Placement, StorageStore, in_context},
    domain::{Spec, Uuid},
    ports::{
        Context, EventLog, InteractiveStorage, Position, Repository, Store, StoreError, UnitOfWork,
    },
    testing::conformance::{Account, TABLE},
};
use bloom_sql::{
    DatabasePerTenant, FilePerTenant, Migrations, PostgresOptions, PostgresStorage,
    SchemaPerTenant, SqliteStorage, TenantError,
    migration::{documents, postgres_documents},
};

fn tenant(name: &str) -> Context {
    Context::new().with_tenant(name)
}

/// Two tenants that exist, and others that do not.
async fn are_apart<S: InteractiveStorage>(main: S, placement: impl Placement<S>) {
    let store = StorageStore::new(main)
        .aggregate::<Account>(Documents::in_table(TABLE))
        .tenants_apart(placement);
    assert!(matches!(store.begin().await.err(), Some(StoreError::NoTenant)));
    for unknown in ["other", "../a", "A", "a\"; DROP SCHEMA public; --", "*"] {
        let missing = in_context(tenant(unknown), store.begin()).await.err();
        assert!(matches!(missing, Some(StoreError::NotFound { .. })), "{unknown}: {missing:?}");
    }
    for (name, count) in [("acme", 2), ("b-2", 1)] {
        in_context(tenant(name), async {
            for number in 1..=count {
                let mut uow = store.begin().await.expect("it begins");
                let owner = format!("owner {number}");
                uow.repository()
                    .add(Account::open(Uuid::from_u128(number).into(), &owner))
                    .expect("it is queued");
                let committed = uow.commit().await.expect("it commits");
                // Each has positions of its own.
                assert_eq!(committed.position.map(Position::get), Some(number as u64));
            }
        })
        .await;
    }
    for (name, count) in [("acme", 2), ("b-2", 1)] {
        in_context(tenant(name), async {
            let mut uow = store.begin_interactive().await.expect("it is held");
            let all = uow.repository::<Account>().count(&Spec::all()).await.expect("it counts");
            assert_eq!(all, count);
        })
        .await;
        let theirs = store.for_tenant(name).await.expect("it is found");
        assert_eq!(theirs.storage().head().await.expect("it has a head").get(), count);
    }
    assert_eq!(store.storage().head().await.expect("it has a head"), Position::START);
    assert_eq!(store.storage().outcome("", "x").await.expect("it looks"), None);
}

#[tokio::test]
async fn a_file_for_each_tenant() {
    let folder = tempfile::tempdir().expect("a folder");
    let migrations = Migrations::new().with("0001_accounts", documents(TABLE));
    let main = folder.path().join("main.db");
    SqliteStorage::migrate(&main, &migrations).expect("the migrations apply");
    let main = SqliteStorage::open(&main, &migrations).expect("the database opens");
    let tenants =
        FilePerTenant::in_folder(folder.path().join("tenants"), migrations.clone()).open_at_most(1);
    assert!(tenants.tenants().expect("no folder yet").is_empty());
    for name in ["b-2", "acme"] {
        assert_eq!(tenants.create(name).expect("it is made").len(), 5);
        assert!(tenants.create(name).expect("it is there").is_empty());
    }
    let escaped = tenants.create("../escaped");
    assert!(matches!(escaped, Err(TenantError::Name { .. })), "{escaped:?}");
    assert_eq!(tenants.tenants().expect("a folder"), ["acme", "b-2"]);
    are_apart(main, tenants).await;
    assert!(!folder.path().join("escaped.db").exists());

    // What a tenant lacks is said, not applied by surprise.
    let newer = migrations.with("0002_notes", "CREATE TABLE notes (id TEXT PRIMARY KEY)");
    let tenants = FilePerTenant::in_folder(folder.path().join("tenants"), newer);
    let lacks = tenants.storage("acme").await.err();
    assert!(matches!(lacks, Some(StoreError::Unavailable { .. })), "{lacks:?}");
    assert_eq!(tenants.create("acme").expect("it is migrated"), ["0002_notes"]);
    tenants.storage("acme").await.expect("it opens");
}

#[tokio::test]
async fn a_schema_for_each_tenant() {
    let migrations = Migrations::new().with("0001_accounts", postgres_documents(TABLE));
    let Some(url) = postgres_server::new_database().await else { return };
    PostgresStorage::migrate(&url, &migrations).await.expect("the migrations apply");
    let main = PostgresStorage::open(&url, &migrations).await.expect("the database opens");
    // What the address asks for already stays.
    let url = format!("{url}?options=-c%20statement_timeout%3D54321");
    let tenants = SchemaPerTenant::on(&url, migrations)
        .with(PostgresOptions::default().with_connections(2), 1);
    for name in ["b-2", "acme"] {
        assert_eq!(tenants.create(name).await.expect("it is made").len(), 6);
        assert!(tenants.create(name).await.expect("it is there").is_empty());
    }
    assert_eq!(tenants.tenants().await.expect("they are listed"), ["acme", "b-2"]);
    let acme = tenants.storage("acme").await.expect("it opens");
    let asked = acme.query("SELECT current_setting('statement_timeout')", vec![]).await;
    assert_eq!(asked.expect("it is asked"), [[bloom_sql::SqlValue::Text("54321ms".to_owned())]]);
    are_apart(main, tenants).await;
}

#[tokio::test]
async fn a_database_for_each_tenant() {
    let migrations = Migrations::new().with("0001_accounts", postgres_documents(TABLE));
    let Some(url) = postgres_server::new_database().await else { return };
    for name in ["acme", "b-2"] {
        let sql = format!("DROP DATABASE IF EXISTS \"tenant_{name}\" WITH (FORCE)");
        postgres_server::run(&url, &sql).await;
    }
    PostgresStorage::migrate(&url, &migrations).await.expect("the migrations apply");
    let main = PostgresStorage::open(&url, &migrations).await.expect("the database opens");
    let tenants = DatabasePerTenant::on(&url, migrations);
    for name in ["b-2", "acme"] {
        assert_eq!(tenants.create(name).await.expect("it is made").len(), 6);
        assert!(tenants.create(name).await.expect("it is there").is_empty());
    }
    let listed = tenants.tenants().await.expect("they are listed");
    assert!(["acme", "b-2"].iter().all(|name| listed.iter().any(|there| there == name)));
    are_apart(main, tenants).await;
    for name in ["acme", "b-2"] {
        let sql = format!("DROP DATABASE IF EXISTS \"tenant_{name}\" WITH (FORCE)");
        postgres_server::run(&url, &sql).await;
    }
}
