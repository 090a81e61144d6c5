//! Read models that are written with the events.

use bloom_runtime::{
    application::{Append, ProposedEvent},
    domain::Version,
    ports::{Expected, InteractiveStorage},
    testing::conformance::{Patient, PatientEvent},
};

use super::*;

/// Two processes on one database: in one the projection follows the log, in the other it is written with the events.
pub(crate) struct Processes<S> {
    pub(crate) following: Arc<S>,
    pub(crate) inline: Arc<S>,
    /// Whether the one that is written with the events refuses an amount.
    pub(crate) refuses: Arc<AtomicBool>,
    /// One more process, with other read models that are written with the events.
    pub(crate) with_inline: fn(&S, &Projections) -> S,
}

impl<S: SqlStorage> Processes<S> {
    fn follower(&self) -> Projector<S> {
        Projector::new(&self.following, Projections::new().with(balances()))
    }

    fn writer(&self) -> Projector<S> {
        Projector::new(&self.inline, inline(Balances::default()))
    }
}

/// The projection as one that is written with the events.
pub(crate) fn inline(balances: Balances) -> Projections {
    Projections::new().with(Projected::new(balances).from::<Account>().in_parts(PARTS).inline())
}

async fn try_deposit<S: SqlStorage>(
    storage: &Arc<S>,
    number: u128,
    amount: u64,
) -> Result<(), StoreError> {
    let mut uow = store(storage).begin().await?;
    let mut account: Account = uow.repository().get(&Uuid::from_u128(number).into()).await?;
    account.deposit(amount);
    uow.repository().save(account)?;
    uow.commit().await.map(drop)
}

/// Between two deposits.
const BREATH: Duration = Duration::from_millis(20);

/// How many each of them writes in a round.
const MOST: usize = 200;

async fn deposit_until<S: SqlStorage>(is_done: Arc<AtomicBool>, storage: Arc<S>, number: u128) {
    // The rebuild has to take what they write, and what they have written in all rounds before: on a slow machine they are not to be faster.
    for _ in 0..MOST {
        if is_done.load(Ordering::SeqCst) {
            return;
        }
        deposit(&storage, number, 1).await;
        tokio::time::sleep(BREATH).await;
    }
}

/// How many there were before.
async fn deposit_until_refused<S: SqlStorage>(storage: Arc<S>, number: u128) -> u64 {
    let mut taken = 0;
    loop {
        match try_deposit(&storage, number, 1).await {
            Ok(()) => {
                taken += 1;
                tokio::time::sleep(BREATH).await;
            }
            Err(refused) => {
                assert!(said(refused).contains("does not write it"));
                return taken;
            }
        }
    }
}

fn said(refused: StoreError) -> String {
    match refused {
        StoreError::Internal(error) => error.to_string(),
        other => panic!("another error: {other}"),
    }
}

/// Nobody follows the log, and it is never behind; whoever does not write it is refused, and stores nothing.
pub(crate) async fn is_written_with_the_events<S: SqlStorage + InteractiveStorage>(
    processes: Processes<S>,
) {
    let Processes { following, inline, .. } = &processes;
    for number in 0..3 {
        open(inline, number).await;
        deposit(inline, number, 5).await;
        agrees(&**inline, &**inline).await;
    }
    let writer = processes.writer();
    let status = one(&writer).await;
    assert_eq!((status.state, status.position.get()), (ProjectionState::Inline, 6));
    assert!(!status.awaits_rebuild);
    writer.catch_up().await.expect("there is nothing to do");
    writer.wait_for::<Balances>(Position::new(6), Duration::ZERO).await.expect("it is there");
    let mut running = writer.start();
    running.caught_up(Position::new(6)).await;
    running.stop().await;

    let refused = said(try_deposit(following, 0, 1).await.expect_err("it does not write it"));
    assert!(refused.starts_with("`balances` is written with the events of"), "{refused}");
    assert!(one(&processes.follower()).await.awaits_rebuild);
    assert_eq!(processes.follower().left_out().await.expect("it is told"), ["balances"]);
    assert_eq!(writer.left_out().await.expect("it is told"), Vec::<String>::new());

    // Every way to append is one of these. Whoever appends raw events keeps no unique values.
    let raw = |storage: &Arc<S>| StorageStore::shared(Arc::clone(storage));
    let body = serde_json::json!({ "amount": 4 });
    let event = || ProposedEvent::new("conformance.deposited", 1, &body).expect("JSON");
    let id = Uuid::from_u128(1).to_string();
    for expected in [Expected::Any, Expected::Exact(Version::new(3))] {
        let append = || Append::to("conformance_account", &id, expected).event(event());
        let events = raw(following).event_store().await.expect("no tenants");
        let refused = events.append(append()).await.expect_err("it does not write it");
        assert!(said(refused).contains("does not write it"));
        let events = raw(inline).event_store().await.expect("no tenants");
        events.append(append()).await.expect("it is written");
        agrees(&**inline, &**inline).await;
    }
    let head = inline.head().await.expect("a head");
    assert_eq!(head.get(), 8, "nothing of what was refused is there");

    for (storage, is_taken) in [(following, false), (inline, true)] {
        let mut uow = store(storage).begin_interactive().await.expect("it begins");
        let id = Uuid::from_u128(2).into();
        let mut account: Account = uow.repository().get(&id).await.expect("it is there");
        account.deposit(9);
        uow.repository().save(account).expect("it was loaded");
        match uow.commit().await {
            Ok(_) => assert!(is_taken),
            Err(refused) => assert!(!is_taken && said(refused).contains("does not write it")),
        }
        agrees(&**inline, &**inline).await;
    }
}

/// What it cannot take is not stored, and whoever commits is told why.
pub(crate) async fn what_it_cannot_take_is_not_stored<S: SqlStorage>(processes: Processes<S>) {
    let Processes { inline, refuses, .. } = &processes;
    open(inline, 0).await;
    deposit(inline, 0, 5).await;
    refuses.store(true, Ordering::SeqCst);
    let refused = said(try_deposit(inline, 0, REFUSED).await.expect_err("it brings bad luck"));
    let id = Uuid::from_u128(0);
    assert_eq!(
        refused,
        format!(
            "`balances`, which is written with the events, cannot take `conformance.deposited` of \
             conformance_account-{id} (version 3): an amount that brings bad luck"
        )
    );
    assert_eq!(inline.head().await.expect("a head").get(), 2);
    agrees(&**inline, &**inline).await;
    deposit(inline, 0, 6).await;
    refuses.store(false, Ordering::SeqCst);
    deposit(inline, 0, REFUSED).await;
    agrees(&**inline, &**inline).await;
}

/// One that has followed the log does so until it is rebuilt, and the same the other way round; none of its events is lost or taken twice.
pub(crate) async fn a_rebuild_is_the_door<S: SqlStorage>(processes: Processes<S>) {
    let Processes { following, inline, .. } = &processes;
    let (follower, writer) = (processes.follower(), processes.writer());
    open(following, 0).await;
    follower.catch_up().await.expect("nothing fails");
    let status = one(&writer).await;
    assert_eq!((status.state, status.awaits_rebuild), (ProjectionState::Live, true));

    // Both may write, and one of them follows.
    deposit(inline, 0, 1).await;
    deposit(following, 0, 2).await;
    assert_eq!(shown(&**inline).await.into_values().collect::<Vec<_>>(), [0]);
    writer.catch_up().await.expect("nothing fails");
    agrees(&**inline, &**inline).await;
    deposit(inline, 0, 3).await;

    for round in 0..2 {
        let built = writer.rebuild("balances", |_| {}).await.expect("it is built");
        assert_eq!(built, inline.head().await.expect("a head"));
        assert_eq!(one(&writer).await.state, ProjectionState::Inline);
        agrees(&**inline, &**inline).await;
        deposit(inline, 0, 10 + round).await;
        agrees(&**inline, &**inline).await;
        try_deposit(following, 0, 1).await.expect_err("it does not write it");
    }
    assert_eq!(writer.status().await.expect("a status").len(), 1, "nothing is left");

    follower.rebuild("balances", |_| {}).await.expect("it is built");
    let status = one(&follower).await;
    assert_eq!((status.state, status.awaits_rebuild), (ProjectionState::Live, false));
    assert_eq!(status.position, inline.head().await.expect("a head"));
    deposit(following, 0, 20).await;
    // One that has not been restarted yet goes on, and writes it no more.
    deposit(inline, 0, 30).await;
    follower.catch_up().await.expect("each is taken once");
    agrees(&**inline, &**inline).await;
}

/// Through the door and back while others write: they are refused by nobody.
pub(crate) async fn the_door_is_open_while_others_write<S: SqlStorage>(processes: Processes<S>) {
    const WRITERS: u128 = 4;
    let Processes { inline, following, .. } = &processes;
    let (follower, writer) = (processes.follower(), processes.writer());
    for number in 0..WRITERS {
        open(following, number).await;
    }
    let is_done = Arc::new(AtomicBool::new(false));
    // In one direction, in the other, and from one generation to the next.
    let doors = [
        [&writer, &follower],
        [&writer, &follower],
        [&writer, &writer],
        [&follower, &writer],
        [&writer, &follower],
        [&writer, &follower],
    ];
    for doors in doors {
        is_done.store(false, Ordering::SeqCst);
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                tokio::spawn(deposit_until(Arc::clone(&is_done), Arc::clone(inline), number))
            })
            .collect();
        for door in doors {
            tokio::time::sleep(Duration::from_millis(20)).await;
            door.rebuild("balances", |_| {}).await.expect("it is built");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        is_done.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.await.expect("it writes");
        }
        follower.catch_up().await.expect("each is taken once");
        agrees(&**inline, &**inline).await;
    }
}

/// Whoever has not heard of it is refused from then on, and all that was stored before is there.
pub(crate) async fn the_door_shuts_out_who_has_not_heard_of_it<S: SqlStorage>(
    processes: Processes<S>,
) {
    const WRITERS: u128 = 4;
    let Processes { following, .. } = &processes;
    let (follower, writer) = (processes.follower(), processes.writer());
    for number in 0..WRITERS {
        open(following, number).await;
    }
    for _ in 0..4 {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| tokio::spawn(deposit_until_refused(Arc::clone(following), number)))
            .collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        writer.rebuild("balances", |_| {}).await.expect("it is built");
        let mut taken = 0;
        for writer in writers {
            taken += writer.await.expect("it writes");
        }
        assert!(taken > 0, "nobody has written before");
        agrees(&**following, &**following).await;
        follower.rebuild("balances", |_| {}).await.expect("it is built");
    }
}

/// It neither stands still nor passes over anything, and holds back no truncation.
pub(crate) async fn cannot_wait_or_leave_out<S: SqlStorage>(processes: Processes<S>) {
    let Processes { inline, .. } = &processes;
    let writer = processes.writer();
    open(inline, 0).await;
    deposit(inline, 0, 5).await;
    deposit(inline, 0, 6).await;
    for refused in [
        writer.pause("balances").await,
        writer.park("balances", Position::new(1)).await,
        writer.skip("balances", Position::new(1)).await,
    ] {
        let refused = refused.expect_err("it is written with the events");
        assert!(matches!(refused, ProjectionError::WithTheEvents { .. }), "{refused}");
    }
    assert_eq!(writer.retry("balances").await.expect("nothing is set aside"), Retried::default());

    let later = "9000-01-01T00:00:00Z".parse::<Timestamp>().expect("it is a time");
    let retention = Retention::before(later).read_by(["balances"]);
    let retained = store(inline).truncate(&retention, |_| Ok(())).await.expect("it is done");
    assert_eq!((retained.events, retained.held_back), (2, None));
    deposit(inline, 0, 7).await;
    writer.rebuild("balances", |_| {}).await.expect("it goes on from the state");
    assert_eq!(shown(&**inline).await.into_values().collect::<Vec<_>>(), [18]);
}

/// A rebuild that cannot take an event leaves the old one as it was.
pub(crate) async fn a_door_that_stays_shut<S: SqlStorage>(processes: Processes<S>) {
    let Processes { following, inline, .. } = &processes;
    open(following, 0).await;
    deposit(following, 0, REFUSED).await;
    deposit(following, 0, 1).await;
    let refusing = Balances::refusing(&Arc::new(AtomicBool::new(true)));
    let writer = Projector::new(inline, self::inline(refusing));
    let failed = writer.rebuild("balances", |_| {}).await.expect_err("it brings bad luck");
    let ProjectionError::Failed { position, .. } = failed else { panic!("another: {failed}") };
    assert_eq!(position.get(), 2);
    let status = one(&processes.follower()).await;
    assert_eq!((status.state, status.awaits_rebuild), (ProjectionState::Live, false));
    try_deposit(following, 0, 1).await.expect("it follows the log");
    processes.follower().catch_up().await.expect("nothing fails");
    agrees(&**inline, &**inline).await;
}

/// What no program has any more is taken out by its name, and nobody is refused for its sake.
pub(crate) async fn what_nobody_has_any_more_is_taken_out<S: SqlStorage>(processes: Processes<S>) {
    let Processes { following, inline, .. } = &processes;
    open(inline, 0).await;
    let without = Projector::new(following, Projections::new());
    try_deposit(following, 0, 1).await.expect_err("it does not write it");
    assert_eq!(without.retirable().await.expect("they are told"), ["balances"]);
    let refused = processes.writer().retire("balances").await.expect_err("it has it");
    assert!(matches!(refused, ProjectionError::StillThere { .. }), "{refused}");
    let unknown = without.retire("others").await.expect_err("nobody knows it");
    assert_eq!(unknown.to_string(), "there is no projection `others`; there are: balances");

    without.retire("balances").await.expect("it is taken out");
    try_deposit(following, 0, 2).await.expect("nobody is refused");
    assert!(without.retirable().await.expect("they are told").is_empty());
    // A rebuild was under way then, and nobody knows its tables any more.
    spoil(following, "CREATE TABLE balances__2 (account TEXT)").await;
    // Whoever brings it back finds the events that have come meanwhile, and its tables as they were.
    let writer = processes.writer();
    deposit(inline, 0, 3).await;
    assert_eq!(one(&writer).await.state, ProjectionState::Live);
    writer.rebuild("balances", |_| {}).await.expect("it is built");
    agrees(&**inline, &**inline).await;
}

/// What it follows is what it was built from: others do not change that, and until it is rebuilt nobody has more of it or less.
pub(crate) async fn what_it_follows_changes_with_a_rebuild<S: SqlStorage + Clone>(
    processes: Processes<S>,
) {
    let more =
        Projections::new().with(Projected::new(Heard).from::<Account>().from::<Patient>().inline());
    let less = Projections::new().with(Projected::new(Heard).from::<Account>().inline());
    let Processes { with_inline, following, .. } = &processes;
    let newer = Arc::new(with_inline(following, &more));
    let older = Arc::new(with_inline(following, &less));
    let (new, old) = (Projector::new(&newer, more), Projector::new(&older, less));
    let moves = async |storage: &Arc<S>, number: u128| {
        let events = StorageStore::shared(Arc::clone(storage)).event_store().await?;
        let moved =
            ProposedEvent::new("conformance.moved", 1, &serde_json::json!({ "ward": "n" }))?;
        let id = Uuid::from_u128(number).to_string();
        events.append(Append::to("conformance_patient", id, Expected::Any).event(moved)).await
    };
    let heard = async || {
        let sql = "SELECT CAST(count(*) AS BIGINT) FROM bookings";
        newer.query(sql, Vec::new()).await.expect("it answers")
    };
    let state = async |projector: &Projector<S>| {
        let status = projector.status().await.expect("a status").remove(0);
        (status.state, status.awaits_rebuild)
    };

    open(&older, 1).await;
    assert_eq!(state(&old).await, (ProjectionState::Inline, false));
    assert_eq!(state(&new).await, (ProjectionState::Inline, true));
    moves(&newer, 2).await.expect("it was built without");
    moves(&older, 3).await.expect("it was built without");
    assert_eq!(heard().await, [parameters![1]]);

    new.rebuild("heard", |_| {}).await.expect("it is built");
    assert_eq!(state(&new).await, (ProjectionState::Inline, false));
    assert_eq!(state(&old).await, (ProjectionState::Inline, true));
    assert_eq!(heard().await, [parameters![3]]);
    moves(&newer, 4).await.expect("it is written");
    open(&older, 5).await;
    assert_eq!(heard().await, [parameters![5]]);
    let refused = moves(&older, 6).await.expect_err("it does not write it for patients");
    assert!(said(refused).contains("with the events of `conformance_patient`"));
    assert_eq!(old.left_out().await.expect("it is told"), ["heard"]);
    assert!(new.left_out().await.expect("it is told").is_empty());

    // In another database than the log nothing is written with the events.
    let apart = Projector::apart(
        Arc::clone(&newer),
        Arc::clone(&newer),
        Projections::new().with(Projected::new(Heard).from::<Account>().inline()),
    );
    apart.rebuild("heard", |_| {}).await.expect("it is built");
    assert_eq!(state(&apart).await, (ProjectionState::Live, false));
}

/// Notes each event that it hears of.
struct Heard;

impl Heard {
    async fn note(aggregate: &str, view: &mut View<'_>) -> Result<(), StoreError> {
        let sql = "INSERT INTO {bookings} (place, account, amount) VALUES (0, $1, 0)";
        view.execute(sql, &parameters![aggregate]).await.map(drop)
    }
}

impl Projection for Heard {
    const NAME: &'static str = "heard";
    const TABLES: &'static [&'static str] = &["bookings"];
}

impl Projects<Account> for Heard {
    async fn project(
        &self,
        happened: &Recorded<AccountEvent>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        Self::note(&happened.aggregate_id, view).await
    }
}

impl Projects<Patient> for Heard {
    async fn project(
        &self,
        happened: &Recorded<PatientEvent>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        Self::note(&happened.aggregate_id, view).await
    }
}
