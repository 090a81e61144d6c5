//! What becomes of conflicts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod note;

use bloom_runtime::{
    application::{Decision, Divergence, Documents, Events, Resolution},
    ports::{EventLog, Outcome, Position},
    prelude::*,
};
use note::{Note, NoteEvent, begun, change, diverge, id, load, store};

#[tokio::test]
async fn the_last_one_wins_where_that_is_right() {
    for registration in [Documents::in_table("notes"), Events::folded()] {
        let store = store(registration.on_conflict(Resolution::last_wins()));
        begun(&store).await;
        diverge(&store, |note| note.title_it("yours"), |note| note.title_it("mine")).await.unwrap();
        let note = load(&store).await;
        assert_eq!((note.title(), note.version()), ("mine", Version::new(3)), "both happened");
    }
}

#[tokio::test]
async fn other_fields_are_merged_and_the_same_field_is_a_conflict() {
    for registration in [Documents::in_table("notes"), Events::folded()] {
        let store = store(registration.on_conflict(Resolution::merge_fields()));
        begun(&store).await;
        diverge(&store, |note| note.title_it("yours"), |note| note.write("mine")).await.unwrap();
        let note = load(&store).await;
        assert_eq!((note.title(), note.text()), ("yours", "mine"));
        let same = diverge(&store, |note| note.write("yours"), |note| note.write("mine too")).await;
        assert!(matches!(same, Err(StoreError::Conflict { .. })), "{same:?}");
        assert_eq!(load(&store).await.text(), "yours");
    }
}

#[tokio::test]
async fn a_function_decides() {
    let store = store(Documents::in_table("notes").on_conflict(Resolution::decided_by(
        |both: &Divergence<Note>| {
            assert_eq!(both.base.text(), "", "as both have seen it");
            match (&both.theirs[..], &both.ours[..]) {
                ([NoteEvent::Written { text: theirs }], [NoteEvent::Written { text: ours }]) => {
                    let text = format!("{theirs} and {ours}");
                    assert_eq!(both.current.text(), theirs);
                    Decision::Instead(vec![NoteEvent::Written { text }])
                }
                ([NoteEvent::Titled { .. }], _) => Decision::Append,
                _ => Decision::Reject,
            }
        },
    )));
    begun(&store).await;
    diverge(&store, |note| note.write("salt"), |note| note.write("pepper")).await.unwrap();
    let note = load(&store).await;
    assert_eq!((note.text(), note.version()), ("salt and pepper", Version::new(3)));
}

#[tokio::test]
async fn everybody_who_wins_last_is_there_in_the_end() {
    let store = store(Documents::in_table("notes").on_conflict(Resolution::last_wins()));
    begun(&store).await;
    // All have seen the first version.
    let mut waiting = Vec::new();
    for number in 0..8 {
        let mut uow = store.begin().await.unwrap();
        let mut note: Note = uow.repository().get(&id(1)).await.unwrap();
        note.write(&number.to_string());
        uow.repository().save(note).unwrap();
        waiting.push(tokio::spawn(uow.commit()));
    }
    for one in waiting {
        one.await.unwrap().unwrap();
    }
    assert_eq!(load(&store).await.version(), Version::new(9));
    assert_eq!(store.storage().head().await.unwrap(), Position::new(9));
}

#[tokio::test]
async fn what_somebody_relies_on_is_not_resolved() {
    let store = store(Documents::in_table("notes").on_conflict(Resolution::last_wins()));
    begun(&store).await;
    // The client has named the version that it has seen.
    let mut uow = store.begin().await.unwrap();
    let mut note: Note = uow.repository().get_seen(&id(1), Some(Version::new(1))).await.unwrap();
    change(&store, |note| note.write("yours")).await.unwrap();
    note.write("mine");
    uow.repository().save(note).unwrap();
    let seen = uow.commit().await;
    assert!(matches!(seen, Err(StoreError::Conflict { .. })), "{seen:?}");
    // The unit of work guards it.
    let mut uow = store.begin().await.unwrap();
    let mut note: Note = uow.repository().get(&id(1)).await.unwrap();
    uow.guard(&note);
    change(&store, |note| note.write("yours again")).await.unwrap();
    note.write("mine");
    uow.repository().save(note).unwrap();
    let guarded = uow.commit().await;
    assert!(matches!(guarded, Err(StoreError::Conflict { .. })), "{guarded:?}");
    // The outcome of a command is kept.
    let mut uow = store.begin().await.unwrap();
    let mut note: Note = uow.repository().get(&id(1)).await.unwrap();
    change(&store, |note| note.write("yours once more")).await.unwrap();
    note.write("mine");
    uow.repository().save(note).unwrap();
    let (key, fingerprint) = ("key".to_owned(), "print".to_owned());
    uow.record_outcome(Outcome { key, fingerprint, body: "3".to_owned() });
    let kept = uow.commit().await;
    assert!(matches!(kept, Err(StoreError::Conflict { .. })), "{kept:?}");
    assert_eq!(load(&store).await.text(), "yours once more");
}
