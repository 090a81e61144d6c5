//! On PostgreSQL projections can write in a role that has no right to write events.

mod postgres_server;

use std::sync::Arc;

use bloom_runtime::{
    application::{Append, Events, ProposedEvent, Recorded, StorageStore},
    ports::{Expected, Repository, Store, StoreError, UnitOfWork},
    prelude::Uuid,
    testing::conformance::{Account, AccountEvent},
};
use bloom_sql::{
    MigrationError, Migrations, PostgresOptions, PostgresStorage, Projected, Projection,
    ProjectionError, Projections, Projector, Projects, SqlValue, View, parameters,
};

/// The one who connects, who is no administrator, and the one in whose role projections write.
const USER: &str = "bloom_test_writing";
const ROLE: &str = "bloom_test_views";
/// The same for the other test, which takes it from nobody.
const INLINE_ROLE: &str = "bloom_test_inline_views";

struct Owners;

impl Projection for Owners {
    const NAME: &'static str = "owners";
    const TABLES: &'static [&'static str] = &["owners"];
}

impl Projects<Account> for Owners {
    async fn project(
        &self,
        happened: &Recorded<AccountEvent>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        let account = happened.aggregate_id.as_str();
        match &happened.event {
            AccountEvent::Opened { owner, .. } => {
                let sql = "INSERT INTO {owners} (account, owner) VALUES ($1, $2)";
                view.execute(sql, &parameters![account, owner.as_str()]).await?;
            }
            AccountEvent::HandedOver { .. } => {
                view.execute("DELETE FROM bloom_events", &[]).await?;
            }
            AccountEvent::Deposited { .. } => {
                view.execute("RESET ROLE", &[]).await?;
            }
        }
        Ok(())
    }
}

fn projections() -> Projections {
    Projections::new().with(Projected::new(Owners).from::<Account>())
}

fn migrations() -> Migrations {
    Migrations::new().with(
        "0001_owners",
        "CREATE TABLE owners (account text PRIMARY KEY, owner text NOT NULL, number bigint GENERATED ALWAYS AS IDENTITY, again bigserial)",
    )
}

/// A new database of the one who connects; the URL of the administrator and of that one.
async fn database() -> Option<(String, String)> {
    let url = postgres_server::new_database().await?;
    let (_, rest) = url.split_once('@').expect("a URL names a role");
    let as_user = format!("postgres://{USER}@{rest}");
    let (_, name) = rest.rsplit_once('/').expect("and a database");
    let name = name.split('?').next().unwrap_or(name);
    for role in [format!("{USER} LOGIN"), ROLE.to_owned(), INLINE_ROLE.to_owned()] {
        let create = format!(
            "DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        postgres_server::run(&url, &create).await;
    }
    let rights = format!(
        "GRANT ALL ON DATABASE \"{name}\" TO {USER}; GRANT ALL ON SCHEMA public TO {USER} WITH GRANT OPTION"
    );
    postgres_server::run(&url, &rights).await;
    PostgresStorage::migrate(&as_user, &migrations()).await.expect("the migrations apply");
    Some((url, as_user))
}

async fn open(url: &str) -> Result<PostgresStorage, String> {
    let options = PostgresOptions::default().with_projection_role(ROLE);
    match PostgresStorage::open_with(url, &migrations(), &options).await {
        Err(MigrationError::ProjectionRole { problem, .. }) => Err(problem),
        opened => Ok(opened.expect("it opens or says what is wrong with the role")),
    }
}

async fn owners(storage: &PostgresStorage) -> Vec<Vec<SqlValue>> {
    storage.query("SELECT owner FROM owners ORDER BY owner", Vec::new()).await.expect("it answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_out_of_reach() {
    let Some((administrator, url)) = database().await else { return };
    // Whoever sets it up is told one thing after the other.
    let tables = projections().tables();
    let unknown = PostgresStorage::grant_to_projections(&url, "bloom_test_nobody", &tables);
    let unknown = unknown.await.expect_err("nobody has this name").to_string();
    assert!(unknown.contains("CREATE ROLE \"bloom_test_nobody\" NOLOGIN"), "{unknown}");
    postgres_server::run(&administrator, &format!("REVOKE {ROLE} FROM {USER}")).await;
    let problem = open(&url).await.err().expect("it is no member");
    assert!(problem.contains(&format!("GRANT \"{ROLE}\" TO \"{USER}\"")), "{problem}");
    postgres_server::run(&administrator, &format!("GRANT {ROLE} TO {USER}")).await;
    let problem = open(&url).await.err().expect("it has no rights");
    assert!(problem.contains("`migrate up` gives it the rights"), "{problem}");
    PostgresStorage::grant_to_projections(&url, ROLE, &tables).await.expect("it gets them");
    let too_many = format!("GRANT DELETE ON bloom_events TO {ROLE}");
    postgres_server::run(&administrator, &too_many).await;
    let problem = open(&url).await.err().expect("it may write events");
    assert!(problem.contains("it may write `bloom_events`"), "{problem}");
    postgres_server::run(&administrator, &format!("REVOKE DELETE ON bloom_events FROM {ROLE}"))
        .await;

    let storage = Arc::new(open(&url).await.expect("it opens"));
    let store = StorageStore::shared(Arc::clone(&storage)).aggregate::<Account>(Events::folded());
    let projector = Projector::new(&storage, projections());
    let change = async |number: u128, change: fn(&mut Account)| {
        let mut uow = store.begin().await.expect("it begins");
        let id = Uuid::from_u128(number).into();
        let mut account: Account = uow.repository().get(&id).await.expect("it is there");
        change(&mut account);
        uow.repository().save(account).expect("it is saved");
        uow.commit().await.expect("it commits");
    };
    for number in 0..2 {
        let mut uow = store.begin().await.expect("it begins");
        let account = Account::open(Uuid::from_u128(number).into(), &format!("owner {number}"));
        uow.repository().add(account).expect("it is new");
        uow.commit().await.expect("it commits");
    }
    projector.catch_up().await.expect("it has the rights");
    assert_eq!(owners(&storage).await, [parameters!["owner 0"], parameters!["owner 1"]]);
    projector.rebuild("owners", |_| {}).await.expect("it has the rights");
    assert_eq!(owners(&storage).await.len(), 2);

    change(0, |account| account.hand_over("somebody")).await;
    let refused = projector.catch_up().await.expect_err("the server refuses it");
    let ProjectionError::Failed { source, position, .. } = refused else {
        panic!("another error: {refused}");
    };
    let source = format!("{source:?}");
    assert!(source.contains("permission denied for table bloom_events"), "{source}");
    projector.park("owners", position).await.expect("it may set aside");

    // Nor does it get out of its role, and what others write is no matter.
    change(1, |account| account.deposit(5)).await;
    let refused = projector.catch_up().await.expect_err("the role is not left");
    let ProjectionError::Failed { source, .. } = refused else {
        panic!("another error: {refused}");
    };
    assert!(format!("{source:?}").contains("`RESET` would change"), "{source:?}");
}

/// Nor is it in reach of what is written with the events, while these are appended in the same transaction.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_out_of_reach_of_what_is_written_with_the_events() {
    let Some((administrator, url)) = database().await else { return };
    postgres_server::run(&administrator, &format!("GRANT {INLINE_ROLE} TO {USER}")).await;
    let inline = Projections::new().with(Projected::new(Owners).from::<Account>().inline());
    PostgresStorage::grant_to_projections(&url, INLINE_ROLE, &inline.tables())
        .await
        .expect("its rights");
    let options = PostgresOptions::default().with_projection_role(INLINE_ROLE);
    let storage = PostgresStorage::open_with(&url, &migrations(), &options).await;
    let storage = Arc::new(storage.expect("it opens").with_inline(&inline));
    let store = StorageStore::shared(Arc::clone(&storage)).aggregate::<Account>(Events::folded());
    let open = async |number: u128| {
        let mut uow = store.begin().await?;
        let account = Account::open(Uuid::from_u128(number).into(), &format!("owner {number}"));
        uow.repository().add(account)?;
        uow.commit().await
    };
    let change = async |change: fn(&mut Account)| {
        let mut uow = store.begin().await?;
        let mut account: Account = uow.repository().get(&Uuid::from_u128(0).into()).await?;
        change(&mut account);
        uow.repository().save(account)?;
        uow.commit().await
    };
    open(0).await.expect("it commits");
    let projector = Projector::new(&storage, projections());
    projector.rebuild("owners", |_| {}).await.expect("it has the rights");
    open(1).await.expect("it commits");
    // Also where nobody knows what the stream is at.
    let opened = serde_json::json!({ "id": Uuid::from_u128(2), "owner": "owner 2" });
    let opened = ProposedEvent::new("conformance.opened", 1, &opened).expect("JSON");
    let id = Uuid::from_u128(2).to_string();
    let append = Append::to("conformance_account", id, Expected::Any).event(opened);
    let raw = StorageStore::shared(Arc::clone(&storage)).event_store().await.expect("no tenants");
    raw.append(append).await.expect("it commits");
    assert_eq!(owners(&storage).await.len(), 3);

    let refused = change(|account| account.hand_over("somebody")).await.expect_err("it is refused");
    assert!(
        format!("{refused:?}").contains("permission denied for table bloom_events"),
        "{refused:?}"
    );
    let refused = change(|account| account.deposit(5)).await.expect_err("the role is not left");
    assert!(format!("{refused:?}").contains("`RESET` would change"), "{refused:?}");
    let count = storage.query("SELECT count(*) FROM bloom_events", Vec::new()).await;
    assert_eq!(count.expect("it answers"), [parameters![3]]);
}
