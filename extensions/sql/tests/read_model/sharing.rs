//! Several processes share what there is to do.

use std::sync::atomic::AtomicUsize;

use bloom_runtime::ports::{Shift, WorkerId};
use bloom_sql::RunningProjections;

use super::{parking::holding, *};

/// Long enough for the slowest machine: nothing lapses unless somebody is to be dead.
const LONG: Duration = Duration::from_secs(50);

/// Counts how often an event was tried.
#[derive(Default, Clone)]
struct Tried(Arc<AtomicUsize>);

impl Projection for Tried {
    const NAME: &'static str = "tried";
    const TABLES: &'static [&'static str] = &["bookings"];
}

impl Projects<Account> for Tried {
    async fn project(
        &self,
        happened: &Recorded<AccountEvent>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let sql = "INSERT INTO {bookings} (place, account, amount) VALUES ($1, $2, 1)";
        let place = happened.position.get().cast_signed();
        view.execute(sql, &parameters![place, happened.aggregate_id.as_str()]).await?;
        Ok(())
    }
}

fn trying<S: SqlStorage>(storage: &Arc<S>, tried: &Tried, parts: u32) -> Projector<S> {
    let projected = Projected::new(tried.clone()).from::<Account>().in_parts(parts);
    Projector::new(storage, Projections::new().with(projected)).holding_for(LONG)
}

/// How many parts each worker holds.
async fn holders<S: SqlStorage>(projector: &Projector<S>) -> BTreeMap<WorkerId, usize> {
    let mut counted = BTreeMap::new();
    for status in projector.status().await.expect("a status") {
        for worker in status.parts.into_iter().filter_map(|part| part.worker) {
            *counted.entry(worker).or_default() += 1;
        }
    }
    counted
}

async fn until<S: SqlStorage>(
    storage: &Arc<S>,
    projector: &Projector<S>,
    is_so: impl Fn(&[usize]) -> bool,
) {
    for amount in 1..400 {
        let held: Vec<usize> = holders(projector).await.into_values().collect();
        if is_so(&held) {
            return;
        }
        for number in 0..16 {
            deposit(storage, number, amount).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {:?}", holders(projector).await);
}

async fn booked<S: SqlStorage>(storage: &Arc<S>) -> usize {
    let sql = "SELECT count(*), count(DISTINCT place) FROM bookings";
    let rows = storage.query(sql, Vec::new()).await.expect("it answers");
    let [SqlValue::Integer(all), SqlValue::Integer(different)] = rows[0][..] else {
        panic!("other columns: {rows:?}");
    };
    assert_eq!(all, different, "an event is there twice");
    usize::try_from(all).expect("it is a count")
}

/// Two processes have as many parts one as the other, do nothing twice, and one goes on at once where the other has ended.
pub(crate) async fn shares_its_parts<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    let tried = Tried::default();
    let (one, two) = (trying(&storage, &tried, 4), trying(&other, &tried, 4));
    for number in 0..16 {
        open(&storage, number).await;
    }
    let first = one.start();
    until(&storage, &one, |held| held == [4]).await;
    let second = two.start();
    until(&storage, &one, |held| held == [2, 2]).await;
    first.stop().await;
    until(&storage, &one, |held| held == [4]).await;
    let head = one.head().await.expect("a head");
    let mut second: RunningProjections = second;
    second.caught_up(head).await;
    second.stop().await;
    assert_eq!(holders(&one).await, BTreeMap::new(), "whoever ends holds nothing");
    let all = usize::try_from(head.get()).expect("few");
    assert_eq!(booked(&storage).await, all);
    assert_eq!(tried.0.load(Ordering::SeqCst), all, "an event was tried twice");
}

/// What a worker that is not heard of any more held is taken by another one, and given back by nobody.
pub(crate) async fn goes_on_for_the_dead<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    let tried = Tried::default();
    let (one, two) = (trying(&storage, &tried, 1), trying(&other, &tried, 1));
    let (dead, alive) = (Shift::new().holding_for(LONG), Shift::new().holding_for(LONG));
    open(&storage, 0).await;
    assert!(one.take_turn(&dead).await.expect("it takes its turn"));
    open(&storage, 1).await;
    assert!(!two.take_turn(&alive).await.expect("it is not its turn"), "it is held");
    spoil(&storage, "UPDATE bloom_projections SET held_until = 0").await;
    assert!(two.take_turn(&alive).await.expect("it takes its turn"));
    open(&storage, 2).await;
    assert!(!one.take_turn(&dead).await.expect("it has lost it"), "it is held by another");
    assert!(two.take_turn(&alive).await.expect("it takes its turn"));
    assert_eq!((booked(&storage).await, tried.0.load(Ordering::SeqCst)), (3, 3));
}

/// From one number of parts to another, while others write.
pub(crate) async fn changes_its_parts<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    for number in 0..8 {
        open(&storage, number).await;
    }
    let in_parts = |storage: &Arc<S>, parts: u32| {
        let projected = Projected::new(Balances::default()).from::<Account>().in_parts(parts);
        Projector::new(storage, Projections::new().with(projected))
    };
    let before = in_parts(&storage, 1);
    let running = before.start();
    before
        .wait_for::<Balances>(before.head().await.expect("a head"), LONG)
        .await
        .expect("it comes");
    for parts in [5, 2, 1] {
        let writer = {
            let storage = Arc::clone(&storage);
            tokio::spawn(async move {
                for amount in 1..=30 {
                    deposit(&storage, u128::from(amount % 8), amount).await;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            })
        };
        let after = in_parts(&other, parts);
        assert!(one(&after).await.awaits_rebuild);
        after.rebuild("balances", |_| {}).await.expect("it is built");
        let status = one(&after).await;
        assert_eq!((status.parts.len(), status.awaits_rebuild), (parts as usize, false));
        writer.await.expect("it writes");
        // The program of before goes on with as many.
        let head = before.head().await.expect("a head");
        before.wait_for::<Balances>(head, LONG).await.expect("it comes");
        agrees(&*storage, &*storage).await;
    }
    running.stop().await;
}

/// A rebuild ends although others never rest, and nobody sees anything but a read model that is whole.
pub(crate) async fn ends_while_nobody_rests<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    let rest = Arc::new(AtomicBool::new(false));
    for number in 0..8 {
        open(&storage, number).await;
    }
    let following = projector(&storage);
    let running = following.start();
    let writers = (0..4_u128).map(|writer| {
        let (storage, rest) = (Arc::clone(&storage), Arc::clone(&rest));
        tokio::spawn(async move {
            let mut amount = 0;
            while !rest.load(Ordering::SeqCst) {
                amount += 1;
                deposit(&storage, 2 * writer + u128::from(amount % 2), amount).await;
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    following.wait_for::<Balances>(Position::new(200), LONG).await.expect("it follows");
    for _ in 0..3 {
        let built = projector(&other);
        let built = built.rebuild("balances", |_| {});
        tokio::time::timeout(LONG, built).await.expect("it ends").expect("it is built");
    }
    assert!(writers.iter().all(|writer| !writer.is_finished()), "they write all the time");
    rest.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.expect("it writes");
    }
    let head = following.head().await.expect("a head");
    following.wait_for::<Balances>(head, LONG).await.expect("it comes");
    agrees(&*storage, &*storage).await;
    running.stop().await;
}

/// A rebuild of one projection may take long over its end: nobody waits for it but whoever writes that one, and nobody keeps others waiting.
pub(crate) async fn waits_for_no_rebuild_of_another<S: SqlStorage>(storage: Arc<S>, other: Arc<S>) {
    const AWHILE: Duration = Duration::from_secs(20);
    let (one, two) = (projector(&storage), projector(&other));
    for number in 0..2 {
        open(&storage, number).await;
    }
    let running = one.start();
    let head = one.head().await.expect("a head");
    one.wait_for::<Balances>(head, AWHILE).await.expect("it comes");
    one.wait_for::<Counted>(head, AWHILE).await.expect("it comes");
    let lock = "UPDATE balances SET owner = owner WHERE owner = 'owner 1'";
    let (release, holder) = holding(&storage, lock).await;
    let rebuilding = projector(&other);
    let rebuilt = tokio::spawn(async move { rebuilding.rebuild("balances", |_| {}).await });
    tokio::time::sleep(Duration::from_millis(300)).await;

    // The other one goes on, in this process, and in another when this one ends.
    let position = deposit(&storage, 0, 1).await;
    one.wait_for::<Counted>(position, AWHILE).await.expect("it comes");
    let later = "9000-01-01T00:00:00Z".parse::<Timestamp>().expect("it is a time");
    let retention = Retention::before(later).read_by(["balances", "counted"]);
    let truncated = store(&storage).truncate(&retention, |_| Ok(())).await;
    assert!(matches!(truncated, Err(StoreError::Unavailable { .. })), "{truncated:?}");
    tokio::time::timeout(AWHILE, running.stop()).await.expect("it ends");
    let also_running = two.start();
    let position = deposit(&storage, 0, 2).await;
    two.wait_for::<Counted>(position, AWHILE).await.expect("it comes");
    assert!(!rebuilt.is_finished(), "it was at its end all the time");
    release.notify_one();
    holder.await.expect("it ends");
    rebuilt.await.expect("it ends").expect("it is built");
    two.wait_for::<Balances>(position, AWHILE).await.expect("it comes");
    agrees(&*storage, &*storage).await;
    also_running.stop().await;
}
