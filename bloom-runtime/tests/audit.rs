//! Histories that show when they are changed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod note;

use bloom_runtime::{
    application::{Documents, Resolution, in_context},
    ports::{Context, EventLog, Seal, Sealed, StreamId, seal},
    prelude::*,
};
use note::{Note, begun, change, diverge, id, store};

/// Not a digest that anybody should trust.
struct Sum;

impl Seal for Sum {
    fn seal(&self, previous: Option<&str>, event: &Sealed<'_>) -> String {
        let Sealed { version, name, body, metadata, .. } = event;
        let text = format!("{previous:?} {version} {name} {body} {:?}", metadata.actor);
        text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte)).to_string()
    }
}

#[tokio::test]
async fn audited_events_are_tied_to_those_before() {
    let store =
        store(Documents::in_table("notes").audited(Sum).on_conflict(Resolution::last_wins()));
    let nobody = {
        let mut uow = store.begin().await.unwrap();
        uow.repository().add(Note::begin(1)).unwrap();
        uow.commit().await
    };
    assert!(matches!(nobody, Err(StoreError::NoActor { .. })), "{nobody:?}");
    let ada = Context::new().with_actor("ada").with_reason("because");
    in_context(ada, async {
        begun(&store).await;
        change(&store, |note| {
            note.title_it("one");
            note.write("two");
        })
        .await
        .unwrap();
        diverge(&store, |note| note.title_it("yours"), |note| note.title_it("mine")).await.unwrap();
    })
    .await;
    let mut uow = store.begin().await.unwrap();
    let history = uow.repository::<Note>().history(&id(1)).await.unwrap();
    assert_eq!(history.len(), 5);
    assert!(history.iter().all(|one| one.metadata.reason.as_deref() == Some("because")));

    let stream =
        StreamId { tenant: String::new(), aggregate: "note".to_owned(), id: id(1).to_string() };
    let events = store.storage().read_stream(&stream, Version::NEW).await.unwrap();
    seal::verify(&Sum, &events).unwrap();

    let mut changed = events.clone();
    changed[2].body = changed[2].body.replace("two", "2");
    assert_eq!(seal::verify(&Sum, &changed).unwrap_err().version, 3);
    let mut somebody_else = events.clone();
    somebody_else[1].metadata.actor = Some("eve".to_owned());
    assert_eq!(seal::verify(&Sum, &somebody_else).unwrap_err().version, 2);
    let mut missing = events.clone();
    missing.remove(3);
    assert_eq!(seal::verify(&Sum, &missing).unwrap_err().version, 4);
    let mut unsealed = events;
    unsealed[4].metadata.seal = None;
    assert_eq!(seal::verify(&Sum, &unsealed).unwrap_err().version, 5);
}
