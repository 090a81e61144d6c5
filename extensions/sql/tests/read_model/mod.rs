//! A read model of accounts, and what is promised of read models, whatever the databases.

mod inline;
mod parking;
mod sharing;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::PARTS;
use bloom_runtime::{
    application::{Events, Recorded, Retention, StorageStore},
    domain::{Aggregate, Timestamp, Uuid},
    ports::{Lifecycle, Position, Repository, Store, StoreError, UnitOfWork},
    testing::conformance::{Account, AccountEvent},
};
use bloom_sql::{
    Projected, Projection, ProjectionError, ProjectionState, ProjectionStatus, Projections,
    Projector, Projects, Retried, SqlStorage, SqlValue, View, parameters,
};

pub(crate) use self::{inline::*, parking::*, sharing::*};

/// What each account has, and what each event has added: two tables that have to agree.
pub(crate) const TABLES_SQL: &str = "
    CREATE TABLE balances (account TEXT PRIMARY KEY, owner TEXT NOT NULL, balance BIGINT NOT NULL, removed BIGINT NOT NULL DEFAULT 0);
    CREATE UNIQUE INDEX balances_by_owner ON balances (owner, account);
    CREATE TABLE bookings (place BIGINT NOT NULL, account TEXT NOT NULL, amount BIGINT NOT NULL);
    CREATE VIEW rich AS SELECT account FROM balances WHERE balance > 100;
";

#[derive(Default)]
pub(crate) struct Balances {
    /// What it cannot take at the moment: an amount.
    refuses: Arc<AtomicBool>,
    panics: bool,
}

impl Balances {
    /// One that is told when to refuse an amount.
    pub(crate) fn refusing(refuses: &Arc<AtomicBool>) -> Self {
        Self { refuses: Arc::clone(refuses), panics: false }
    }
}

const REFUSED: u64 = 13;

impl Projection for Balances {
    const NAME: &'static str = "balances";
    const TABLES: &'static [&'static str] = &["balances", "bookings"];
}

impl Projects<Account> for Balances {
    async fn project(
        &self,
        happened: &Recorded<AccountEvent>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        let account = happened.aggregate_id.as_str();
        match &happened.event {
            AccountEvent::Opened { owner, .. } => {
                // Without `ON CONFLICT`: an event that is taken twice fails.
                let sql = "INSERT INTO {balances} (account, owner, balance) VALUES ($1, $2, 0)";
                view.execute(sql, &parameters![account, owner.as_str()]).await?;
            }
            AccountEvent::Deposited { amount } => {
                if *amount == REFUSED && self.refuses.load(Ordering::SeqCst) {
                    assert!(!self.panics, "an amount that brings bad luck");
                    return Err(StoreError::Internal("an amount that brings bad luck".into()));
                }
                let amount = amount.cast_signed();
                let sql = "UPDATE {balances} SET balance = balance + $2 WHERE account = $1";
                assert_eq!(view.execute(sql, &parameters![account, amount]).await?, 1);
                let sql = "INSERT INTO {bookings} (place, account, amount) VALUES ($1, $2, $3)";
                let place = happened.position.get().cast_signed();
                view.execute(sql, &parameters![place, account, amount]).await?;
            }
            AccountEvent::HandedOver { owner } => {
                let sql = "UPDATE {balances} SET owner = $2 WHERE account = $1";
                view.execute(sql, &parameters![account, owner.as_str()]).await?;
            }
        }
        Ok(())
    }

    async fn resumed(
        &self,
        resumed: &Recorded<Account>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        let account = resumed.aggregate_id.as_str();
        let (owner, balance) = (resumed.event.owner(), resumed.event.balance().cast_signed());
        let sql = "INSERT INTO {balances} (account, owner, balance) VALUES ($1, $2, $3)";
        view.execute(sql, &parameters![account, owner, balance]).await?;
        let sql = "INSERT INTO {bookings} (place, account, amount) VALUES ($1, $2, $3)";
        let place = resumed.position.get().cast_signed();
        view.execute(sql, &parameters![place, account, balance]).await?;
        Ok(())
    }

    async fn moved(
        &self,
        moved: &Recorded<Lifecycle>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        if moved.event == Lifecycle::Removed {
            let sql = "UPDATE {balances} SET removed = 1 WHERE account = $1";
            view.execute(sql, &parameters![moved.aggregate_id.as_str()]).await?;
        }
        Ok(())
    }
}

/// One that only counts, and fails at nothing.
struct Counted;

impl Projection for Counted {
    const NAME: &'static str = "counted";
    const TABLES: &'static [&'static str] = &[];
}

impl Projects<Account> for Counted {
    async fn project(
        &self,
        _: &Recorded<AccountEvent>,
        _: &mut View<'_>,
    ) -> Result<(), StoreError> {
        Ok(())
    }
}

pub(crate) fn projections(balances: Balances) -> Projections {
    Projections::new()
        .with(Projected::new(balances).from::<Account>().in_parts(PARTS))
        .with(Projected::new(Counted).from::<Account>())
}

pub(crate) fn balances() -> Projected<Balances> {
    Projected::new(Balances::default()).from::<Account>().in_parts(PARTS)
}

pub(crate) fn projector<S: SqlStorage>(storage: &Arc<S>) -> Projector<S> {
    Projector::new(storage, projections(Balances::default()))
}

fn store<S: SqlStorage>(storage: &Arc<S>) -> StorageStore<S> {
    StorageStore::shared(Arc::clone(storage)).aggregate::<Account>(Events::folded())
}

/// Accounts with their balances, by folding the log.
async fn folded<S: SqlStorage>(log: &S) -> BTreeMap<String, i64> {
    let mut balances = BTreeMap::new();
    for event in log.read(Position::START, usize::MAX >> 33).await.expect("the log is read") {
        let balance: &mut i64 = balances.entry(event.stream.id).or_default();
        if event.name == "conformance.deposited" {
            let body: serde_json::Value = serde_json::from_str(&event.body).expect("JSON");
            *balance += body["amount"].as_i64().expect("an amount");
        }
    }
    balances
}

async fn rows<S: SqlStorage>(views: &S, sql: &str) -> BTreeMap<String, i64> {
    let rows = views.query(sql, parameters![]).await.expect("rows");
    let pair = |row: Vec<SqlValue>| match &row[..] {
        [SqlValue::Text(account), SqlValue::Integer(balance)] => (account.clone(), *balance),
        other => panic!("another row: {other:?}"),
    };
    rows.into_iter().map(pair).collect()
}

async fn shown<S: SqlStorage>(views: &S) -> BTreeMap<String, i64> {
    rows(views, "SELECT account, balance FROM balances").await
}

/// The tables say what a fresh fold of the log says, and agree with each other.
async fn agrees<S: SqlStorage, V: SqlStorage>(log: &S, views: &V) {
    let booked = "SELECT account, CAST(sum(amount) AS BIGINT) FROM bookings GROUP BY account";
    let (expected, booked) = (folded(log).await, rows(views, booked).await);
    assert_eq!(shown(views).await, expected);
    assert_eq!(booked, expected.into_iter().filter(|(_, balance)| *balance != 0).collect());
}

async fn open<S: SqlStorage>(storage: &Arc<S>, number: u128) -> Position {
    let mut uow = store(storage).begin().await.expect("it begins");
    let account = Account::open(Uuid::from_u128(number).into(), &format!("owner {number}"));
    uow.repository().add(account).expect("it is new");
    uow.commit().await.expect("it commits").position.expect("an event")
}

async fn deposit<S: SqlStorage>(storage: &Arc<S>, number: u128, amount: u64) -> Position {
    let store = store(storage);
    loop {
        let mut uow = store.begin().await.expect("it begins");
        let id = Uuid::from_u128(number).into();
        let mut account: Account = uow.repository().get(&id).await.expect("it is there");
        account.deposit(amount);
        uow.repository().save(account).expect("it was loaded");
        match uow.commit().await {
            Ok(committed) => return committed.position.expect("an event"),
            // Everybody wants the same account.
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

async fn one<S: SqlStorage>(projector: &Projector<S>) -> ProjectionStatus {
    let all = projector.status().await.expect("a status");
    all.into_iter().find(|status| status.name == "balances").expect("it is known")
}

/// Nothing is truncated that a read model has still to read. One that begins anew goes on from the states that stand for what went, if it
/// says what it makes of them, and is refused otherwise.
pub(crate) async fn begins_behind_what_was_truncated<S: SqlStorage>(storage: Arc<S>) {
    let later = "9000-01-01T00:00:00Z".parse::<Timestamp>().expect("it is a time");
    let retention = Retention::before(later).read_by(["balances", "counted"]);
    let truncate =
        async || store(&storage).truncate(&retention, |_| Ok(())).await.expect("it is done");
    let projector = projector(&storage);
    for number in 0..2 {
        open(&storage, number).await;
        deposit(&storage, number, 5).await;
        deposit(&storage, number, 7).await;
    }
    let retained = truncate().await;
    assert_eq!(retained.events, 0);
    assert!(retained.held_back.is_some());
    projector.catch_up().await.expect("nothing fails");
    let before = shown(&*storage).await;
    assert_eq!(truncate().await.events, 4);
    deposit(&storage, 0, 1).await;
    projector.catch_up().await.expect("it has read what went");

    projector.rebuild("balances", |_| {}).await.expect("it goes on from the states");
    let mut after = shown(&*storage).await;
    assert_eq!(
        after,
        rows(
            &*storage,
            "SELECT account, CAST(sum(amount) AS BIGINT) FROM bookings GROUP BY account"
        )
        .await
    );
    *after.get_mut(&Uuid::from_u128(0).to_string()).expect("it is there") -= 1;
    assert_eq!(after, before);

    // The states have had another shape since.
    let newer = StorageStore::shared(Arc::clone(&storage))
        .aggregate::<Account>(Events::folded().upcast(|state| state["owner"] = "somebody".into()));
    let reading = self::projector(&storage).reading(newer.shapes());
    reading.rebuild("balances", |_| {}).await.expect("they are brought into the newest");
    let owners = "SELECT owner, CAST(count(*) AS BIGINT) FROM balances GROUP BY owner";
    assert_eq!(rows(&*storage, owners).await, BTreeMap::from([("somebody".to_owned(), 2)]));
    deposit(&storage, 1, 1).await;
    projector.catch_up().await.expect("nothing fails");
    assert_ne!(newer.truncate(&retention, |_| Ok(())).await.expect("it is done").events, 0);
    let refused = projector.rebuild("balances", |_| {}).await.expect_err("it knows the first only");
    let ProjectionError::Failed { source: StoreError::Corrupt { source, .. }, .. } = refused else {
        panic!("another error: {refused}");
    };
    assert!(source.to_string().contains("it has shape 2"), "{source}");
    let refused = reading.rebuild("counted", |_| {}).await.expect_err("it does not say");
    let ProjectionError::Failed { source: StoreError::Internal(source), .. } = refused else {
        panic!("another error: {refused}");
    };
    assert!(source.to_string().contains("write `resumed`"), "{source}");
}

/// Writers, while two processes run the projection, the one on `storage`, the other on `other`.
pub(crate) async fn each_event_once<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    const WRITERS: u128 = 8;
    let (one, two) = (projector(&storage), projector(&other));
    let (mut running, also_running) = (one.start(), two.start());
    for number in 0..WRITERS {
        open(&storage, number).await;
    }
    // Somebody who holds nothing takes what is there, too.
    let (rest, third) = (Arc::new(AtomicBool::new(false)), projector(&other));
    let (is_over, beside) = (Arc::clone(&rest), Arc::clone(&storage));
    let catching_up = tokio::spawn(async move {
        let fourth = projector(&beside);
        while !is_over.load(Ordering::SeqCst) {
            let (one, other) = tokio::join!(third.catch_up(), fourth.catch_up());
            one.and(other).expect("nothing fails");
        }
    });
    let writers = (0..WRITERS).map(|number| {
        let storage = Arc::clone(if number % 2 == 0 { &storage } else { &other });
        tokio::spawn(async move {
            for amount in 1..=40 {
                // Account 0 is everybody's.
                deposit(&storage, u128::from(amount % 4 != 0) * number, amount).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("it writes");
    }
    rest.store(true, Ordering::SeqCst);
    catching_up.await.expect("it ends");
    let head = one.head().await.expect("a head");
    running.caught_up(head).await;
    one.wait_for::<Balances>(head, Duration::from_secs(20)).await.expect("it comes");
    agrees(&*storage, &*storage).await;
    running.stop().await;
    also_running.stop().await;
}

/// A rebuild beside a live one, while others write.
pub(crate) async fn rebuilt_while_running<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    for number in 0..4 {
        open(&storage, number).await;
        for amount in 1..=60 {
            deposit(&storage, number, amount).await;
        }
    }
    let running = projector(&storage);
    let mut following = running.start();
    following.caught_up(running.head().await.expect("a head")).await;
    // Somebody has spoilt it.
    spoil(&storage, "UPDATE balances SET balance = -1").await;
    assert_eq!(shown(&*storage).await.into_values().collect::<Vec<_>>(), [-1; 4]);

    let writer = {
        let storage = Arc::clone(&other);
        tokio::spawn(async move {
            for amount in 1..=80 {
                deposit(&storage, 0, amount).await;
            }
        })
    };
    let mut steps = Vec::new();
    let rebuilding = projector(&other);
    let position =
        rebuilding.rebuild("balances", |step| steps.push(step)).await.expect("it builds");
    assert!(position.get() >= 244 && !steps.is_empty(), "{position} {}", steps.len());
    writer.await.expect("it writes");
    let head = running.head().await.expect("a head");
    running.wait_for::<Balances>(head, Duration::from_secs(20)).await.expect("it goes on");
    agrees(&*storage, &*storage).await;
    // Nothing is left, and views on the table are where they were.
    assert_eq!(running.status().await.expect("a status").len(), 2);
    let rich = storage.query("SELECT count(*) FROM rich", parameters![]).await.expect("a view");
    assert_eq!(rich, [[SqlValue::Integer(4)]]);
    following.stop().await;

    // What an earlier rebuild left behind is thrown away by the next, and its builder gives up.
    let mut second = None;
    let first = rebuilding.rebuild("balances", |_| {
        second.get_or_insert_with(|| {
            let (other, handle) = (Arc::clone(&other), tokio::runtime::Handle::current());
            std::thread::spawn(move || {
                handle.block_on(projector(&other).rebuild("balances", |_| {})).expect("it builds");
            })
            .join()
            .expect("it builds");
        });
    });
    let given_up = first.await.expect_err("it is overtaken");
    assert!(matches!(given_up, ProjectionError::Overtaken { .. }), "{given_up}");
    agrees(&*storage, &*storage).await;
}

async fn spoil<S: SqlStorage>(storage: &Arc<S>, sql: &str) {
    use bloom_sql::SqlUnitOfWork;
    let mut uow = store(storage).begin().await.expect("it begins");
    uow.execute(sql, parameters![]);
    uow.commit().await.expect("it commits");
}

/// An event that it cannot take: all before it are there, it says so, others go on, and nothing is skipped but on somebody's word.
pub(crate) async fn stops_at_what_it_cannot_take<S: SqlStorage>(storage: Arc<S>) {
    for panics in [false, true] {
        let refuses = Arc::new(AtomicBool::new(true));
        let balances = Balances { refuses: Arc::clone(&refuses), panics };
        let projector = Projector::new(&storage, projections(balances));
        let number = u128::from(panics);
        open(&storage, number).await;
        deposit(&storage, number, 5).await;
        let poison = deposit(&storage, number, REFUSED).await;
        deposit(&storage, number, 7).await;

        let error = projector.catch_up().await.expect_err("it fails");
        let ProjectionError::Failed { name: "balances", position, .. } = error else {
            panic!("another error: {error}");
        };
        assert_eq!(position, poison);
        let before = one(&projector).await;
        assert_eq!(before.position.next(), poison, "everything before is taken");

        let mut running = projector.start();
        let told = async {
            while one(&projector).await.failure.is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), told).await.expect("it says why");
        let status = one(&projector).await;
        assert_eq!((status.position.next(), status.skipped), (poison, u64::from(panics)));
        let failure = status.failure.expect("a failure");
        let said = if panics { "it panicked" } else { "an amount that brings bad luck" };
        assert!(
            failure.contains(said) && failure.contains(&format!("event {poison}")),
            "{failure}"
        );
        let head = projector.head().await.expect("a head");
        projector.wait_for::<Counted>(head, Duration::from_secs(10)).await.expect("others go on");

        let elsewhere = projector.skip("balances", poison.next()).await.expect_err("not there");
        assert!(matches!(elsewhere, ProjectionError::NotThere { .. }), "{elsewhere}");
        if panics {
            // Mended: nothing of it is lost.
            refuses.store(false, Ordering::SeqCst);
        } else {
            projector.skip("balances", poison).await.expect("it is skipped");
        }
        running.caught_up(projector.head().await.expect("a head")).await;
        let status = one(&projector).await;
        assert_eq!((status.skipped, status.failure), (1, None));
        running.stop().await;
    }
    let expected = [("0", 12), ("1", 25)].map(|(number, balance)| {
        (Uuid::from_u128(number.parse().expect("a number")).to_string(), balance)
    });
    assert_eq!(shown(&*storage).await, expected.into());

    // A rebuild that fails leaves the old tables as they are, and nothing else.
    let refusing = Balances { refuses: Arc::new(AtomicBool::new(true)), panics: false };
    let refusing = Projector::new(&storage, projections(refusing));
    let failed = refusing.rebuild("balances", |_| {}).await.expect_err("it fails");
    assert!(matches!(failed, ProjectionError::Failed { .. }), "{failed}");
    assert_eq!(refusing.status().await.expect("a status").len(), 2);
    assert_eq!(shown(&*storage).await.len(), 2);
}

/// It stands still when it is told to, in every process, and can be waited for.
pub(crate) async fn stands_still_and_is_waited_for<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    let (here, there) = (projector(&storage), projector(&other));
    let running = there.start();
    let opened = open(&storage, 1).await;
    here.wait_for::<Balances>(opened, Duration::from_secs(10)).await.expect("it comes");
    assert_eq!(shown(&*storage).await.len(), 1);

    here.pause("balances").await.expect("it is known");
    assert_eq!(one(&there).await.state, ProjectionState::Paused);
    let paid = deposit(&storage, 1, 5).await;
    let behind = here.wait_for::<Balances>(paid, Duration::from_millis(300)).await;
    let behind = behind.expect_err("it stands still");
    assert!(
        matches!(behind, ProjectionError::Behind { reached, wanted, .. } if reached == opened && wanted == paid),
        "{behind}"
    );
    here.resume("balances").await.expect("it is known");
    here.wait_for::<Balances>(paid, Duration::from_secs(10)).await.expect("it goes on");
    agrees(&*storage, &*storage).await;
    running.stop().await;

    let unknown = here.pause("blances").await.expect_err("there is none").to_string();
    assert_eq!(unknown, "there is no projection `blances`; there are: balances, counted");
}

/// The tables may lie in another database than the log.
pub(crate) async fn apart<L: SqlStorage, V: SqlStorage>(log: Arc<L>, views: Arc<V>) {
    open(&log, 1).await;
    deposit(&log, 1, 20).await;
    let projector =
        Projector::apart(Arc::clone(&log), Arc::clone(&views), projections(Balances::default()));
    projector.catch_up().await.expect("it comes");
    deposit(&log, 1, 22).await;
    projector.catch_up().await.expect("it comes");
    agrees(&*log, &*views).await;
    assert!(shown(&*log).await.is_empty());
    projector.rebuild("balances", |_| {}).await.expect("it builds");
    agrees(&*log, &*views).await;
}

/// What a removed aggregate means is the projection's to say.
pub(crate) async fn sees_removals<S: SqlStorage>(storage: Arc<S>) {
    open(&storage, 1).await;
    let mut uow = store(&storage).begin().await.expect("it begins");
    let id = Uuid::from_u128(1).into();
    let account: Account = uow.repository().get(&id).await.expect("it is there");
    assert_eq!(account.version().get(), 1);
    uow.repository().remove(account).expect("it can be removed");
    uow.commit().await.expect("it commits");
    projector(&storage).catch_up().await.expect("it comes");
    let removed = rows(&*storage, "SELECT account, removed FROM balances").await;
    assert_eq!(removed.into_values().collect::<Vec<_>>(), [1]);
}

/// What would change rows of others is refused before anything is built.
pub(crate) async fn rebuilds_nothing_with_foreign_keys<S: SqlStorage>(storage: Arc<S>) {
    open(&storage, 1).await;
    let projector = projector(&storage);
    projector.catch_up().await.expect("it comes");
    spoil(&storage, "CREATE TABLE notes (of TEXT REFERENCES balances (account) ON DELETE CASCADE)")
        .await;
    let of = Uuid::from_u128(1);
    spoil(&storage, &format!("INSERT INTO notes (of) VALUES ('{of}')")).await;
    let refused = projector.rebuild("balances", |_| {}).await.expect_err("it is refused");
    let said = std::error::Error::source(&refused).map_or(refused.to_string(), ToString::to_string);
    assert!(said.contains("`notes` has a foreign key"), "{said}");
    let notes = storage.query("SELECT count(*) FROM notes", parameters![]).await.expect("rows");
    assert_eq!(notes, [[SqlValue::Integer(1)]]);
    assert_eq!(projector.status().await.expect("a status").len(), 2, "nothing is left");
}

/// An event that nobody has seen fail is not passed over.
pub(crate) async fn skips_nothing_that_is_well<S: SqlStorage>(storage: Arc<S>) {
    let projector = projector(&storage);
    let first = open(&storage, 1).await;
    projector.pause("balances").await.expect("it is known");
    let healthy = projector.skip("balances", first).await.expect_err("it is well");
    assert!(matches!(healthy, ProjectionError::NotThere { .. }), "{healthy}");
}
