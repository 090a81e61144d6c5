//! Everything is copied from one database to another, or nothing.

mod postgres_server;
mod sample;

use std::{path::Path, sync::Arc};

use bloom_runtime::{
    application::{Documents, Recorded, StorageStore, in_context},
    domain::{Aggregate, Spec, Uuid, Version},
    ports::{
        Context, Cursors, EventLog, Outcome, PageRequest, Position, RecordedEvent, Repository,
        Storage, Store, StoreError, UnitOfWork,
    },
    testing::assert_same_state,
};
use bloom_sql::{
    CopyError, Migrations, PostgresStorage, Projected, Projection, ProjectionState, Projections,
    Projector, Projects, SqlStorage, SqliteStorage, View, copy,
    migration::{documents, postgres_documents},
    parameters,
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use sample::{Sample, TABLE};

fn on_sqlite() -> Migrations {
    let own = "CREATE TABLE notes (id TEXT PRIMARY KEY)";
    Migrations::new().with("0001_samples", documents(TABLE)).with("0002_notes", own)
}

fn on_postgres() -> Migrations {
    let own = "CREATE TABLE notes (id TEXT PRIMARY KEY)";
    Migrations::new().with("0001_samples", postgres_documents(TABLE)).with("0002_notes", own)
}

fn store<S: Storage + Cursors>(storage: S) -> StorageStore<S> {
    StorageStore::new(storage)
        .aggregate::<Sample>(Documents::in_table(TABLE).soft_delete())
        .tenants_by_rows()
}

fn sqlite(path: &Path) -> SqliteStorage {
    SqliteStorage::migrate(path, &on_sqlite()).expect("the migrations apply");
    SqliteStorage::open(path, &on_sqlite()).expect("the database opens")
}

/// Some hundred samples of two tenants, of which some are removed, with an outcome and a cursor.
async fn fill<S: Storage + Cursors>(store: &StorageStore<S>) {
    let mut runner = TestRunner::deterministic();
    for tenant in ["a", "b"] {
        in_context(Context::new().with_tenant(tenant).with_actor("ada"), async {
            let mut uow = store.begin().await.expect("it begins");
            for number in 1..=600 {
                let content = sample::content().new_tree(&mut runner).expect("a sample").current();
                let sample = Sample::make(Uuid::from_u128(number).into(), 0, content);
                uow.repository().add(sample).expect("it is queued");
            }
            let (key, fingerprint) = ("key".to_owned(), "print".to_owned());
            uow.record_outcome(Outcome { key, fingerprint, body: "1".to_owned() });
            uow.commit().await.expect("it commits");
            let mut uow = store.begin().await.expect("it begins");
            let removed: Sample =
                uow.repository().get(&Uuid::from_u128(7).into()).await.expect("it is there");
            uow.repository().remove(removed).expect("it is queued");
            uow.commit().await.expect("it commits");
        })
        .await;
    }
    store.storage().save_cursor("mailer", Position::new(12)).await.expect("it is kept");
}

/// Everything that one can see of it.
async fn everything<S: Storage + Cursors>(
    store: &StorageStore<S>,
) -> (Vec<RecordedEvent>, Vec<Sample>, Vec<Sample>) {
    let storage = store.storage();
    assert_eq!(storage.cursor("mailer").await.expect("it is kept"), Position::new(12));
    let events = storage.read(Position::START, 10_000).await.expect("the log");
    assert_eq!(storage.head().await.expect("a head").get(), events.len() as u64);
    let (mut samples, mut removed) = (Vec::new(), Vec::new());
    for tenant in ["a", "b"] {
        in_context(Context::new().with_tenant(tenant), async {
            assert!(store.outcome("key").await.expect("it is kept").is_some());
            let mut uow = store.begin().await.expect("it begins");
            let all = PageRequest::first(1_000);
            let page = uow.repository().find(&Spec::all(), all.clone()).await.expect("a page");
            samples.extend(page.items);
            let page = uow.repository().find_removed(&Spec::all(), all).await.expect("a page");
            removed.extend(page.items);
        })
        .await;
    }
    (events, samples, removed)
}

async fn are_alike<S: Storage + Cursors, T: Storage + Cursors>(
    one: &StorageStore<S>,
    other: &StorageStore<T>,
) {
    let (one, other) = (everything(one).await, everything(other).await);
    assert_eq!(one.0, other.0, "the log");
    assert_eq!((one.1.len(), one.2.len()), (1_198, 2));
    assert_eq!((other.1.len(), other.2.len()), (1_198, 2));
    for (left, right) in one.1.iter().chain(&one.2).zip(other.1.iter().chain(&other.2)) {
        assert_same_state(left, right);
    }
}

/// A copy goes on as if it had always been there.
async fn goes_on<S: Storage + Cursors>(store: &StorageStore<S>) {
    in_context(Context::new().with_tenant("a"), async {
        let mut uow = store.begin().await.expect("it begins");
        uow.repository::<Sample>().restore(&Uuid::from_u128(7).into()).await.expect("it is kept");
        let committed = uow.commit().await.expect("it commits");
        assert_eq!(committed.position.map(Position::get), Some(1_203));
        let mut uow = store.begin().await.expect("it begins");
        let again: Sample =
            uow.repository().get(&Uuid::from_u128(7).into()).await.expect("it is back");
        assert_eq!(Aggregate::version(&again), Version::new(3));
    })
    .await;
}

/// A read model that keeps nothing.
struct Counted;

impl Projection for Counted {
    const NAME: &'static str = "counted";
    const TABLES: &'static [&'static str] = &[];
}

impl Projects<Sample> for Counted {
    async fn project(
        &self,
        _: &Recorded<<Sample as Aggregate>::Event>,
        _: &mut View<'_>,
    ) -> Result<(), StoreError> {
        Ok(())
    }
}

fn counted() -> Projections {
    Projections::new().with(Projected::new(Counted).from::<Sample>().inline())
}

/// Somebody has looked for read models before there was anything, one of them written with the events.
async fn looked_for<S: SqlStorage>(storage: Arc<S>) {
    let projector = Projector::new(&storage, counted());
    projector.catch_up().await.expect("there is nothing to do");
    let status = projector.status().await.expect("a status");
    assert_eq!(status[0].state, ProjectionState::Inline);
}

/// It begins at the first event, and no list says otherwise.
async fn has_to_follow<S: SqlStorage>(storage: &S) {
    let places = "SELECT count(*) FROM bloom_projections";
    let places = storage.query(places, Vec::new()).await.expect("it answers");
    let listed = "SELECT count(*) FROM bloom_head WHERE inline IS NOT NULL";
    let listed = storage.query(listed, Vec::new()).await.expect("it answers");
    assert_eq!((places, listed), (vec![parameters![0]], vec![parameters![0]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sqlite_to_postgres_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = folder.path().join("first.db");
    let source = store(sqlite(&first));
    fill(&source).await;
    let first = format!("sqlite:{}", first.display());

    let second = folder.path().join("second.db");
    let copied = store(sqlite(&second));
    let second = format!("sqlite:{}", second.display());
    let mut told = Vec::new();
    looked_for(Arc::new(copied.storage().as_ref().clone().with_inline(&counted()))).await;
    let done = copy(&first, &second, |progress| told.push(progress.clone())).await.expect("a copy");
    has_to_follow(&**copied.storage()).await;
    assert_eq!(done.left, ["notes"]);
    assert!(done.tables.contains(&("bloom_events".to_owned(), 1_202)), "{done:?}");
    assert!(done.tables.contains(&(TABLE.to_owned(), 1_200)), "{done:?}");
    for (table, rows) in &done.tables {
        let last = told.iter().rfind(|progress| progress.table == *table).expect("it was told");
        assert_eq!((last.done, last.total), (*rows, *rows), "{table}");
    }
    are_alike(&source, &copied).await;
    goes_on(&copied).await;

    let Some(url) = postgres_server::new_database().await else { return };
    PostgresStorage::migrate(&url, &on_postgres()).await.expect("the migrations apply");
    let on_server = PostgresStorage::open(&url, &on_postgres()).await.expect("it opens");
    looked_for(Arc::new(on_server.clone().with_inline(&counted()))).await;
    copy(&first, &url, |_| {}).await.expect("a copy");
    has_to_follow(&on_server).await;
    let on_server = store(on_server);
    are_alike(&source, &on_server).await;

    let third = folder.path().join("third.db");
    let back = store(sqlite(&third));
    let third = format!("sqlite:{}", third.display());
    copy(&url, &third, |_| {}).await.expect("a copy");
    are_alike(&source, &back).await;
    goes_on(&on_server).await;
    goes_on(&back).await;

    // What is there is never written over.
    for target in [&second, &url] {
        let occupied = copy(&first, target, |_| {}).await;
        assert!(matches!(occupied, Err(CopyError::Occupied { .. })), "{occupied:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("first.db");
    let source = store(sqlite(&path));
    fill(&source).await;
    let first = format!("sqlite:{}", path.display());
    assert!(matches!(copy(&first, &first, |_| {}).await, Err(CopyError::Same)));
    let other = copy(&first, "mysql://ada:secret@host/shop", |_| {}).await.expect_err("no driver");
    assert!(matches!(&other, CopyError::Scheme { scheme } if scheme == "mysql"), "{other:?}");
    assert!(!format!("{other:?} {other}").contains("secret"));
    let missing = folder.path().join("missing.db");
    let missing = format!("sqlite:{}", missing.display());
    let nowhere = copy(&first, &missing, |_| {}).await;
    assert!(matches!(nowhere, Err(CopyError::Failed { which: "target", .. })), "{nowhere:?}");
    let nothing = copy(&missing, &first, |_| {}).await;
    assert!(matches!(nothing, Err(CopyError::Failed { which: "source", .. })), "{nothing:?}");
    assert!(!folder.path().join("missing.db").exists());

    // The target lacks the last table, which is found out after everything else was written.
    let bare = folder.path().join("bare.db");
    SqliteStorage::migrate(&bare, &Migrations::new()).expect("the migrations apply");
    let lacks = copy(&first, &format!("sqlite:{}", bare.display()), |_| {}).await;
    assert!(matches!(&lacks, Err(CopyError::Missing { table }) if table == TABLE), "{lacks:?}");
    let bare = SqliteStorage::open(&bare, &Migrations::new()).expect("it opens");
    assert_eq!(bare.head().await.expect("a head"), Position::START);
    assert!(bare.read(Position::START, 10).await.expect("a log").is_empty(), "half a copy");
}
