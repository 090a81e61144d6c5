//! What each service in memory promises, and that it promises no more than real ones do.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use bloom_runtime::{
    domain::{Classified, ErrorKind, Timestamp},
    memory::{
        MemoryBlobStorage, MemoryBroker, MemoryCache, MemoryIdentityProvider, MemoryLock,
        MemoryNotifier, MemorySubscription,
    },
    ports::{
        BlobKey, BlobStorage, Cache, Clock, ConsumerGroup, DistributedLock, IdentityProvider,
        Message, MessageBroker, MessageSubscription, NewBlob, Notification, Notifier, Principal,
        PutIf, ReceivedMessage, Recipient, ServiceError, Topic,
    },
    testing::FixedClock,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn clock() -> FixedClock {
    FixedClock::at("2026-03-01T12:00:00.5Z".parse().unwrap())
}

/// The code of what must have failed; each code has one kind.
#[track_caller]
fn code<T>(result: Result<T, ServiceError>) -> String {
    result.err().expect("it fails").code().to_owned()
}

fn key(text: &str) -> BlobKey {
    BlobKey::new(text).unwrap()
}

fn text(content: &str) -> NewBlob {
    NewBlob::new(content, "text/plain")
}

#[tokio::test]
async fn a_blob_comes_back_as_it_was_put() {
    let blobs = MemoryBlobStorage::new().with_clock(clock());
    let tag = blobs.put(&key("a"), text("one"), PutIf::Always).await.unwrap();
    let blob = blobs.get(&key("a")).await.unwrap();
    assert_eq!((blob.content.as_slice(), blob.info.size), (b"one".as_slice(), 3));
    assert_eq!((blob.info.content_type.as_str(), &blob.info.tag), ("text/plain", &tag));
    assert_eq!(blob.info.modified.to_string(), "2026-03-01T12:00:00.000000Z");
    assert_eq!(blobs.info(&key("a")).await.unwrap(), Some(blob.info));

    blobs.delete(&key("a")).await.unwrap();
    blobs.delete(&key("a")).await.unwrap();
    assert_eq!(blobs.info(&key("a")).await.unwrap(), None);
    assert_eq!(code(blobs.get(&key("a")).await), "service.not_found");
}

#[tokio::test]
async fn a_blob_put_if_absent_twice_conflicts() {
    let blobs = MemoryBlobStorage::new();
    let seen = blobs.put(&key("a"), text("1"), PutIf::Absent).await.unwrap();
    let error = blobs.put(&key("a"), text("2"), PutIf::Absent).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, "service.already_exists"));
    assert_eq!(blobs.get(&key("a")).await.unwrap().content, b"1");

    let unchanged = PutIf::Unchanged(seen);
    blobs.put(&key("a"), text("3"), unchanged.clone()).await.unwrap();
    assert_eq!(code(blobs.put(&key("a"), text("4"), unchanged).await), "service.changed");
    assert_eq!(blobs.get(&key("a")).await.unwrap().content, b"3");
}

#[tokio::test]
async fn a_range_is_cut_off_at_the_end() {
    let blobs = MemoryBlobStorage::new();
    blobs.put(&key("a"), text("0123456789"), PutIf::Always).await.unwrap();
    assert_eq!(blobs.get_range(&key("a"), 2..4).await.unwrap(), b"23");
    assert_eq!(blobs.get_range(&key("a"), 8..u64::MAX).await.unwrap(), b"89");
    for (start, end) in [(10, 11), (3, 3), (4, 2)] {
        let refused = blobs.get_range(&key("a"), start..end).await;
        assert_eq!(code(refused), "service.invalid", "{start}..{end}");
    }
}

#[tokio::test]
async fn a_list_has_every_blob_below_a_folder_once() {
    let blobs = MemoryBlobStorage::new();
    for name in ["in/c/d", "in/a", "in/b", "inn", "out/a"] {
        blobs.put(&key(name), text(name), PutIf::Always).await.unwrap();
    }
    let first = blobs.list(Some(&key("in")), None, 2).await.unwrap();
    let last = blobs.list(Some(&key("in")), first.next.as_deref(), 2).await.unwrap();
    assert_eq!((first.items.len(), last.items.len(), last.next), (2, 1, None));
    let found: Vec<&str> =
        first.items.iter().chain(&last.items).map(|entry| entry.key.as_str()).collect();
    assert_eq!(found, ["in/a", "in/b", "in/c/d"]);
    assert_eq!(blobs.list(None, None, 100).await.unwrap().items.len(), 5);
    assert_eq!(code(blobs.list(None, Some("../x"), 1).await), "service.invalid");
    for nested in ["in", "inn/a"] {
        let put = blobs.put(&key(nested), text("as in a file system"), PutIf::Always).await;
        assert_eq!(code(put), "service.invalid", "{nested}");
    }
    let untyped = blobs.put(&key("b"), NewBlob::new("hi", ""), PutIf::Always).await;
    assert_eq!(code(untyped), "service.invalid");
}

#[tokio::test]
async fn a_cached_value_runs_out_and_may_be_forgotten() {
    let clock = clock();
    let cache = MemoryCache::new().with_clock(clock.clone());
    cache.set("k", b"v", MINUTE).await.unwrap();
    clock.advance_seconds(59);
    assert_eq!(cache.get("k").await.unwrap().as_deref(), Some(b"v".as_slice()));
    clock.advance_seconds(1);
    assert_eq!(cache.get("k").await.unwrap(), None);

    cache.set("k", b"v", Duration::MAX).await.unwrap();
    assert!(cache.get("k").await.unwrap().is_some());
    cache.set("k", b"w", Duration::from_micros(999)).await.unwrap();
    assert_eq!(cache.get("k").await.unwrap(), None, "neither the new value nor the old one");

    cache.set("k", b"v", MINUTE).await.unwrap();
    cache.set("l", b"v", MINUTE).await.unwrap();
    cache.remove("k").await.unwrap();
    assert_eq!(cache.get("k").await.unwrap(), None);
    cache.clone().forget_everything();
    assert_eq!(cache.get("l").await.unwrap(), None);
    assert_eq!(code(cache.set(&"k".repeat(251), b"v", MINUTE).await), "service.invalid");

    cache.set_json("k", "ada", MINUTE).await.unwrap();
    assert_eq!(cache.get_json::<String>("k").await.unwrap().as_deref(), Some("ada"));
    assert_eq!(cache.get_json::<u32>("k").await.unwrap(), None, "it does not decode");
}

#[tokio::test]
async fn a_lock_has_one_holder_and_its_tokens_grow() {
    let lock = MemoryLock::new().with_clock(clock());
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let lease = lock.try_acquire("job", MINUTE).await.unwrap().unwrap();
        assert!(lock.clone().try_acquire("job", MINUTE).await.unwrap().is_none());
        tokens.push(lease.token);
        lock.release(lease).await.unwrap();
    }
    assert!(tokens.is_sorted_by(|earlier, later| earlier < later), "{tokens:?}");
    assert_eq!(code(lock.try_acquire("job", Duration::ZERO).await), "service.invalid");
}

#[tokio::test]
async fn a_lease_runs_out_and_its_holder_is_told() {
    let clock = clock();
    let lock = MemoryLock::new().with_clock(clock.clone());
    let mut late = lock.try_acquire("job", MINUTE).await.unwrap().unwrap();
    clock.advance_seconds(59);
    lock.renew(&mut late, MINUTE).await.unwrap();
    clock.advance_seconds(59);
    assert!(lock.try_acquire("job", MINUTE).await.unwrap().is_none(), "it was renewed");
    clock.advance_seconds(1);
    assert!(!late.lasts_at(clock.now()));
    assert_eq!(code(lock.renew(&mut late, MINUTE).await), "service.lease_lost");

    let next = lock.try_acquire("job", MINUTE).await.unwrap().unwrap();
    assert!(next.token > late.token);
    lock.release(late).await.unwrap();
    assert!(lock.try_acquire("job", MINUTE).await.unwrap().is_none(), "the next one's stays");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_lock_gets_it_or_gives_up() {
    let lock = MemoryLock::new().with_clock(clock());
    let lease = lock.try_acquire("job", MINUTE).await.unwrap().unwrap();
    assert_eq!(code(lock.acquire("job", MINUTE, SECOND).await), "service.unavailable");

    let waiting = wait_for(lock.clone());
    tokio::time::sleep(SECOND).await;
    assert!(!waiting.is_finished());
    lock.release(lease).await.unwrap();
    waiting.await.unwrap().unwrap();
}

/// Generic over the lock, to show that its futures are `Send`.
fn wait_for<L: DistributedLock>(lock: L) -> tokio::task::JoinHandle<Result<(), ServiceError>> {
    tokio::spawn(async move {
        let lease = lock.acquire("job", MINUTE, MINUTE).await?;
        lock.release(lease).await
    })
}

#[tokio::test]
async fn a_token_stands_for_somebody_until_it_expires() {
    let clock = clock();
    let identities = MemoryIdentityProvider::new().with_clock(clock.clone());
    let expiry: Timestamp = "2026-03-01T12:01:00.5Z".parse().unwrap();
    let ada = Principal::new("ada").with_role("clerk").with_claim("age", 36_u32);
    let token = identities.issue(ada.with_tenant("acme").with_expiry(expiry));

    clock.advance_seconds(59);
    let ada = identities.verify(&token).await.unwrap();
    assert!(ada.has_role("clerk") && !ada.has_role("admin"));
    assert_eq!((ada.claim::<u32>("age"), ada.claim::<bool>("age")), (Some(36), None));
    let context = ada.context();
    assert_eq!((context.actor.as_deref(), context.tenant.as_deref()), (Some("ada"), Some("acme")));

    clock.advance_seconds(1);
    let expired = identities.verify(&token).await.unwrap_err();
    assert_eq!((expired.kind(), expired.code()), (ErrorKind::Forbidden, "service.token_expired"));
    let unknown = identities.verify("a secret").await.unwrap_err();
    assert_eq!((unknown.kind(), unknown.code()), (ErrorKind::Forbidden, "service.token_refused"));
    assert!(!unknown.to_string().contains("a secret"));
}

async fn member(broker: &MemoryBroker, group: &str) -> MemorySubscription {
    let topic = Topic::new("shop.orders").unwrap();
    broker.subscribe(&topic, &ConsumerGroup::new(group).unwrap()).await.unwrap()
}

async fn publish(broker: &MemoryBroker, topic: &str, id: &str) {
    let message = Message::json(id, "order.placed", &id).unwrap();
    broker.publish(&Topic::new(topic).unwrap(), &message).await.unwrap();
}

async fn next(subscription: &MemorySubscription) -> Option<ReceivedMessage> {
    subscription.receive(Duration::ZERO).await.unwrap()
}

#[tokio::test]
async fn members_share_and_groups_see_all() {
    let broker = MemoryBroker::new();
    publish(&broker, "shop.orders", "before any group").await;
    let (one, two) = (member(&broker, "billing").await, member(&broker, "billing").await);
    let other = member(&broker, "shipping").await;
    for (topic, id) in [("shop.orders", "1"), ("shop.returns", "2"), ("shop.orders", "3")] {
        publish(&broker, topic, id).await;
    }
    for (subscription, id) in [(&one, "1"), (&two, "3"), (&other, "1"), (&other, "3")] {
        let received = next(subscription).await.unwrap();
        assert_eq!(received.message.decode::<String>().unwrap(), id);
        assert_eq!((received.message.id.as_str(), received.attempt), (id, 1));
        subscription.ack(&received).await.unwrap();
    }
    let (topic, nameless) = (Topic::new("shop.orders").unwrap(), Message::new("4", "", ""));
    assert_eq!(code(broker.publish(&topic, &nameless).await), "service.invalid");
    assert_eq!((next(&one).await, next(&two).await, next(&other).await), (None, None, None));
}

#[tokio::test]
async fn what_is_not_acknowledged_comes_again() {
    let clock = clock();
    let broker = MemoryBroker::new().with_clock(clock.clone()).with_deadline(MINUTE);
    let (one, two) = (member(&broker, "billing").await, member(&broker, "billing").await);
    publish(&broker, "shop.orders", "1").await;

    let first = next(&one).await.unwrap();
    one.nack(&first).await.unwrap();
    let second = next(&one).await.unwrap();
    assert_eq!((second.message.id.as_str(), second.attempt), ("1", 2));
    clock.advance_seconds(59);
    assert_eq!(next(&two).await, None, "the first member still has it");
    clock.advance_seconds(1);
    let third = next(&two).await.unwrap();
    assert_eq!((third.message.id.as_str(), third.attempt), ("1", 3));

    assert_eq!(code(one.ack(&second).await), "service.lease_lost");
    two.ack(&third).await.unwrap();
    assert_eq!(code(two.nack(&third).await), "service.lease_lost", "it is settled once");
    clock.advance_seconds(3_600);
    assert_eq!((next(&one).await, next(&two).await), (None, None));
}

#[tokio::test(start_paused = true)]
async fn a_member_waits_and_misses_nothing_while_it_is_away() {
    let broker = MemoryBroker::new().with_clock(clock());
    drop(member(&broker, "billing").await);
    publish(&broker, "shop.orders", "1").await;
    let orders = member(&broker, "billing").await;
    assert!(next(&orders).await.is_some());
    assert_eq!(orders.receive(MINUTE).await.unwrap(), None);
    let waiting = tokio::spawn(async move { orders.receive(MINUTE).await });
    tokio::time::sleep(SECOND).await;
    assert!(!waiting.is_finished());
    publish(&broker, "shop.orders", "2").await;
    assert_eq!(waiting.await.unwrap().unwrap().unwrap().message.id, "2");
}

#[tokio::test]
async fn what_was_sent_is_kept_and_what_failed_is_not() {
    let ada = Recipient::Email("ada@example.com".to_owned());
    let shipped = Notification::new("1", ada, "It is on its way.");
    let notifier = MemoryNotifier::new();
    notifier.fail_next(ServiceError::Unavailable { reason: "down".to_owned(), source: None });
    notifier.lose_next_answer();
    assert_eq!(code(notifier.send(&shipped).await), "service.unavailable");
    assert!(notifier.sent().is_empty());
    assert_eq!(code(notifier.send(&shipped).await), "service.outcome_unknown");
    assert_eq!(notifier.sent(), std::slice::from_ref(&shipped));
    notifier.clone().send(&shipped).await.unwrap();
    assert_eq!(notifier.sent(), [shipped.clone(), shipped], "a key alone prevents nothing");
    let nobody = Notification::new("2", Recipient::Push(String::new()), "hi");
    assert_eq!(code(notifier.send(&nobody).await), "service.invalid");
    assert_eq!(notifier.sent().len(), 2);
}
