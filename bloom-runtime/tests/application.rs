//! Commands and queries: committed once, run again on conflict, refused as a whole.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bloom_runtime::{
    application::{App, Documents, Events, StorageStore, in_context},
    domain::{ErrorKind, Metadata, Timestamp},
    memory::MemoryStorage,
    ports::{
        Batch, CommandId, Context, DocumentState, DocumentWrite, EventLog, NewEvent, Position,
        Storage as _, StreamAppend, StreamId,
    },
    prelude::*,
    testing::{
        CountingIds, FaultyStorage, FixedClock, Operation,
        conformance::{Account, AccountError, AccountId, TABLE},
    },
};

#[derive(Command)]
struct Open {
    owner: String,
}

#[derive(Query)]
#[query(answer = u64)]
struct Balance {
    id: AccountId,
}

#[derive(Query)]
#[query(answer = ())]
struct Cheat;

#[derive(Default)]
struct OpenHandler {
    calls: AtomicUsize,
}

impl<U: UnitOfWork> Handler<Open, U> for OpenHandler {
    type Output = Receipt<AccountId>;

    async fn handle(&self, command: Open, uow: &mut U) -> Result<Self::Output, Failure> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let account = Account::open(uow.next_id(), &command.owner);
        Ok(uow.repository().add(account)?)
    }
}

struct BalanceHandler;

impl<U: UnitOfWork> Handler<Balance, U> for BalanceHandler {
    type Output = u64;

    async fn handle(&self, query: Balance, uow: &mut U) -> Result<u64, Failure> {
        Ok(uow.repository::<Account>().get(&query.id).await?.balance())
    }
}

struct CheatHandler;

impl<U: UnitOfWork> Handler<Cheat, U> for CheatHandler {
    type Output = ();

    async fn handle(&self, _: Cheat, uow: &mut U) -> Result<(), Failure> {
        let account = Account::open(uow.next_id(), "cheat");
        uow.repository().add(account)?;
        Ok(())
    }
}

#[derive(Handlers)]
struct Bank {
    #[handles(Open)]
    open: OpenHandler,
    #[handles(OpenOnce)]
    open_once: OpenHandler,
    #[handles(Balance)]
    balance: BalanceHandler,
    #[handles(Cheat)]
    cheat: CheatHandler,
}

type Storage = FaultyStorage<MemoryStorage>;

fn app() -> (App<StorageStore<Storage>, Bank>, Storage) {
    let storage = FaultyStorage::new(MemoryStorage::new());
    let store = StorageStore::new(storage.clone())
        .aggregate::<Account>(Documents::in_table(TABLE))
        .with_clock(FixedClock::at(Timestamp::UNIX_EPOCH))
        .with_ids(CountingIds::new());
    let handlers = Bank {
        open: OpenHandler::default(),
        open_once: OpenHandler::default(),
        balance: BalanceHandler,
        cheat: CheatHandler,
    };
    (App::new(store, handlers), storage)
}

fn open(owner: &str) -> Open {
    Open { owner: owner.to_owned() }
}

fn named(key: &str, fingerprint: &str) -> Context {
    let (key, fingerprint) = (key.to_owned(), fingerprint.to_owned());
    Context::new().with_actor("ada").with_command(CommandId { key, fingerprint })
}

fn conflict() -> StoreError {
    let (expected, actual) = (Version::NEW, Version::new(1));
    StoreError::Conflict { aggregate: "account".to_owned(), id: "1".to_owned(), expected, actual }
}

#[tokio::test]
async fn a_conflict_is_run_again_and_nothing_else_is() {
    let (app, storage) = app();
    storage.fail_next(Operation::Commit, conflict());
    storage.fail_next(Operation::Commit, conflict());
    app.execute(open("ada")).await.unwrap();
    assert_eq!(storage.head().await.unwrap(), Position::new(1));

    let failure = app.execute(open("ada")).await.unwrap_err();
    assert_eq!((failure.kind(), failure.code()), (ErrorKind::Rule, "conformance.owner_taken"));
    assert!(failure.downcast_ref::<AccountError>().is_some());
}

#[tokio::test]
async fn a_conflict_that_stays_is_reported() {
    let (app, storage) = app();
    for _ in 0..bloom_runtime::application::retry::ATTEMPTS {
        storage.fail_next(Operation::Commit, conflict());
    }
    assert_eq!(app.execute(open("ada")).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(storage.head().await.unwrap(), Position::START);
}

/// The same, and the first conflict is reported.
#[derive(Command)]
#[command(attempts = 1)]
struct OpenOnce {
    owner: String,
}

impl<U: UnitOfWork> Handler<OpenOnce, U> for OpenHandler {
    type Output = Receipt<AccountId>;

    async fn handle(&self, command: OpenOnce, uow: &mut U) -> Result<Self::Output, Failure> {
        self.handle(open(&command.owner), uow).await
    }
}

#[tokio::test]
async fn a_command_says_how_often_it_runs() {
    let (app, storage) = app();
    storage.fail_next(Operation::Commit, conflict());
    let once = OpenOnce { owner: "ada".to_owned() };
    assert_eq!(app.execute(once.clone()).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(storage.head().await.unwrap(), Position::START);
    app.execute(once).await.unwrap();
}

#[tokio::test]
async fn a_command_with_an_id_has_one_effect() {
    let (app, storage) = app();
    let first = in_context(named("k", "f"), app.execute(open("ada"))).await.unwrap();
    let again = in_context(named("k", "f"), app.execute(open("ada"))).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(storage.head().await.unwrap(), Position::new(1));

    let reused = in_context(named("k", "other"), app.execute(open("bob"))).await.unwrap_err();
    assert_eq!((reused.kind(), reused.code()), (ErrorKind::Validation, "store.key_reused"));
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_the_command_id() {
    let (app, storage) = app();
    storage.fail_next(Operation::CommitReply, StoreError::OutcomeUnknown);
    let lost = in_context(named("k", "f"), app.execute(open("ada"))).await.unwrap_err();
    assert_eq!(lost.code(), "store.outcome_unknown");
    let found = in_context(named("k", "f"), app.execute(open("ada"))).await.unwrap();
    assert_eq!(found.version, Version::new(1));
    assert_eq!(storage.head().await.unwrap(), Position::new(1), "two effects");
}

#[tokio::test]
async fn events_carry_the_ambient_context() {
    let (app, storage) = app();
    in_context(named("k", "f").with_correlation("talk"), app.execute(open("ada"))).await.unwrap();
    let events = storage.read(Position::START, 10).await.unwrap();
    let metadata = &events[0].metadata;
    assert_eq!(metadata.actor.as_deref(), Some("ada"));
    assert_eq!(metadata.correlation.as_deref(), Some("talk"));
    assert_eq!(metadata.causation.as_deref(), Some("k"));
    assert_eq!(metadata.at, Timestamp::UNIX_EPOCH);
}

#[tokio::test]
async fn a_query_reads_and_cannot_write() {
    let (app, storage) = app();
    let receipt = app.execute(open("ada")).await.unwrap();
    assert_eq!(app.query(Balance { id: receipt.id }).await.unwrap(), 0);
    assert_eq!(app.query(Cheat).await.unwrap_err().code(), "store.query_writes");
    assert_eq!(storage.head().await.unwrap(), Position::new(1));
}

#[tokio::test]
async fn the_futures_can_be_sent_to_another_thread() {
    let (app, _) = app();
    tokio::spawn(async move { app.execute(open("ada")).await }).await.unwrap().unwrap();
}

/// Stores an account whose document and whose event somebody has broken.
async fn broken(body: &str, event: &str) -> StorageStore<MemoryStorage> {
    let storage = MemoryStorage::new();
    let (tenant, aggregate) = (String::new(), "conformance_account".to_owned());
    let stream = StreamId { tenant, aggregate, id: Uuid::from_u128(1).to_string() };
    let metadata: Metadata = serde_json::from_str(
        r#"{"event_id":"00000000-0000-0000-0000-000000000001","at":"1970-01-01T00:00:00.000000Z"}"#,
    )
    .unwrap();
    let event = NewEvent {
        name: "conformance.opened".into(),
        revision: 1,
        body: event.to_owned(),
        metadata,
        personal: &[],
    };
    let document =
        DocumentWrite { table: TABLE, shape: 1, state: DocumentState::There(body.to_owned()) };
    let append = StreamAppend {
        stream,
        expected: Version::NEW,
        events: vec![event],
        document: Some(document),
        keys: Vec::new(),
    };
    let batch = Batch { appends: vec![append], ..Batch::default() };
    storage.commit(batch, Arc::new([])).await.unwrap();
    StorageStore::new(storage)
}

#[tokio::test]
async fn what_does_not_decode_names_its_place_and_the_field() {
    let id = "00000000-0000-0000-0000-000000000001";
    let document = format!(r#"{{"id":"{id}","owner":"ada","balance":"much"}}"#);
    let event = format!(r#"{{"id":"{id}","owner":7}}"#);
    let store = broken(&document, &event).await;
    for (store, place, field) in [
        (store.clone().aggregate::<Account>(Documents::in_table(TABLE)), TABLE, "`balance`"),
        (store.aggregate::<Account>(Events::folded()), "event 1 of stream", "`owner`"),
    ] {
        let mut uow = store.begin().await.unwrap();
        let id = AccountId::from(Uuid::from_u128(1));
        let found = uow.repository::<Account>().get(&id).await.unwrap_err();
        let said = Failure::from(found).chain();
        for part in [place, &id.to_string(), field] {
            assert!(said.contains(part), "`{part}` is missing in: {said}");
        }
    }
}
