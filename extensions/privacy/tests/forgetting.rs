//! Every storage forgets what is personal.

#[path = "../../sql/tests/postgres_server/mod.rs"]
mod postgres_server;

use std::sync::{Arc, Mutex};

use bloom_audit::HashChain;
use bloom_privacy::PersonalCipher;
use bloom_runtime::{
    application::{
        Documents, EventHandler, Failure, Recorded, StorageStore, Subscriptions, in_context,
    },
    memory::MemoryStorage,
    ports::{Cipher, Context, EventLog, Lifecycle, Position, StreamId},
    prelude::*,
    testing::conformance::{PATIENTS, Patient, PatientEvent},
};
use bloom_sql::{
    Migrations, PostgresOptions, PostgresStorage, Projected, Projection, Projections, Projector,
    Projects, SqlStorage, SqlValue, SqliteStorage, View,
    migration::{documents, postgres_documents, row_security, row_security_of_bloom},
    parameters,
};

const MASTER: &str = "b7Zw2QW1b3lXk0nO8e0m3kq2c1x9v8u7t6s5r4q3p2o";

fn cipher() -> Arc<dyn Cipher> {
    Arc::new(PersonalCipher::under(MASTER).expect("32 bytes"))
}

mod in_memory {
    use super::*;

    bloom_runtime::privacy_conformance!(async {
        MemoryStorage::new().with_cipher(Arc::new(PersonalCipher::new()))
    });
}

mod on_sqlite {
    use super::*;

    /// Its folder lives as long as the process and is removed by the system.
    pub(super) fn empty() -> SqliteStorage {
        let path = tempfile::tempdir().expect("a folder").keep().join("forgetting.db");
        let migrations = Migrations::new().with("0001_patients", documents(PATIENTS));
        SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
        SqliteStorage::open(&path, &migrations).expect("it opens").with_cipher(cipher())
    }

    bloom_runtime::privacy_conformance!(async { empty() });
}

mod on_postgres {
    use super::*;

    async fn empty() -> Option<PostgresStorage> {
        let migrations = Migrations::new().with("0001_patients", postgres_documents(PATIENTS));
        let storage = postgres_server::database(migrations).await?;
        Some(storage.with_cipher(cipher()))
    }

    bloom_runtime::privacy_conformance!(if some empty());
}

mod on_postgres_with_row_security {
    use super::*;

    const ROLE: &str = "bloom_test_tenant_role";

    /// Opened by a role for which the policies hold.
    async fn empty() -> Option<PostgresStorage> {
        let url = postgres_server::new_database().await?;
        let policies = row_security(PATIENTS) + &row_security_of_bloom();
        let migrations = Migrations::new()
            .with("0001_patients", postgres_documents(PATIENTS))
            .with("0002_tenants", policies);
        PostgresStorage::migrate(&url, &migrations).await.expect("the migrations apply");
        let rights = format!(
            "DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE};"
        );
        postgres_server::run(&url, &rights).await;
        let (_, rest) = url.split_once('@').expect("a URL names a role");
        let options = PostgresOptions::default().with_row_security();
        let url = format!("postgres://{ROLE}@{rest}");
        let storage = PostgresStorage::open_with(&url, &migrations, &options).await;
        Some(storage.expect("it opens").with_cipher(cipher()))
    }

    bloom_runtime::privacy_conformance!(if some empty());
}

/// What is sealed is what is stored, so the chain of an audited aggregate holds when a person is forgotten, and a change of what is
/// encrypted shows.
#[tokio::test]
async fn the_audit_trail_holds() {
    let chain = HashChain::new();
    let storage = MemoryStorage::new().with_cipher(cipher());
    let store = StorageStore::new(storage)
        .aggregate::<Patient>(Documents::in_table(PATIENTS).audited(chain.clone()));
    let id = Uuid::from_u128(1);
    let context = Context::new().with_actor("nurse").with_reason("a test");
    in_context(context, async {
        let mut patient = Patient::admit(id.into(), "north", "Ada B.");
        patient.transfer("south");
        let mut uow = store.begin().await.expect("it begins");
        uow.repository().add(patient).expect("it is queued");
        uow.commit().await.expect("it commits");
        let history = || async {
            let (tenant, aggregate) = (String::new(), Patient::NAME.to_owned());
            let stream = StreamId { tenant, aggregate, id: id.to_string() };
            store.storage().read_stream(&stream, Version::NEW).await.expect("the events")
        };
        let before = history().await;
        bloom_audit::verify(&chain, &before).expect("nobody has changed it");
        assert!(before[0].body.contains("Ada B."));

        store.forget(&id.to_string()).await.expect("it is forgotten");
        let after = history().await;
        assert!(!after[0].body.contains("Ada B."));
        assert_eq!(after.len(), 3);
        bloom_audit::verify(&chain, &after).expect("forgetting is no change of the past");

        let mut changed = after;
        changed[0].concealed =
            changed[0].concealed.take().map(|body| body.replace("north", "south"));
        bloom_audit::verify(&chain, &changed).expect_err("a change went unnoticed");
    })
    .await;
}

/// Hears who was forgotten, as a handler and as a read model.
struct Listening(Arc<Mutex<Vec<String>>>);

impl Listening {
    fn hear(&self, subject: &str, of: &Recorded<Lifecycle>) {
        let text = format!("{subject} of {}@{}", of.aggregate_id, of.version);
        self.0.lock().expect("nobody panics").push(text);
    }
}

impl EventHandler<PatientEvent> for Listening {
    async fn handle(&self, _: &Recorded<PatientEvent>) -> Result<(), Failure> {
        Ok(())
    }

    async fn on_forgotten(
        &self,
        subject: &str,
        event: &Recorded<Lifecycle>,
    ) -> Result<(), Failure> {
        self.hear(subject, event);
        Ok(())
    }
}

impl Projection for Listening {
    const NAME: &'static str = "listening";
    const TABLES: &'static [&'static str] = &[];
}

impl Projects<Patient> for Listening {
    async fn project(
        &self,
        _: &Recorded<PatientEvent>,
        _: &mut View<'_>,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    async fn on_forgotten(
        &self,
        subject: &str,
        forgotten: &Recorded<Lifecycle>,
        _: &mut View<'_>,
    ) -> Result<(), StoreError> {
        self.hear(subject, forgotten);
        Ok(())
    }
}

/// Whoever keeps something of a person is told who it is.
#[tokio::test]
async fn handlers_and_read_models_are_told() {
    let storage = Arc::new(on_sqlite::empty());
    let store = StorageStore::shared(Arc::clone(&storage));
    let store = store.aggregate::<Patient>(Documents::in_table(PATIENTS));
    let id = Uuid::from_u128(1);
    let mut uow = store.begin().await.expect("it begins");
    uow.repository().add(Patient::admit(id.into(), "north", "Ada B.")).expect("it is queued");
    uow.commit().await.expect("it commits");
    store.forget(&id.to_string()).await.expect("it is forgotten");

    let (handled, projected) = (Arc::default(), Arc::default());
    let handler = Listening(Arc::clone(&handled));
    let mut running =
        Subscriptions::new(Arc::clone(&storage)).on::<Patient>("listening", handler).start();
    running.caught_up(Position::new(2)).await;
    running.stop().await;
    let projection = Projected::new(Listening(Arc::clone(&projected))).from::<Patient>();
    let projector = Projector::new(&storage, Projections::new().with(projection));
    projector.catch_up().await.expect("nothing fails");
    let told = [format!("{id} of {id}@2")];
    assert_eq!(*handled.lock().expect("nobody panics"), told);
    assert_eq!(*projected.lock().expect("nobody panics"), told);
}

/// A read model that cannot take who is admitted.
struct Strict(Listening);

impl Projection for Strict {
    const NAME: &'static str = "strict";
    const TABLES: &'static [&'static str] = &[];
    const PARKING: u64 = 10;
}

impl Projects<Patient> for Strict {
    async fn project(
        &self,
        _: &Recorded<PatientEvent>,
        _: &mut View<'_>,
    ) -> Result<(), StoreError> {
        Err(StoreError::Internal("no".into()))
    }

    async fn on_forgotten(
        &self,
        subject: &str,
        forgotten: &Recorded<Lifecycle>,
        _: &mut View<'_>,
    ) -> Result<(), StoreError> {
        if subject.ends_with('2') {
            return Err(StoreError::Internal("not now".into()));
        }
        self.0.hear(subject, forgotten);
        Ok(())
    }
}

/// A read model that has set aside everything else of a person is told all the same, and where it fails at that, nothing is set aside.
#[tokio::test]
async fn forgetting_is_not_set_aside() {
    let storage = Arc::new(on_sqlite::empty());
    let store = StorageStore::shared(Arc::clone(&storage));
    let store = store.aggregate::<Patient>(Documents::in_table(PATIENTS));
    let told = Arc::default();
    let projection = Projected::new(Strict(Listening(Arc::clone(&told)))).from::<Patient>();
    let projector = Projector::new(&storage, Projections::new().with(projection))
        .patient_for(std::time::Duration::from_millis(50));
    for number in 1..=2 {
        let id = Uuid::from_u128(number);
        let patient = Patient::admit(id.into(), "north", &format!("Ada {number}."));
        let mut uow = store.begin().await.expect("it begins");
        uow.repository().add(patient).expect("it is queued");
        uow.commit().await.expect("it commits");
        store.forget(&id.to_string()).await.expect("it is forgotten");
    }

    let running = projector.start();
    let stopped = async {
        while projector.status().await.expect("a status")[0].failure.is_none()
            || projector.status().await.expect("a status")[0].position < Position::new(3)
        {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), stopped).await;
    waited.expect("it stops");
    running.stop().await;
    let first = Uuid::from_u128(1);
    // It may be told again when what was written together with that was not committed.
    let told = told.lock().expect("nobody panics").first().cloned();
    assert_eq!(told, Some(format!("{first} of {first}@2")));
    let parked = projector.parked("strict").await.expect("it answers");
    let positions: Vec<u64> = parked.iter().map(|event| event.position.get()).collect();
    assert_eq!(positions, [1, 2, 3]);
    let refused = projector.park("strict", Position::new(4)).await.expect_err("it cannot wait");
    assert_eq!(refused.code(), "projection.forgets", "{refused}");
}

/// What patients are called, as the events say it.
struct Called;

impl Projection for Called {
    const NAME: &'static str = "called";
    const TABLES: &'static [&'static str] = &["called"];
}

impl Projects<Patient> for Called {
    async fn project(
        &self,
        happened: &Recorded<PatientEvent>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        if let PatientEvent::Admitted { id, name, .. } = &happened.event {
            let sql = "INSERT INTO {called} (patient, name) VALUES ($1, $2)";
            let name = name.known().map(String::as_str);
            view.execute(sql, &parameters![id.to_string(), name]).await?;
        }
        Ok(())
    }

    async fn on_forgotten(
        &self,
        subject: &str,
        _: &Recorded<Lifecycle>,
        view: &mut View<'_>,
    ) -> Result<(), StoreError> {
        view.execute("DELETE FROM {called} WHERE patient = $1", &parameters![subject]).await?;
        Ok(())
    }
}

/// What is written with the events is given them as they are, also when it is rebuilt and takes the last of them while others wait, and whoever
/// is forgotten is gone from it with the answer.
async fn is_written_as_it_is<S: SqlStorage>(plain: Arc<S>, inline: Arc<S>, inlined: Projections) {
    // More than are taken together.
    const MANY: usize = 600;
    let store = |storage: &Arc<S>| {
        StorageStore::shared(Arc::clone(storage))
            .aggregate::<Patient>(Documents::in_table(PATIENTS))
    };
    let id = |number: usize| Uuid::from_u128(number as u128);
    let mut uow = store(&plain).begin().await.expect("it begins");
    for number in 1..=MANY {
        let patient = Patient::admit(id(number).into(), "north", &format!("Ada {number}."));
        uow.repository().add(patient).expect("it is queued");
    }
    uow.commit().await.expect("it commits");
    let projector = Projector::new(&inline, inlined);
    projector.rebuild("called", |_| {}).await.expect("it is built");
    let mut uow = store(&inline).begin().await.expect("it begins");
    let patient = Patient::admit(id(MANY + 1).into(), "north", "Eve");
    uow.repository().add(patient).expect("it is queued");
    uow.commit().await.expect("it commits");

    let names = async || {
        let rows = inline.query("SELECT name FROM called ORDER BY patient", Vec::new()).await;
        rows.expect("it answers").into_iter().flatten().collect::<Vec<_>>()
    };
    let there = names().await;
    assert_eq!(there.len(), MANY + 1);
    assert_eq!(there[MANY - 1], SqlValue::from("Ada 600."));
    assert_eq!(there[MANY], SqlValue::from("Eve"));
    store(&inline).forget(&id(MANY + 1).to_string()).await.expect("it is forgotten");
    assert_eq!(names().await, there[..MANY]);
}

const CALLED: &str = "CREATE TABLE called (patient TEXT PRIMARY KEY, name TEXT NOT NULL)";

fn called() -> Projections {
    Projections::new().with(Projected::new(Called).from::<Patient>().inline())
}

#[tokio::test]
async fn what_is_written_with_the_events_is_as_it_is_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("called.db");
    let migrations =
        Migrations::new().with("0001_patients", documents(PATIENTS)).with("0002_called", CALLED);
    SqliteStorage::migrate(&path, &migrations).expect("the migrations apply");
    let plain = SqliteStorage::open(&path, &migrations).expect("it opens").with_cipher(cipher());
    let inline = Arc::new(plain.clone().with_inline(&called()));
    is_written_as_it_is(Arc::new(plain), inline, called()).await;
}

#[tokio::test]
async fn what_is_written_with_the_events_is_as_it_is_on_postgres() {
    let migrations = Migrations::new()
        .with("0001_patients", postgres_documents(PATIENTS))
        .with("0002_called", CALLED);
    let Some(plain) = postgres_server::database(migrations).await else { return };
    let plain = plain.with_cipher(cipher());
    let inline = Arc::new(plain.clone().with_inline(&called()));
    is_written_as_it_is(Arc::new(plain), inline, called()).await;
}

/// Nothing personal is stored as it is, for want of a cipher.
#[tokio::test]
async fn without_a_cipher_it_is_refused() {
    let store =
        StorageStore::new(MemoryStorage::new()).aggregate::<Patient>(Documents::in_table(PATIENTS));
    let mut uow = store.begin().await.expect("it begins");
    uow.repository()
        .add(Patient::admit(Uuid::from_u128(1).into(), "north", "Ada B."))
        .expect("queued");
    let refused = uow.commit().await.expect_err("it is refused");
    assert!(matches!(refused, StoreError::NoCipher), "{refused:?}");
    assert_eq!(store.storage().head().await.expect("a head"), Position::START);
}
