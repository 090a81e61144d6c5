//! Steps of the schema run once, whoever runs them, and all of them or none.

mod postgres_server;

use bloom_sql::{MigrationError, MigrationState, Migrations, PostgresStorage, SqliteStorage};

/// Each would fail if it ran twice.
fn steps() -> Migrations {
    Migrations::new()
        .with("0001_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY)")
        .with("0002_first", "INSERT INTO notes (id) VALUES (1)")
        .with("0003_more", "ALTER TABLE notes ADD COLUMN text TEXT")
}

/// Of many who migrate at once, each succeeds, and each step was run by one.
fn once(applied: Vec<Vec<String>>, own: &[&str]) {
    let mut names: Vec<String> = applied.concat();
    names.sort();
    assert_eq!(names, [own, &["0001_notes", "0002_first", "0003_more"]].concat());
}

/// What both databases have of Bloom's own.
const OWN: [&str; 4] =
    ["0000_bloom", "0000_bloom_inline", "0000_bloom_leases", "0000_bloom_parked"];

#[test]
fn many_who_migrate_sqlite_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data/test.db");
    let runners: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || SqliteStorage::migrate(&path, &steps()))
        })
        .collect();
    let applied = runners.into_iter().map(|runner| runner.join().expect("no panic"));
    once(applied.collect::<Result<_, _>>().expect("each waits for the others"), &OWN);

    // One that fails takes back those before it, and says which it was.
    let wrong = steps()
        .with("0004_good", "CREATE TABLE good (id INTEGER)")
        .with("0005_bad", "CREATE TABLE notes (id INTEGER)");
    let failed = SqliteStorage::migrate(&path, &wrong);
    assert!(
        matches!(&failed, Err(MigrationError::Failed { name, .. }) if name == "0005_bad"),
        "{failed:?}"
    );
    let plan = SqliteStorage::plan(&path, &wrong).expect("a plan");
    let pending: Vec<&str> = plan
        .iter()
        .filter(|(_, state)| *state == MigrationState::Pending)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(pending, ["0004_good", "0005_bad"]);
    assert!(SqliteStorage::open(&path, &steps()).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_migrate_postgres_at_once() {
    let Some(url) = postgres_server::new_database().await else { return };
    let runners: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { PostgresStorage::migrate(&url, &steps()).await })
        })
        .collect();
    let mut applied = Vec::new();
    for runner in runners {
        applied.push(runner.await.expect("no panic").expect("each waits for the others"));
    }
    once(applied, &[&OWN[..], &["0000_bloom_row_by_row"]].concat());

    let wrong = steps()
        .with("0004_good", "CREATE TABLE good (id INTEGER)")
        .with("0005_bad", "CREATE TABLE notes (id INTEGER)");
    let failed = PostgresStorage::migrate(&url, &wrong).await;
    assert!(
        matches!(&failed, Err(MigrationError::Failed { name, .. }) if name == "0005_bad"),
        "{failed:?}"
    );
    let plan = PostgresStorage::plan(&url, &wrong).await.expect("a plan");
    let pending: Vec<&str> = plan
        .iter()
        .filter(|(_, state)| *state == MigrationState::Pending)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(pending, ["0004_good", "0005_bad"]);
    assert!(PostgresStorage::open(&url, &steps()).await.is_ok());
}
