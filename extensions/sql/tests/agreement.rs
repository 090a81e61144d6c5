//! A specification selects, sorts and counts the same in Rust, in the memory storage and in every database.

mod postgres_server;
mod sample;

use std::sync::atomic::{AtomicU32, Ordering};

use bloom_runtime::{
    application::{Documents, StorageStore, in_context},
    domain::{
        Aggregate, Comparable, Field, GeneratedIdentity, Ordered, SortKey, Spec, Uuid, in_order,
    },
    memory::MemoryStorage,
    ports::{Context, PageRequest, Repository, Storage, Store, UnitOfWork},
};
use bloom_sql::{Migrations, SqliteStorage, migration::documents};
use proptest::{collection::vec, prelude::*};
use sample::{Content, Sample, TABLE, content};

/// Questions of equality about a field.
fn equality<V>(
    field: fn() -> Field<Sample, V>,
    values: BoxedStrategy<V>,
) -> BoxedStrategy<Spec<Sample>>
where
    V: Comparable + Clone + std::fmt::Debug + 'static,
{
    prop_oneof![
        values.clone().prop_map(move |value| field().eq(value)),
        values.clone().prop_map(move |value| field().ne(value)),
        vec(values, 0..4).prop_map(move |values| field().is_in(values)),
        Just(()).prop_map(move |()| field().is_null()),
    ]
    .boxed()
}

/// All questions about a field whose values have an order.
fn order<V>(
    field: fn() -> Field<Sample, V>,
    values: BoxedStrategy<V>,
) -> BoxedStrategy<Spec<Sample>>
where
    V: Ordered + Clone + std::fmt::Debug + 'static,
{
    prop_oneof![
        equality(field, values.clone()),
        values.clone().prop_map(move |value| field().lt(value)),
        values.clone().prop_map(move |value| field().le(value)),
        values.clone().prop_map(move |value| field().gt(value)),
        values.clone().prop_map(move |value| field().ge(value)),
        (values.clone(), values).prop_map(move |(low, high)| field().between(low, high)),
    ]
    .boxed()
}

fn leaf() -> BoxedStrategy<Spec<Sample>> {
    let c = || Sample::fields().content;
    prop_oneof![
        order(|| Sample::fields().content.text, sample::asked_text()),
        order(|| Sample::fields().content.note, sample::asked_text()),
        equality(|| Sample::fields().content.flag, any::<bool>().boxed()),
        order(|| Sample::fields().content.small, (-2..3_i32).boxed()),
        order(|| Sample::fields().content.large, sample::integer()),
        order(|| Sample::fields().content.huge, sample::unsigned()),
        // NaN equals nothing and comes before nothing.
        order(
            || Sample::fields().content.ratio,
            prop_oneof![9 => sample::float(), 1 => Just(f64::NAN)].boxed()
        ),
        order(|| Sample::fields().content.exact, sample::decimal()),
        order(|| Sample::fields().content.moment, sample::moment()),
        order(|| Sample::fields().content.day, sample::day()),
        order(|| Sample::fields().content.key, sample::key()),
        equality(|| Sample::fields().content.colour, sample::colour()),
        order(|| Sample::fields().content.name, sample::name()),
        order(|| Sample::fields().content.price.amount, sample::integer()),
        order(|| Sample::fields().content.price.currency, sample::text()),
        sample::asked_text().prop_map(move |text| c().text.starts_with(text)),
        sample::asked_text().prop_map(move |text| c().note.contains(text)),
        sample::asked_text().prop_map(move |text| c().name.contains(text)),
        sample::asked_text().prop_map(move |text| c().tags.contains(text)),
        sample::unsigned().prop_map(move |number| c().numbers.contains(number)),
        sample::float().prop_map(move |number| c().weights.contains(number)),
        sample::decimal().prop_map(move |number| c().amounts.contains(number)),
        sample::colour().prop_map(move |colour| c().colours.contains(colour)),
    ]
    .boxed()
}

fn spec() -> impl Strategy<Value = Spec<Sample>> {
    leaf().prop_recursive(4, 16, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| one & other),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| one | other),
            inner.prop_map(|one| !one),
        ]
    })
}

fn sort() -> impl Strategy<Value = Vec<SortKey>> {
    let c = || Sample::fields().content;
    let keys = prop_oneof![
        Just(c().text.asc()),
        Just(c().note.desc()),
        Just(c().note.asc()),
        Just(c().small.asc()),
        Just(c().large.desc()),
        Just(c().huge.asc()),
        Just(c().ratio.desc()),
        Just(c().exact.asc()),
        Just(c().exact.desc()),
        Just(c().moment.desc()),
        Just(c().day.asc()),
        Just(c().key.desc()),
        Just(c().name.asc()),
        Just(c().price.amount.desc()),
    ];
    vec(keys, 0..3)
}

/// Everything that is found, a page at a time, and how many a store counts.
async fn asked<S: Storage>(
    store: &StorageStore<S>,
    spec: &Spec<Sample>,
    sort: &[SortKey],
) -> (Vec<Uuid>, u64) {
    let request = || sort.iter().cloned().fold(PageRequest::first(2), PageRequest::sort);
    let mut found = Vec::new();
    let mut next = request();
    let mut uow = store.begin().await.expect("it begins");
    loop {
        let page = uow.repository::<Sample>().find(spec, next).await.expect("it finds");
        found.extend(page.items.iter().map(|sample| sample.id().as_uuid()));
        match page.next {
            Some(cursor) => next = request().after(cursor),
            None => break,
        }
    }
    let skipped = uow.repository::<Sample>().find(spec, request().size(1_000).skip(1)).await;
    let skipped: Vec<Uuid> =
        skipped.expect("it finds").items.iter().map(|sample| sample.id().as_uuid()).collect();
    assert_eq!(skipped, found.iter().skip(1).copied().collect::<Vec<_>>(), "an offset");
    let exists = uow.repository::<Sample>().exists(spec).await.expect("it looks");
    assert_eq!(exists, !found.is_empty());
    (found, uow.repository::<Sample>().count(spec).await.expect("it counts"))
}

async fn keep<S: Storage>(store: &StorageStore<S>, samples: &[Sample]) {
    let mut uow = store.begin().await.expect("it begins");
    uow.repository().add_all(samples.iter().cloned()).expect("they can be stored");
    uow.commit().await.expect("it commits");
}

/// What cases leave is looked through by all that follow, so that many of them need new databases from time to time.
const ON_ONE_DATABASE: u32 = 300;

#[test]
fn everyone_selects_the_same() {
    let cases = if std::env::var_os("BLOOM_SOAK").is_some() { 20_100 } else { 600 };
    for _ in 0..cases / ON_ONE_DATABASE {
        agree(ON_ONE_DATABASE);
    }
}

fn agree(cases: u32) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    let migrations = Migrations::new().with("0001_samples", documents(TABLE));
    SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
    let sqlite = SqliteStorage::open(&path, &migrations).expect("the database opens");
    let on = |loading| (StorageStore::new(sqlite.clone()), loading);
    let (sqlite, loading) = on(Documents::in_table(TABLE));
    let sqlite = sqlite.aggregate::<Sample>(loading).tenants_by_rows();
    let postgres = runtime.block_on(postgres_server::database(
        Migrations::new().with("0001_samples", bloom_sql::migration::postgres_documents(TABLE)),
    ));
    let postgres = postgres.map(|storage| {
        StorageStore::new(storage).aggregate::<Sample>(Documents::in_table(TABLE)).tenants_by_rows()
    });

    let batch = AtomicU32::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    });
    let result = runner.run(&(vec(content(), 1..7), spec(), sort()), |(contents, spec, sort)| {
        let batch = batch.fetch_add(1, Ordering::Relaxed);
        let sample = |(number, content): (u128, Content)| {
            let id = Uuid::from_u128(u128::from(batch) << 64 | number);
            Sample::make(id.into(), batch, content)
        };
        // Another tenant has aggregates with the same ids, each with the content of another, and one more.
        let samples: Vec<Sample> = (1..).zip(contents.clone()).map(sample).collect();
        let others = contents.iter().cycle().skip(1).take(contents.len() + 1).cloned();
        let others: Vec<Sample> = (1..).zip(others).map(sample).collect();
        // What other cases have left is not asked for.
        let spec = Sample::fields().batch.eq(batch) & spec;

        let expected = |samples: &[Sample]| {
            let mut expected: Vec<_> = samples
                .iter()
                .filter(|sample| spec.is_satisfied_by(sample).expect("it can be written"))
                .map(|sample| {
                    (sample.id().to_string(), sample.to_document().expect("it can be written"))
                })
                .collect();
            expected
                .sort_by(|left, right| in_order(&sort, (&left.0, &left.1), (&right.0, &right.1)));
            let ids = expected.iter().map(|(id, _)| id.parse().expect("a UUID"));
            let ids: Vec<Uuid> = ids.collect();
            let count = ids.len() as u64;
            (ids, count)
        };

        let memory = StorageStore::new(MemoryStorage::new())
            .aggregate::<Sample>(Documents::in_table(TABLE))
            .tenants_by_rows();
        let tenants = [("one", &samples), ("two", &others)];
        runtime.block_on(async {
            for (name, samples) in tenants {
                let tenant = Context::new().with_tenant(name);
                in_context(tenant, async {
                    keep(&memory, samples).await;
                    keep(&sqlite, samples).await;
                    if let Some(postgres) = &postgres {
                        keep(postgres, samples).await;
                    }
                })
                .await;
            }
            for (name, samples) in tenants {
                let expected = expected(samples);
                let tenant = Context::new().with_tenant(name);
                in_context(tenant, async {
                    prop_assert_eq!(&asked(&memory, &spec, &sort).await, &expected, "in memory");
                    prop_assert_eq!(&asked(&sqlite, &spec, &sort).await, &expected, "in SQLite");
                    if let Some(postgres) = &postgres {
                        let found = asked(postgres, &spec, &sort).await;
                        prop_assert_eq!(&found, &expected, "in PostgreSQL");
                    }
                    Ok(())
                })
                .await?;
            }
            Ok(())
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
