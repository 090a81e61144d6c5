//! The log as an event store.

use super::{How, account::Account, commits::opened, store};
use crate::{
    application::{Append, EventStore, ProposedEvent, in_context},
    domain::{Aggregate, Tag, Timestamp, Uuid, Version},
    ports::{
        CommandId, Context, EventLog, EventQuery, Expected, Position, RecordedEvent, Storage,
        StoreError,
    },
    testing::FixedClock,
};

fn event(name: &str, number: u64) -> ProposedEvent {
    ProposedEvent::new(name, 1, &number).unwrap()
}

fn bodies(events: &[RecordedEvent]) -> Vec<&str> {
    events.iter().map(|event| event.body.as_str()).collect()
}

async fn head<S: Storage>(events: &EventStore<S>) -> Position {
    events.log().limit(1).read().await.unwrap();
    events.log().backwards().limit(1).read().await.unwrap().events[0].position
}

/// A stream has to be what is expected of it, and of several all or none are appended to.
pub async fn appends_expect_what_they_say<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    opened(&store, 1).await;
    let context = Context::new().with_actor("ada").with_correlation("request 1");
    let events = in_context(context, store.event_store()).await.unwrap();
    let first = Append::to("meter", "m1", Expected::None).event(event("read", 1));
    let appended = events.append(first.clone().event(event("read", 2))).await.unwrap();
    assert_eq!((appended.position, appended.is_repeated), (Position::new(3), false));
    let there = events.stream("meter", "m1").read().await.unwrap();
    assert_eq!((bodies(&there), there[1].version), (vec!["1", "2"], Version::new(2)));
    let metadata = &there[0].metadata;
    assert_eq!(metadata.actor.as_deref(), Some("ada"));
    assert_eq!(metadata.correlation.as_deref(), Some("request 1"));

    let conflict = |result: Result<_, StoreError>| match result {
        Err(StoreError::Conflict { expected, actual, .. }) => (expected.get(), actual.get()),
        other => panic!("{other:?}"),
    };
    assert_eq!(conflict(events.append(first).await), (0, 2));
    let one = Expected::Exact(Version::new(1));
    let stale = Append::to("meter", "m1", one).event(event("read", 3));
    assert_eq!(conflict(events.append(stale).await), (1, 2));
    let both = |expected| {
        let both = Append::to("meter", "m2", Expected::None).event(event("read", 1));
        both.and_to("meter", "m1", expected).event(event("read", 3))
    };
    assert_eq!(conflict(events.append(both(one)).await), (1, 2));
    assert!(events.stream("meter", "m2").read().await.unwrap().is_empty(), "half of it is there");
    events.append(both(Expected::Exact(Version::new(2)))).await.unwrap();
    let any = Append::to("meter", "m1", Expected::Any).event(event("read", 4));
    events.append(any.event(event("read", 5))).await.unwrap();
    let there = events.stream("meter", "m1").read().await.unwrap();
    assert_eq!(bodies(&there), ["1", "2", "3", "4", "5"]);
    let versions: Vec<u64> = there.iter().map(|event| event.version.get()).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5]);

    // Versions that were proposed.
    let proposed = |expected, version| {
        let read = event("read", 6).at_version(Version::new(version));
        Append::to("meter", "m1", expected).event(read)
    };
    let refused = events.append(proposed(Expected::Exact(Version::new(5)), 7)).await;
    assert!(matches!(refused, Err(StoreError::BadAppend { .. })), "{refused:?}");
    assert_eq!(conflict(events.append(proposed(Expected::Any, 8)).await), (7, 5));
    events.append(proposed(Expected::Any, 6)).await.unwrap();

    let nothing = events.append(Append::to("meter", "m1", Expected::Any)).await;
    assert!(matches!(nothing, Err(StoreError::BadAppend { .. })), "{nothing:?}");
    // The values of this aggregate are unique, which nobody would look after.
    let past = Append::to(Account::NAME, "1", Expected::Any).event(event("read", 1));
    let closed = events.append(past).await;
    assert!(matches!(closed, Err(StoreError::BadAppend { .. })), "{closed:?}");
    assert_eq!(head(&events).await, Position::new(8), "what was refused has left something");
}

/// Sixteen append to one stream that may be like anything: all are there, one behind the other.
pub async fn events_without_expectation_queue<S: Storage>(storage: S, how: How) {
    const WRITERS: u64 = 16;
    let store = store(storage, how);
    let writing: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let events = store.event_store().await.unwrap();
                for turn in 0..4 {
                    let number = writer * 100 + turn * 2;
                    let append = Append::to("meter", "m1", Expected::Any);
                    let append =
                        append.event(event("read", number)).event(event("read", number + 1));
                    events.append(append).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writing {
        writer.await.unwrap();
    }
    let events = store.event_store().await.unwrap();
    let there = events.stream("meter", "m1").read().await.unwrap();
    assert_eq!(there.len() as u64, WRITERS * 8);
    for (index, event) in there.iter().enumerate() {
        assert_eq!(event.version, Version::new(index as u64 + 1));
        assert_eq!(event.position, Position::new(index as u64 + 1));
    }
    for pair in there.chunks(2) {
        let number = |event: &RecordedEvent| event.body.parse::<u64>().unwrap();
        assert_eq!(number(&pair[0]) + 1, number(&pair[1]), "of one append, one behind the other");
    }
}

/// Streams and the log are read in parts, forwards and backwards, and a reader of some events is told how far was looked.
pub async fn parts_of_the_log_are_read<S: Storage>(storage: S, how: How) {
    let clock = FixedClock::at(Timestamp::UNIX_EPOCH);
    let store = store(storage, how).with_clock(clock.clone());
    let events = store.event_store().await.unwrap();
    for number in 1..=6 {
        let (name, tag) = if number % 2 == 0 { ("even", "two") } else { ("odd", "one") };
        let read = event(name, number).tagged(Tag::new("rest", tag)).tagged(Tag::new("all", 1));
        let id = if number <= 4 { "m1" } else { "m2" };
        let append = Append::to("meter", id, Expected::Any).event(read);
        events.append(append).await.unwrap();
        clock.advance_seconds(1);
    }
    events.append(Append::to("lamp", "l1", Expected::Any).event(event("even", 7))).await.unwrap();

    let version = Version::new;
    let stream = || events.stream("meter", "m1");
    let time = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).unwrap();
    for (reading, expected) in [
        (stream().after(version(1)).limit(2), vec!["2", "3"]),
        (stream().up_to(version(3)).after(version(2)), vec!["3"]),
        (stream().backwards(), vec!["4", "3", "2", "1"]),
        (stream().backwards().up_to(version(3)).limit(2), vec!["3", "2"]),
        (stream().until(time(1)), vec!["1", "2"]),
        (stream().until(time(2)).backwards().limit(1), vec!["3"]),
        (stream().until(time(-1)), vec![]),
        (stream().after(version(9)), vec![]),
        (stream().limit(0), vec![]),
    ] {
        assert_eq!(bodies(&reading.read().await.unwrap()), expected);
    }

    let tagged = |name, value: &str| EventQuery::all().tagged(Tag::new(name, value));
    let position = Position::new;
    let log = || events.log();
    let even = || EventQuery::all().named(["even"]);
    for (reading, expected, looked_to) in [
        (log().limit(3), vec!["1", "2", "3"], 3),
        (log().after(position(5)), vec!["6", "7"], 7),
        (log().after(position(9)), vec![], 9),
        (log().backwards().limit(2), vec!["7", "6"], 5),
        (log().backwards().up_to(position(2)), vec!["2", "1"], 0),
        (log().matching(even()), vec!["2", "4", "6", "7"], 7),
        (log().matching(even()).limit(2), vec!["2", "4"], 4),
        (log().matching(even()).up_to(position(5)), vec!["2", "4"], 5),
        (log().matching(even().of("meter")), vec!["2", "4", "6"], 7),
        (log().matching(tagged("rest", "one")), vec!["1", "3", "5"], 7),
        (log().matching(tagged("rest", "one").tagged(Tag::new("all", 1))), vec!["1", "3", "5"], 7),
        (log().matching(tagged("rest", "one").named(["even"])), vec![], 7),
        (log().matching(tagged("rest", "o")), vec![], 7),
        (
            log().matching(tagged("rest", "one").or(tagged("rest", "two"))).after(position(2)),
            vec!["3", "4", "5", "6"],
            7,
        ),
        (log().limit(0), vec![], 0),
        (
            log().matching(tagged("rest", "two").or(EventQuery::all().of("lamp"))).backwards(),
            vec!["7", "6", "4", "2"],
            0,
        ),
    ] {
        let page = reading.read().await.unwrap();
        assert_eq!((bodies(&page.events), page.looked_to), (expected, position(looked_to)));
    }
    let long = EventQuery::all().named((0..2_000).map(|number| number.to_string()));
    let refused = log().matching(long).read().await;
    assert!(matches!(refused, Err(StoreError::TooLarge(_))), "{refused:?}");
}

/// The same events, or the same command, sent again are there once.
pub async fn what_was_appended_is_not_appended_again<S: Storage>(storage: S, how: How) {
    let store = store(storage, how);
    let events = store.event_store().await.unwrap();
    let read = |number: u64| event("read", number).with_id(Uuid::from_u128(number.into()));
    let both = |second| {
        let first = Append::to("meter", "m1", Expected::None).event(read(1)).event(read(2));
        first.and_to("meter", "m2", Expected::None).event(read(second))
    };
    let appended = events.append(both(3)).await.unwrap();
    let again = events.append(both(3)).await.unwrap();
    assert_eq!((again.position, again.is_repeated), (appended.position, true));
    let other = events.append(both(4)).await;
    assert!(matches!(other, Err(StoreError::Conflict { .. })), "{other:?}");

    let command = |key: &str, fingerprint: &str| {
        let (key, fingerprint) = (key.to_owned(), fingerprint.to_owned());
        Append::to("meter", "m1", Expected::Any)
            .event(event("read", 5))
            .as_command(CommandId { key, fingerprint })
    };
    // Also where it does not fit any more, since it has been there: by its version, and by what it must not come after.
    let first = |key: &str| {
        let (key, fingerprint) = (key.to_owned(), "one".to_owned());
        Append::to("meter", "m3", Expected::None)
            .event(event("read", 9))
            .unless(EventQuery::all().named(["read"]).of("meter"), Position::new(3))
            .as_command(CommandId { key, fingerprint })
    };
    assert!(!events.append(first("c0")).await.unwrap().is_repeated);
    assert!(events.append(first("c0")).await.unwrap().is_repeated);
    let bounded = |id: u128| {
        let read = event("read", 1).with_id(Uuid::from_u128(id));
        Append::to("meter", "m4", Expected::None).event(read).unless(
            EventQuery::all()
                .of("meter")
                .tagged(Tag::new("none", 1))
                .or(EventQuery::all().named(["read"])),
            Position::new(4),
        )
    };
    let bounded_first = events.append(bounded(77)).await.unwrap();
    let bounded_again = events.append(bounded(77)).await.unwrap();
    assert_eq!((bounded_again.position, bounded_again.is_repeated), (bounded_first.position, true));
    let far =
        Append::to("meter", "m1", Expected::Exact(Version::new(u64::MAX))).event(event("read", 1));
    let far = events.append(far).await;
    assert!(matches!(far, Err(StoreError::Conflict { .. })), "{far:?}");
    assert!(
        events.stream("meter", "m1").after(Version::new(u64::MAX)).read().await.unwrap().is_empty()
    );

    assert!(!events.append(command("c1", "one")).await.unwrap().is_repeated);
    assert!(events.append(command("c1", "one")).await.unwrap().is_repeated);
    let reused = events.append(command("c1", "two")).await;
    assert!(matches!(reused, Err(StoreError::KeyReused { .. })), "{reused:?}");
    assert_eq!(store.storage().head().await.unwrap(), Position::new(6));
}
