//! What happens is counted.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use bloom_metrics::{Measured, metrics};
use bloom_runtime::{
    application::{Documents, StorageStore},
    memory::MemoryStorage,
    prelude::*,
    testing::conformance::Account,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

async fn work() {
    let store = StorageStore::new(MemoryStorage::new())
        .aggregate::<Account>(Documents::in_table("accounts").with(Measured));
    let id = Uuid::from_u128(1);
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(id.into(), "ada")).unwrap();
    uow.commit().await.unwrap();
    let mut late = store.begin().await.unwrap();
    let mut account: Account = late.repository().get(&id.into()).await.unwrap();
    let missing = late.repository::<Account>().find_by_id(&Uuid::from_u128(2).into()).await;
    assert!(missing.unwrap().is_none());
    let mut uow = store.begin().await.unwrap();
    let mut first: Account = uow.repository().get(&id.into()).await.unwrap();
    first.deposit(1);
    uow.repository().save(first).unwrap();
    uow.commit().await.unwrap();
    account.deposit(2);
    late.repository().save(account).unwrap();
    late.commit().await.unwrap_err();
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Account::open(Uuid::from_u128(3).into(), "ada")).unwrap();
    uow.commit().await.unwrap_err();
}

#[test]
fn loads_commits_and_failures_are_counted_and_measured() {
    let recorder = DebuggingRecorder::new();
    let snapshots = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(work()));

    let mut found = BTreeMap::new();
    for (key, _, _, value) in snapshots.snapshot().into_vec() {
        let labels = key.key().labels().map(|label| format!("{}={}", label.key(), label.value()));
        let labels: Vec<String> = labels.collect();
        let number = match value {
            DebugValue::Counter(count) => count,
            DebugValue::Histogram(times) => {
                assert!(times.iter().all(|time| time.into_inner() < 60.0), "seconds");
                times.len() as u64
            }
            DebugValue::Gauge(_) => panic!("{key:?} is a gauge"),
        };
        found.insert(format!("{} {}", key.key().name(), labels.join(" ")), number);
    }
    let expected = [
        ("bloom_commit_seconds aggregate=conformance_account", 2),
        ("bloom_commits_total aggregate=conformance_account", 2),
        ("bloom_failures_total aggregate=conformance_account code=store.conflict", 1),
        ("bloom_failures_total aggregate=conformance_account code=store.key_taken", 1),
        ("bloom_load_seconds aggregate=conformance_account", 3),
        ("bloom_loads_total aggregate=conformance_account found=false", 1),
        ("bloom_loads_total aggregate=conformance_account found=true", 2),
    ];
    let expected = expected.map(|(name, number)| (name.to_owned(), number));
    assert_eq!(found, BTreeMap::from(expected));
}
