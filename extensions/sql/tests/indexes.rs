//! What is looked for in an indexed field is found through its index.

mod postgres_server;
mod sample;

use bloom_runtime::{
    application::{Documents, StorageStore},
    domain::{Spec, Uuid},
    ports::{Repository, Store, UnitOfWork},
};
use bloom_sql::{
    Migrations, PostgresStorage, SqliteStorage, explain,
    migration::{documents, postgres_documents},
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sample::{Sample, TABLE};

fn samples(count: u128) -> Vec<Sample> {
    let mut runner = TestRunner::deterministic();
    (1..=count)
        .map(|number| {
            let content = sample::content().new_tree(&mut runner).expect("a sample").current();
            Sample::make(Uuid::from_u128(number).into(), 0, content)
        })
        .collect()
}

/// Questions, each with the index that answers it.
fn questions() -> Vec<(&'static str, Spec<Sample>)> {
    let c = Sample::fields().content;
    let noon = "2026-03-01T12:00:00Z".parse().expect("a moment");
    vec![
        ("by_text", c.text.eq("a".to_owned())),
        ("by_text", c.text.gt("a".to_owned()) & c.text.lt("b".to_owned()) & !c.flag.eq(true)),
        ("by_large", c.large.between(5, 9)),
        ("by_huge", c.huge.eq(7)),
        ("by_exact", c.exact.eq("10.50".parse().expect("a decimal"))),
        ("by_moment", c.moment.ge(noon)),
        ("by_text", c.text.is_in(["x".to_owned(), "y".to_owned()])),
    ]
}

#[tokio::test]
async fn sqlite_uses_its_indexes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.db");
    let index = |name: &str, expression: &str| {
        format!("CREATE INDEX by_{name} ON {TABLE} ({expression}, id);\n")
    };
    let field = |name: &str| format!("json_extract(body, '$.\"content\".\"{name}\"')");
    let indexes: String = ["text", "large", "huge", "moment"]
        .map(|name| index(name, &field(name)))
        .into_iter()
        .chain([index("exact", &format!("bloom_key('decimal', {})", field("exact")))])
        .collect();
    let migrations =
        Migrations::new().with("0001_samples", documents(TABLE)).with("0002_indexes", indexes);
    SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
    let storage = SqliteStorage::open(&path, &migrations).expect("the database opens");
    for (index, spec) in questions() {
        let (sql, values) = explain::sqlite(TABLE, &spec);
        let plan =
            storage.query(format!("EXPLAIN QUERY PLAN {sql}"), values).await.expect("a plan");
        let plan = format!("{plan:?}");
        assert!(plan.contains(&format!("INDEX {index} ")), "{index}: {sql}\n{plan}");
    }
}

#[tokio::test]
async fn postgres_uses_its_indexes() {
    let index = |name: &str, expression: &str| {
        format!("CREATE INDEX by_{name} ON {TABLE} (tenant, {expression}, id);\n")
    };
    let field = |name: &str| format!("(body #>> '{{content,{name}}}')");
    let indexes: String = [
        index("text", &format!("({} COLLATE \"C\")", field("text"))),
        index("moment", &format!("({} COLLATE \"C\")", field("moment"))),
        index("large", &format!("({}::bigint)", field("large"))),
        index("huge", &format!("({}::numeric)", field("huge"))),
        index("exact", &format!("({}::numeric)", field("exact"))),
    ]
    .concat();
    let migrations = Migrations::new()
        .with("0001_samples", postgres_documents(TABLE))
        .with("0002_indexes", indexes);
    let Some(url) = postgres_server::new_database().await else { return };
    // A small table is read from end to end whatever there is, unless the planner is told not to.
    let url = format!("{url}?options=-cenable_seqscan%3Doff");
    PostgresStorage::migrate(&url, &migrations).await.expect("the migrations apply");
    let storage = PostgresStorage::open(&url, &migrations).await.expect("the database opens");
    let store = StorageStore::new(storage).aggregate::<Sample>(Documents::in_table(TABLE));
    let mut uow = store.begin().await.expect("it begins");
    uow.repository().add_all(samples(500)).expect("they can be stored");
    uow.commit().await.expect("it commits");
    for (index, spec) in questions() {
        let (sql, values) = explain::postgres(TABLE, &spec);
        let plan = store.storage().query(format!("EXPLAIN {sql}"), values).await.expect("a plan");
        let plan = format!("{plan:?}");
        let is_used =
            plan.contains(&format!("on {index} ")) || plan.contains(&format!("using {index} "));
        assert!(is_used, "{index}: {sql}\n{plan}");
    }
}
