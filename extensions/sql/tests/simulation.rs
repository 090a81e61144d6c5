//! Writers, two processes that share the parts of a read model, and two who look after it, one of whom has it written with the events and the other has it
//! follow the log, one call of the storage after the other in an order that a seed decides, while the database fails and processes are killed. Every seed is played the same way again: `BLOOM_SEED=7` plays that
//! one alone, and `BLOOM_SOAK=1` plays 2,000 others.

#[path = "simulation/scheduler.rs"]
mod scheduler;
#[path = "simulation/simulated.rs"]
mod simulated;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use bloom_runtime::{
    application::{Events, Recorded, Retention, StorageStore},
    domain::{Aggregate, Timestamp, Uuid},
    ports::{
        EventLog, Lifecycle, Position, RecordedEvent, Repository, Shift, Store, StoreError,
        UnitOfWork, WorkerId,
    },
    testing::conformance::{Account, AccountEvent},
};
use bloom_sql::{
    Migrations, Projected, Projection, ProjectionError, ProjectionState, Projections, Projector,
    Projects, SqlStorage, SqlValue, SqliteStorage, View, parameters,
};
use scheduler::{Gate, Role, Scheduler};
use simulated::Simulated;

const ACCOUNTS: u128 = 3;
const WRITERS: u64 = 3;
const TURNS: u64 = 12;

const TABLES_SQL: &str = "
    CREATE TABLE accounts (account TEXT PRIMARY KEY, owner TEXT NOT NULL, balance INTEGER NOT NULL);
    CREATE TABLE taken (event TEXT NOT NULL);
";

/// What each account has, and from which events.
struct Accounts {
    /// Whether it cannot take some of them at the moment.
    refuses: Arc<AtomicBool>,
}

impl Projection for Accounts {
    const NAME: &'static str = "accounts";
    const TABLES: &'static [&'static str] = &["accounts", "taken"];
    const PARKING: u64 = 2;
}

impl Projects<Account> for Accounts {
    async fn project(
        &self,
        happened: &Recorded<AccountEvent>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        let account = happened.aggregate_id.as_str();
        let event = happened.metadata.event_id.to_string();
        view.execute("INSERT INTO {taken} (event) VALUES ($1)", &parameters![event]).await?;
        let is_unlucky = match &happened.event {
            AccountEvent::Deposited { amount } => amount % 5 == 0,
            AccountEvent::HandedOver { owner } => owner.ends_with(['0', '5']),
            AccountEvent::Opened { .. } => false,
        };
        if is_unlucky && self.refuses.load(Ordering::SeqCst) {
            return Err(StoreError::Internal("a number that brings bad luck".into()));
        }
        let changed = match &happened.event {
            AccountEvent::Opened { owner, .. } => {
                let sql = "INSERT INTO {accounts} (account, owner, balance) VALUES ($1, $2, 0)";
                view.execute(sql, &parameters![account, owner.as_str()]).await?
            }
            AccountEvent::Deposited { amount } => {
                let sql = "UPDATE {accounts} SET balance = balance + $2 WHERE account = $1";
                view.execute(sql, &parameters![account, amount.cast_signed()]).await?
            }
            AccountEvent::HandedOver { owner } => {
                let sql = "UPDATE {accounts} SET owner = $2 WHERE account = $1";
                view.execute(sql, &parameters![account, owner.as_str()]).await?
            }
        };
        if changed == 1 { Ok(()) } else { Err(StoreError::Internal("out of order".into())) }
    }

    async fn resumed(
        &self,
        resumed: &Recorded<Account>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        let (account, state) = (resumed.aggregate_id.as_str(), &resumed.event);
        let sql = "INSERT INTO {accounts} (account, owner, balance) VALUES ($1, $2, $3)";
        let values = parameters![account, state.owner(), state.balance().cast_signed()];
        view.execute(sql, &values).await?;
        Ok(())
    }
}

fn migrations() -> Migrations {
    Migrations::new().with("0001_accounts", TABLES_SQL)
}

fn store<S: SqlStorage>(storage: Arc<S>) -> StorageStore<S> {
    StorageStore::shared(storage).aggregate::<Account>(Events::folded())
}

fn projections(refuses: &Arc<AtomicBool>, parts: u32) -> Projections {
    let accounts = Accounts { refuses: Arc::clone(refuses) };
    let projected = Projected::new(accounts).from::<Account>();
    Projections::new().with(projected.in_parts(parts).inline())
}

/// What writers know of their deposits, each of another amount.
#[derive(Default)]
struct Ledger {
    intended: BTreeSet<u64>,
    acknowledged: BTreeSet<u64>,
}

/// What all actors share.
#[derive(Clone)]
struct World {
    seed: u64,
    storage: Arc<SqliteStorage>,
    refuses: Arc<AtomicBool>,
    /// Everybody who ever followed the log.
    workers: Arc<Mutex<Vec<WorkerId>>>,
    ledger: Arc<Mutex<Ledger>>,
    archive: Arc<Mutex<Vec<RecordedEvent>>>,
}

impl World {
    fn seen_by(&self, gate: Gate, is_inline: bool) -> Arc<Simulated<SqliteStorage>> {
        Arc::new(Simulated { inner: Arc::clone(&self.storage), gate, is_inline })
    }

    /// In how many parts the read model follows the log, unless somebody builds it anew.
    fn parts(&self) -> u32 {
        1 + u32::try_from(self.seed % 3).expect("small")
    }

    fn projector<S: SqlStorage>(&self, storage: &Arc<S>, parts: u32) -> Projector<S> {
        // One call after the other, also of the same actor.
        Projector::new(storage, projections(&self.refuses, parts)).sparing()
    }

    fn chance(&self, actor: u64, life: u64) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed ^ (actor << 40) ^ (life << 32))
    }

    /// Opens accounts, pays in, and hands over, in whatever has been opened.
    fn writer(&self, writer: u64) -> Role {
        let world = self.clone();
        Box::new(move |gate, life| {
            let world = world.clone();
            Box::pin(async move {
                let mut chance = world.chance(writer, life);
                let store = store(world.seen_by(gate, true));
                for turn in 0..TURNS {
                    let amount = 1 + turn + TURNS * (life + 8 * writer);
                    let account = chance.u128(..ACCOUNTS);
                    // Whatever it answers is known from the ledger.
                    let _ = world.deposit(&store, account, amount, chance.bool()).await;
                }
            })
        })
    }

    async fn deposit<S: SqlStorage>(
        &self,
        store: &StorageStore<S>,
        number: u128,
        amount: u64,
        hands_over: bool,
    ) -> Result<(), StoreError> {
        let id = Uuid::from_u128(number).into();
        let mut uow = store.begin().await?;
        let mut account = match uow.repository::<Account>().get(&id).await {
            Err(StoreError::NotFound { .. }) => Account::open(id, &format!("owner {amount}")),
            found => found?,
        };
        account.deposit(amount);
        if hands_over {
            account.hand_over(&format!("owner {amount}"));
        }
        uow.repository().save(account)?;
        self.ledger.lock().expect("nobody panics with it").intended.insert(amount);
        uow.commit().await?;
        self.ledger.lock().expect("nobody panics with it").acknowledged.insert(amount);
        Ok(())
    }

    /// Follows the log, and sets aside what it cannot take.
    fn follower(&self) -> Role {
        let world = self.clone();
        Box::new(move |gate, _| {
            let world = world.clone();
            Box::pin(async move {
                let projector = world.projector(&world.seen_by(gate, false), world.parts());
                // No time goes by but that which the weather lets go by.
                let shift = Shift::new().holding_for(Shift::LONGEST);
                world.workers.lock().expect("nobody panics").push(shift.worker().clone());
                let mut reached = Position::START;
                for _ in 0..25 {
                    if let Err(ProjectionError::Failed { position, .. }) =
                        projector.take_turn(&shift).await
                    {
                        let _ = projector.park("accounts", position).await;
                    }
                    let all = projector.status().await.unwrap_or_default();
                    let mut served =
                        all.iter().filter(|one| one.state != ProjectionState::Building);
                    if let Some(now) = served.next().map(|status| status.position) {
                        assert!(now >= reached, "what was read at {reached} is read at {now}");
                        reached = now;
                    }
                }
            })
        })
    }

    /// Tries again, builds anew, pauses and truncates. What it builds follows the log, or is written with the events.
    fn keeper(&self, keeper: u64, is_inline: bool) -> Role {
        let world = self.clone();
        Box::new(move |gate, life| {
            let world = world.clone();
            Box::pin(async move {
                let mut chance = world.chance(keeper, life);
                let storage = world.seen_by(gate, is_inline);
                let retention = Retention::before(later()).read_by(["accounts"]);
                for _ in 0..12 {
                    let projector = world.projector(&storage, chance.u32(1..4));
                    match chance.u32(..5) {
                        0 | 1 => drop(projector.retry("accounts").await),
                        2 => drop(projector.rebuild("accounts", |_| {}).await),
                        3 => {
                            let _ = projector.pause("accounts").await;
                            let _ = projector.resume("accounts").await;
                        }
                        _ => {
                            let archive = |events: &[RecordedEvent]| {
                                let mut kept = world.archive.lock().expect("nobody panics");
                                kept.extend_from_slice(events);
                                Ok(())
                            };
                            let _ = store(Arc::clone(&storage)).truncate(&retention, archive).await;
                        }
                    }
                }
            })
        })
    }

    /// Everything that was promised holds, whatever has happened.
    async fn is_well(&self) {
        let projector = self.projector(&self.storage, self.parts());
        self.refuses.store(false, Ordering::SeqCst);
        match projector.resume("accounts").await {
            Err(ProjectionError::WithTheEvents { .. }) => {}
            resumed => resumed.expect("it goes on"),
        }
        projector.catch_up().await.expect("nothing fails any more");
        let retried = projector.retry("accounts").await.expect("nothing fails any more");
        assert_eq!(retried.left, 0, "nothing is left aside");

        let log = self.storage.read(Position::START, 10_000).await.expect("the log is read");
        let positions: Vec<u64> = log.iter().map(|event| event.position.get()).collect();
        let expected: Vec<u64> = (1..=u64::try_from(log.len()).expect("few")).collect();
        assert_eq!(positions, expected, "positions have no hole");
        self.is_in_order(&log);
        self.is_as_acknowledged(&log);

        let folded = self.folded().await;
        assert_eq!(self.shown().await, folded, "the read model says what the log says");
        self.nothing_is_there_twice().await;
        projector.rebuild("accounts", |_| {}).await.expect("nothing fails any more");
        assert_eq!(self.shown().await, folded, "built anew, it says the same");
        let names = "SELECT name FROM sqlite_master WHERE name LIKE 'accounts\\_\\_%' ESCAPE '\\'";
        let left = self.storage.query(names, Vec::new()).await.expect("it answers");
        assert!(left.is_empty(), "a rebuild has left {left:?}");
    }

    async fn nothing_is_there_twice(&self) {
        let twice = "SELECT event FROM taken GROUP BY event HAVING count(*) > 1";
        let twice = self.storage.query(twice, Vec::new()).await.expect("it answers");
        assert!(twice.is_empty(), "{twice:?} were taken twice");
    }

    fn is_in_order(&self, log: &[RecordedEvent]) {
        let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
        for event in log {
            let last = versions.entry(&event.stream.id).or_default();
            *last += 1;
            assert_eq!(
                event.version.get(),
                *last,
                "versions follow each other in {}",
                event.stream
            );
        }
    }

    /// Each deposit that was acknowledged is there once, in the log or in the archive; of the others none is there twice.
    fn is_as_acknowledged(&self, log: &[RecordedEvent]) {
        let archive = self.archive.lock().expect("nobody panics with it");
        // What was archived and then not truncated is in both.
        let all: BTreeMap<Position, &RecordedEvent> = archive
            .iter()
            .chain(log.iter().filter(|event| event.name != Lifecycle::Truncated.name()))
            .filter(|event| event.name == "conformance.deposited")
            .map(|event| (event.position, event))
            .collect();
        let mut there = BTreeSet::new();
        for event in all.values() {
            let body: serde_json::Value = serde_json::from_str(&event.body).expect("JSON");
            let amount = body["amount"].as_u64().expect("an amount");
            assert!(there.insert(amount), "{amount} is there twice");
        }
        let ledger = self.ledger.lock().expect("nobody panics with it");
        let lost: Vec<_> = ledger.acknowledged.difference(&there).collect();
        assert!(lost.is_empty(), "{lost:?} were acknowledged and are lost");
        let unheard: Vec<_> = there.difference(&ledger.intended).collect();
        assert!(unheard.is_empty(), "{unheard:?} came from nowhere");
    }

    /// Owner and balance of each account, loaded from its events.
    async fn folded(&self) -> Vec<Vec<SqlValue>> {
        let store = store(Arc::clone(&self.storage));
        let mut rows = Vec::new();
        for number in 0..ACCOUNTS {
            let mut uow = store.begin().await.expect("it begins");
            let id = Uuid::from_u128(number).into();
            match uow.repository::<Account>().get(&id).await {
                Err(StoreError::NotFound { .. }) => {}
                found => {
                    let account = found.expect("it is loaded");
                    let balance = account.balance().cast_signed();
                    rows.push(parameters![account.id().to_string(), account.owner(), balance]);
                }
            }
        }
        rows
    }

    async fn shown(&self) -> Vec<Vec<SqlValue>> {
        let sql = "SELECT account, owner, balance FROM accounts ORDER BY account";
        self.storage.query(sql, Vec::new()).await.expect("it answers")
    }
}

fn later() -> Timestamp {
    "9000-01-01T00:00:00Z".parse().expect("it is a time")
}

/// Plays one seed; what happened, call by call.
async fn play(seed: u64) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("simulated.db");
    SqliteStorage::migrate(&path, &migrations()).expect("the migrations apply");
    let storage = SqliteStorage::open(&path, &migrations()).expect("the database opens");
    let refuses = Arc::default();
    let storage = storage.with_inline(&projections(&refuses, 1));
    let world = World {
        seed,
        storage: Arc::new(storage),
        refuses,
        workers: Arc::default(),
        ledger: Arc::default(),
        archive: Arc::default(),
    };
    let mut roles: Vec<Role> = (0..WRITERS).map(|writer| world.writer(writer)).collect();
    roles.extend([
        world.follower(),
        world.follower(),
        world.keeper(10, false),
        world.keeper(11, true),
    ]);
    let scheduler = Scheduler::new(seed);
    let trace = scheduler.trace();
    let (refuses, workers) = (Arc::clone(&world.refuses), Arc::clone(&world.workers));
    let beside = bloom_sql::rusqlite::Connection::open(&path).expect("it opens");
    let weather = move |chance: u32| {
        if chance.is_multiple_of(16) {
            refuses.store(!refuses.load(Ordering::SeqCst), Ordering::SeqCst);
        }
        // So much time goes by that nobody holds anything any more.
        if chance % 23 == 1 {
            let sql = "UPDATE bloom_projections SET held_until = 0";
            beside.execute(sql, []).expect("nobody else writes");
        }
        // Somebody asks for all that others hold, who may be dead.
        let workers = workers.lock().expect("nobody panics");
        if chance % 17 == 1
            && let Some(asking) = workers.get(chance as usize / 17 % workers.len().max(1))
        {
            let sql = "UPDATE bloom_projections SET wanted_by = ?1 WHERE worker <> ?1";
            beside.execute(sql, [asking.as_str()]).expect("nobody else writes");
        }
    };
    scheduler.run(roles, weather).await;
    world.is_well().await;
    trace.lock().expect("nobody panics with it").clone()
}

#[test]
fn whatever_the_order_nothing_is_lost() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let one = env::var("BLOOM_SEED").ok().map(|seed| seed.parse::<u64>().expect("a number"));
    let soak = env::var_os("BLOOM_SOAK").is_some();
    let seeds = match one {
        Some(seed) => seed..seed + 1,
        None if soak => 1_000..3_000,
        None => 0..60,
    };
    for seed in seeds {
        let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            runtime.block_on(play(seed));
        }));
        if let Err(panic) = played {
            let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            panic!("{said}; `BLOOM_SEED={seed}` plays this again");
        }
    }
}

#[test]
fn a_seed_is_played_the_same_way_again() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let (one, other) = (runtime.block_on(play(7)), runtime.block_on(play(7)));
    assert!(one.len() > 100, "{} calls", one.len());
    assert_eq!(one, other);
}
