//! With row-level security PostgreSQL keeps what every storage promises, and tenants apart whatever is asked.

mod postgres_server;

use bloom_runtime::{
    application::{Documents, StorageStore, in_context},
    ports::{Context, Repository, Store, UnitOfWork},
    prelude::Uuid,
    testing::conformance::{Account, TABLE},
};
use bloom_sql::{
    MigrationError, Migrations, PostgresOptions, PostgresStorage, SqlUnitOfWork, SqlValue,
    migration::{postgres_documents, row_security, row_security_of_bloom},
    parameters,
};

const ROLE: &str = "bloom_test_tenant_role";

/// A new database as a role sees it for which policies hold.
async fn empty() -> Option<PostgresStorage> {
    let url = postgres_server::new_database().await?;
    let migrations = Migrations::new()
        .with("0001_conformance", postgres_documents(TABLE))
        .with("0002_tenants", row_security(TABLE) + &row_security_of_bloom());
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
    let (_, rest) = url.split_once('@').expect("a URL names a role");
    let url = format!("postgres://{ROLE}@{rest}");
    Some(PostgresStorage::open_with(&url, &migrations, &options).await.expect("it opens"))
}

bloom_runtime::storage_conformance!(if some empty());
bloom_runtime::interactive_conformance!(if some empty());

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
