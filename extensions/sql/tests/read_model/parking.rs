//! What a read model cannot take is set aside, and nothing of it is lost.

use bloom_sql::SqlUnitOfWork;
use tokio::{sync::Notify, task::JoinHandle};

use super::*;

/// So long an event is tried here.
const PATIENCE: Duration = Duration::from_millis(100);

fn parking(refuses: &Arc<AtomicBool>, panics: bool, aggregates: u64) -> Projections {
    let balances = Balances { refuses: Arc::clone(refuses), panics };
    Projections::new()
        .with(Projected::new(balances).from::<Account>().parking(aggregates).in_parts(PARTS))
}

async fn hand_over<S: SqlStorage>(storage: &Arc<S>, number: u128, owner: &str) {
    let mut uow = store(storage).begin().await.expect("it begins");
    let id = Uuid::from_u128(number).into();
    let mut account: Account = uow.repository().get(&id).await.expect("it is there");
    account.hand_over(owner);
    uow.repository().save(account).expect("it is saved");
    uow.commit().await.expect("it commits");
}

async fn owner<S: SqlStorage>(storage: &S, number: u128) -> Vec<Vec<SqlValue>> {
    let of = parameters![Uuid::from_u128(number).to_string()];
    storage.query("SELECT owner FROM balances WHERE account = $1", of).await.expect("it answers")
}

async fn at_the_end<S: SqlStorage>(projector: &Projector<S>) {
    let head = projector.head().await.expect("a head");
    let waited = projector.wait_for::<Balances>(head, Duration::from_secs(20));
    waited.await.expect("it comes to the end");
}

/// One aggregate waits with all that follows in it, the others go on, and what waits is taken in its order when the projection is mended.
pub(crate) async fn sets_aside_what_it_cannot_take<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    let refuses = Arc::new(AtomicBool::new(true));
    // The second process panics where the first one fails.
    let projector = Projector::new(&storage, parking(&refuses, false, 10)).patient_for(PATIENCE);
    let panicking = Projector::new(&other, parking(&refuses, true, 10)).patient_for(PATIENCE);
    let (running, also_running) = (projector.start(), panicking.start());
    for number in 0..4 {
        open(&storage, number).await;
        deposit(&storage, number, 5).await;
    }
    let poison = deposit(&storage, 0, REFUSED).await;
    let behind = deposit(&storage, 0, 7).await;
    deposit(&storage, 1, 7).await;
    at_the_end(&projector).await;
    hand_over(&storage, 0, "somebody").await;
    hand_over(&storage, 1, "somebody else").await;
    at_the_end(&projector).await;

    assert_eq!(shown(&*storage).await[&Uuid::from_u128(0).to_string()], 5);
    assert_eq!(owner(&*storage, 0).await, [parameters!["owner 0"]]);
    assert_eq!(owner(&*storage, 1).await, [parameters!["somebody else"]]);
    assert_eq!(shown(&*storage).await[&Uuid::from_u128(1).to_string()], 12);
    let parked = projector.parked("balances").await.expect("it answers");
    assert_eq!(parked.len(), 3);
    assert_eq!((parked[0].position, parked[1].position), (poison, behind));
    assert_eq!(parked[0].stream.id, Uuid::from_u128(0).to_string());
    assert!(parked[0].failure.is_some() && parked[1].failure.is_none());
    let status = one(&projector).await;
    assert_eq!((status.parked, status.skipped, status.failure), (3, 0, None));

    // Not mended yet.
    let retried = projector.retry("balances").await.expect("it answers");
    assert_eq!(retried, Retried { taken: 0, left: 3 });
    let parked = projector.parked("balances").await.expect("it answers");
    let failure = parked[0].failure.as_deref().expect("it says why");
    assert!(failure.ends_with("an amount that brings bad luck"), "{failure}");

    refuses.store(false, Ordering::SeqCst);
    let retried = projector.retry("balances").await.expect("it answers");
    assert_eq!(retried, Retried { taken: 3, left: 0 });
    assert_eq!(owner(&*storage, 0).await, [parameters!["somebody"]]);
    deposit(&storage, 0, 1).await;
    at_the_end(&projector).await;
    assert_eq!(one(&projector).await.parked, 0);
    agrees(&*storage, &*storage).await;
    running.stop().await;
    also_running.stop().await;
}

/// Writers, two processes that run the projection, and somebody who tries again and again what was set aside.
pub(crate) async fn retries_while_it_runs<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    const WRITERS: u128 = 4;
    let refuses = Arc::new(AtomicBool::new(true));
    let projector = Projector::new(&storage, parking(&refuses, false, 10)).patient_for(PATIENCE);
    let second = Projector::new(&other, parking(&refuses, false, 10)).patient_for(PATIENCE);
    let (running, also_running) = (projector.start(), second.start());
    for number in 0..WRITERS {
        open(&storage, number).await;
        deposit(&storage, number, REFUSED).await;
    }
    at_the_end(&projector).await;
    assert_eq!(one(&projector).await.parked, u64::try_from(WRITERS).expect("few"));
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let storage = Arc::clone(if number % 2 == 0 { &storage } else { &other });
            tokio::spawn(async move {
                for turn in 1..=30 {
                    deposit(&storage, number, turn % 10).await;
                    hand_over(&storage, number, &format!("owner {number} {turn}")).await;
                }
            })
        })
        .collect();
    let mut taken = 0;
    for turn in 0..40 {
        refuses.store(turn % 4 == 0, Ordering::SeqCst);
        let retrying = if turn % 2 == 0 { &projector } else { &second };
        taken += retrying.retry("balances").await.expect("it answers").taken;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for writer in writers {
        writer.await.expect("it writes");
    }
    at_the_end(&projector).await;
    refuses.store(false, Ordering::SeqCst);
    let last = projector.retry("balances").await.expect("it answers");
    assert_eq!(last.left, 0);
    assert!(taken + last.taken >= u64::try_from(WRITERS).expect("few"));
    agrees(&*storage, &*storage).await;
    for number in 0..WRITERS {
        let last = format!("owner {number} 30");
        assert_eq!(owner(&*storage, number).await, [parameters![last]]);
    }
    running.stop().await;
    also_running.stop().await;
}

/// When it fails for more aggregates than were allowed, it is the projection that is wrong, and it stops.
pub(crate) async fn sets_aside_only_so_many<S: SqlStorage>(storage: Arc<S>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let projector = Projector::new(&storage, parking(&refuses, false, 2)).patient_for(PATIENCE);
    for number in 0..3 {
        open(&storage, number).await;
        deposit(&storage, number, REFUSED).await;
    }
    let failed = projector.catch_up().await.expect_err("whoever asks is told");
    assert!(matches!(failed, ProjectionError::Failed { .. }), "{failed}");
    let running = projector.start();
    let stopped = async {
        loop {
            let status = one(&projector).await;
            assert!(status.parked <= 2, "parts set aside more than they may together");
            if status.failure.is_some() && status.parked == 2 {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let status = tokio::time::timeout(Duration::from_secs(20), stopped).await.expect("it stops");
    let head = projector.head().await.expect("a head");
    let stopped = status.parts.iter().find(|part| part.failure.is_some()).expect("it is stopped");
    let failing = stopped.position.next();
    assert!(PARTS > 1 || failing == head, "{failing} of {head}");

    // One more on somebody's word, but nothing else.
    let not_there = projector.park("balances", head.next()).await.expect_err("it is not there");
    assert!(matches!(not_there, ProjectionError::NotThere { .. }), "{not_there}");
    projector.park("balances", failing).await.expect("it is set aside");
    at_the_end(&projector).await;
    running.stop().await;
    assert_eq!(one(&projector).await.parked, 3);

    // What was set aside is passed over on somebody's word, and those behind it are still taken.
    deposit(&storage, 0, 7).await;
    projector.catch_up().await.expect("nothing new fails");
    let parked = projector.parked("balances").await.expect("it answers");
    let first = parked[0].position;
    let waits = projector.skip("balances", parked[3].position).await.expect_err("it waits");
    assert!(matches!(waits, ProjectionError::NotThere { .. }), "{waits}");
    projector.skip("balances", first).await.expect("it is passed over");
    assert_eq!((one(&projector).await.parked, one(&projector).await.skipped), (3, 1));
    let retried = projector.retry("balances").await.expect("it answers");
    assert_eq!(retried, Retried { taken: 1, left: 2 });
    assert_eq!(shown(&*storage).await[&Uuid::from_u128(0).to_string()], 7);
}

/// What all parts set aside at the same moment is together no more than was allowed.
pub(crate) async fn sets_aside_together_only_so_many<S: SqlStorage>(storage: Arc<S>) {
    const ALLOWED: u64 = 5;
    let refuses = Arc::new(AtomicBool::new(true));
    let projector =
        Projector::new(&storage, parking(&refuses, false, ALLOWED)).patient_for(PATIENCE);
    for number in 0..24 {
        open(&storage, number).await;
        deposit(&storage, number, REFUSED).await;
    }
    let running = projector.start();
    let stopped = async {
        loop {
            let status = one(&projector).await;
            assert!(status.parked <= ALLOWED, "{} are set aside", status.parked);
            let failing = status.parts.iter().filter(|part| part.failure.is_some()).count();
            if status.parked == ALLOWED && failing == status.parts.len() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), stopped).await.expect("all of them stop");
    running.stop().await;
    assert_eq!(one(&projector).await.parked, ALLOWED);
}

/// A rebuild sets aside as well, and what the old tables lacked is forgotten with them.
pub(crate) async fn sets_aside_while_it_is_rebuilt<S: SqlStorage>(storage: Arc<S>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let projector = Projector::new(&storage, parking(&refuses, false, 2)).patient_for(PATIENCE);
    for number in 0..2 {
        open(&storage, number).await;
    }
    deposit(&storage, 0, REFUSED).await;
    deposit(&storage, 0, 7).await;
    deposit(&storage, 1, 5).await;
    let running = projector.start();
    at_the_end(&projector).await;
    running.stop().await;
    projector.rebuild("balances", |_| {}).await.expect("it goes on");
    assert_eq!(one(&projector).await.parked, 2);
    assert_eq!(shown(&*storage).await[&Uuid::from_u128(1).to_string()], 5);
    // The log keeps what is set aside, and what comes before may go.
    let later = "9000-01-01T00:00:00Z".parse::<Timestamp>().expect("it is a time");
    let retained = store(&storage).truncate(&Retention::before(later), |_| Ok(())).await;
    let retained = retained.expect("it is done");
    assert_eq!((retained.events, retained.held_back.is_some()), (0, true));

    refuses.store(false, Ordering::SeqCst);
    projector.rebuild("balances", |_| {}).await.expect("it is mended");
    assert_eq!(one(&projector).await.parked, 0);
    assert!(projector.parked("balances").await.expect("it answers").is_empty());
    agrees(&*storage, &*storage).await;

    // Nothing is replaced by what lacks more.
    refuses.store(true, Ordering::SeqCst);
    let failed = projector.rebuild("balances", |_| {}).await.expect_err("one event fails");
    assert!(matches!(failed, ProjectionError::Failed { .. }), "{failed}");
    agrees(&*storage, &*storage).await;
    // Nor does what lacks an event of an aggregate replace what lacks a later one.
    deposit(&storage, 0, REFUSED).await;
    let running = projector.start();
    at_the_end(&projector).await;
    running.stop().await;
    assert_eq!(one(&projector).await.parked, 1);
    let failed = projector.rebuild("balances", |_| {}).await.expect_err("an earlier one fails");
    assert!(matches!(failed, ProjectionError::Failed { .. }), "{failed}");
    assert_eq!(shown(&*storage).await[&Uuid::from_u128(0).to_string()], 20);
    projector.retry("balances").await.expect("it answers");
    refuses.store(false, Ordering::SeqCst);
    projector.retry("balances").await.expect("it answers");
    refuses.store(true, Ordering::SeqCst);

    // One that is given up leaves nothing of what it had set aside.
    let strict = Projector::new(&storage, parking(&refuses, false, 1)).patient_for(PATIENCE);
    deposit(&storage, 1, REFUSED).await;
    let failed = strict.rebuild("balances", |_| {}).await.expect_err("it fails for two");
    assert!(matches!(failed, ProjectionError::Failed { .. }), "{failed}");
    let left = storage.query("SELECT * FROM bloom_parked", Vec::new()).await.expect("it answers");
    assert!(left.is_empty(), "{left:?}");
}

/// Holds what a statement locks until it is told to let go.
pub(super) async fn holding<S: SqlStorage>(
    storage: &Arc<S>,
    sql: &'static str,
) -> (Arc<Notify>, JoinHandle<()>) {
    let (held, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (storage, told, waits) = (Arc::clone(storage), Arc::clone(&held), Arc::clone(&release));
    let holder = tokio::spawn(async move {
        let mut uow = store(&storage).begin().await.expect("it begins");
        uow.before_commit(move |transaction| {
            let (told, waits) = (Arc::clone(&told), Arc::clone(&waits));
            Box::pin(async move {
                transaction.execute(sql, &[]).await?;
                told.notify_one();
                waits.notified().await;
                Ok(())
            })
        });
        uow.commit().await.expect("it commits");
    });
    held.notified().await;
    (release, holder)
}

/// One event waits to be tried again, and the next one of its aggregate has not been seen yet. Then both are taken at once, in an order that
/// a lock decides.
pub(crate) async fn retries_beside_the_next<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    const PAUSE: Duration = Duration::from_millis(200);
    let refuses = Arc::new(AtomicBool::new(true));
    let projector =
        Arc::new(Projector::new(&storage, parking(&refuses, false, 10)).patient_for(PATIENCE));
    let second =
        Arc::new(Projector::new(&other, parking(&refuses, false, 10)).patient_for(PATIENCE));
    let retry = || {
        let second = Arc::clone(&second);
        tokio::spawn(async move { second.retry("balances").await.expect("it answers") })
    };
    let follow = || {
        let projector = Arc::clone(&projector);
        tokio::spawn(async move { projector.catch_up().await.expect("nothing fails") })
    };
    let aside = async || {
        refuses.store(true, Ordering::SeqCst);
        deposit(&storage, 0, REFUSED).await;
        let running = projector.start();
        at_the_end(&projector).await;
        running.stop().await;
        assert_eq!(one(&projector).await.parked, 1);
        refuses.store(false, Ordering::SeqCst);
        deposit(&storage, 0, 7).await;
        deposit(&storage, 1, 7).await;
    };
    open(&storage, 0).await;
    open(&storage, 1).await;

    // It is taken when the other has already looked what waits.
    aside().await;
    let lock = "UPDATE bloom_projections SET position = position WHERE name = 'balances'";
    let (release, holder) = holding(&storage, lock).await;
    let retried = retry();
    tokio::time::sleep(PAUSE).await;
    let followed = follow();
    tokio::time::sleep(PAUSE).await;
    release.notify_one();
    holder.await.expect("it ends");
    assert_eq!(retried.await.expect("it ends").left, 0);
    followed.await.expect("it ends");
    agrees(&*storage, &*storage).await;

    // It is taken when the other has put the next one behind it, and has not committed that.
    aside().await;
    let lock = "UPDATE balances SET owner = owner WHERE owner = 'owner 1'";
    let (release, holder) = holding(&storage, lock).await;
    let followed = follow();
    tokio::time::sleep(PAUSE).await;
    let retried = retry();
    tokio::time::sleep(PAUSE).await;
    release.notify_one();
    holder.await.expect("it ends");
    followed.await.expect("it ends");
    assert_eq!(retried.await.expect("it ends").left, 0);
    agrees(&*storage, &*storage).await;
}

/// One rebuild is about to end when another begins, which throws nothing away of what the first one has put in place.
pub(crate) async fn rebuilds_beside_another<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    const PAUSE: Duration = Duration::from_millis(200);
    let refuses = Arc::new(AtomicBool::new(true));
    let projector =
        Arc::new(Projector::new(&storage, parking(&refuses, false, 10)).patient_for(PATIENCE));
    open(&storage, 0).await;
    open(&storage, 1).await;
    deposit(&storage, 0, REFUSED).await;
    let running = projector.start();
    at_the_end(&projector).await;
    running.stop().await;

    // The first one has to wait when it replaces the rows, and the second one for the first.
    let lock = "UPDATE balances SET owner = owner WHERE owner = 'owner 1'";
    let (release, holder) = holding(&storage, lock).await;
    let first = tokio::spawn({
        let projector = Arc::clone(&projector);
        async move { projector.rebuild("balances", |_| {}).await }
    });
    tokio::time::sleep(PAUSE).await;
    let stricter = Projector::new(&other, parking(&refuses, false, 0)).patient_for(PATIENCE);
    let second = tokio::spawn(async move { stricter.rebuild("balances", |_| {}).await });
    tokio::time::sleep(PAUSE).await;
    release.notify_one();
    holder.await.expect("it ends");
    first.await.expect("it ends").expect("it builds");
    second.await.expect("it ends").expect_err("it sets nothing aside");
    assert_eq!(one(&projector).await.parked, 1);
    refuses.store(false, Ordering::SeqCst);
    let retried = projector.retry("balances").await.expect("it answers");
    assert_eq!(retried, Retried { taken: 1, left: 0 });
    agrees(&*storage, &*storage).await;
}

/// What one process cannot take is set aside by none of them as long as another one can: it may be of a newer program.
pub(crate) async fn leaves_it_to_who_can<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    let (older, newer) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
    let longer = Duration::from_secs(40);
    let older = Projector::new(&storage, parking(&older, false, 10)).patient_for(longer);
    let newer = Projector::new(&other, parking(&newer, false, 10)).patient_for(longer);
    let running = older.start();
    open(&storage, 0).await;
    let refused = deposit(&storage, 0, REFUSED).await;
    let fails = async {
        while one(&older).await.failure.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), fails).await.expect("it fails");
    let also_running = newer.start();
    newer.wait_for::<Balances>(refused, Duration::from_secs(20)).await.expect("it is taken");
    assert_eq!(one(&newer).await.parked, 0);
    agrees(&*storage, &*storage).await;
    running.stop().await;
    also_running.stop().await;
}

/// A program that has fewer tasks than there are parts sets aside what each part cannot take.
pub(crate) async fn sets_aside_in_every_part<S: SqlStorage>(storage: Arc<S>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let parking = |parts: u32| {
        let projected = Projected::new(Balances::refusing(&refuses)).from::<Account>();
        let projected = projected.parking(10).in_parts(parts);
        Projector::new(&storage, Projections::new().with(projected)).patient_for(PATIENCE)
    };
    parking(4).rebuild("balances", |_| {}).await.expect("there is nothing yet");
    for number in 0..8 {
        open(&storage, number).await;
        deposit(&storage, number, REFUSED).await;
    }
    let projector = parking(1);
    let running = projector.start();
    at_the_end(&projector).await;
    running.stop().await;
    let status = one(&projector).await;
    assert_eq!((status.parts.len(), status.parked), (4, 8));
    refuses.store(false, Ordering::SeqCst);
    assert_eq!(projector.retry("balances").await.expect("it answers").left, 0);
    agrees(&*storage, &*storage).await;
}

/// An event is set aside by the part that it is for, also when all of them have stopped before it.
pub(crate) async fn sets_aside_in_its_own_part<S: SqlStorage>(storage: Arc<S>) {
    let projector =
        Projector::new(&storage, Projections::new().with(balances().parking(10).in_parts(4)));
    for number in 0..8 {
        open(&storage, number).await;
    }
    projector.catch_up().await.expect("nothing fails");
    for number in 0..8 {
        let position = deposit(&storage, number, 5).await;
        spoil(&storage, "UPDATE bloom_projections SET failure = 'nobody knows'").await;
        projector.park("balances", position).await.expect("it is set aside");
        let again = projector.park("balances", position).await.expect_err("it is aside");
        assert!(matches!(again, ProjectionError::NotThere { .. }), "{again}");
        projector.catch_up().await.expect("the others go on");
    }
    let retried = projector.retry("balances").await.expect("it answers");
    assert_eq!(retried, Retried { taken: 8, left: 0 });
    agrees(&*storage, &*storage).await;
}

/// A rebuild ends although there is always more of what has to wait, and loses nothing of it.
pub(crate) async fn ends_while_what_waits_grows<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let projector = Projector::new(&storage, parking(&refuses, false, 10)).patient_for(PATIENCE);
    let rebuilding = Projector::new(&other, parking(&refuses, false, 10)).patient_for(PATIENCE);
    for number in 0..2 {
        open(&storage, number).await;
    }
    deposit(&storage, 0, REFUSED).await;
    let running = projector.start();
    at_the_end(&projector).await;
    let rest = Arc::new(AtomicBool::new(false));
    let writers = [0, 1].map(|number| {
        let (storage, rest) = (Arc::clone(&storage), Arc::clone(&rest));
        tokio::spawn(async move {
            while !rest.load(Ordering::SeqCst) {
                deposit(&storage, number, 1).await;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
    });
    for _ in 0..3 {
        let built = rebuilding.rebuild("balances", |_| {});
        let built = tokio::time::timeout(Duration::from_secs(50), built).await;
        built.expect("it ends").expect("it is built");
    }
    rest.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.expect("it writes");
    }
    at_the_end(&projector).await;
    refuses.store(false, Ordering::SeqCst);
    let retried = projector.retry("balances").await.expect("it answers");
    assert_eq!(retried.left, 0);
    agrees(&*storage, &*storage).await;
    running.stop().await;
}

/// Somebody has taken the place in the log out by hand, and it begins anew.
pub(crate) async fn begins_anew_with_nothing_set_aside<S: SqlStorage>(storage: Arc<S>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let projector = Projector::new(&storage, parking(&refuses, false, 10)).patient_for(PATIENCE);
    open(&storage, 0).await;
    deposit(&storage, 0, REFUSED).await;
    let running = projector.start();
    at_the_end(&projector).await;
    running.stop().await;
    assert_eq!(one(&projector).await.parked, 1);
    spoil(&storage, "DELETE FROM bloom_projections").await;
    spoil(&storage, "DELETE FROM balances").await;
    let later = "9000-01-01T00:00:00Z".parse::<Timestamp>().expect("it is a time");
    let retained = store(&storage).truncate(&Retention::before(later).as_trial(), |_| Ok(())).await;
    assert!(retained.expect("it is tried").held_back.is_none(), "nobody reads");
    refuses.store(false, Ordering::SeqCst);
    projector.catch_up().await.expect("it begins anew");
    assert_eq!(one(&projector).await.parked, 0);
    agrees(&*storage, &*storage).await;
}

/// The server gives a lock up that somebody else holds: no event is to blame, and none is set aside.
pub(crate) async fn blames_no_event_for_the_server<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    let refuses = Arc::new(AtomicBool::new(false));
    let projector = Projector::new(&storage, parking(&refuses, false, 10)).patient_for(PATIENCE);
    open(&storage, 0).await;
    projector.catch_up().await.expect("nothing fails");
    let lock = "UPDATE balances SET owner = owner";
    let (release, holder) = holding(&other, lock).await;
    deposit(&storage, 0, 7).await;
    let running = projector.start();
    let noted = async {
        while one(&projector).await.failure.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), noted).await.expect("it says so");
    tokio::time::sleep(PATIENCE * 6).await;
    let status = one(&projector).await;
    assert_eq!((status.parked, status.position), (0, Position::new(1)));
    release.notify_one();
    holder.await.expect("it ends");
    at_the_end(&projector).await;
    running.stop().await;
    agrees(&*storage, &*storage).await;
}
