//! What a repository does besides.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod note;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bloom_runtime::{
    application::{Behaviour, Documents, Loaded, Saved, Saving, Stage, StorageStore},
    memory::MemoryStorage,
    ports::{EventLog, Position, StreamId},
    prelude::*,
};
use note::{Note, NoteError, begun, change, diverge, id, load, store};

/// Writes down what it sees.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }
    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Watch(Diary, &'static str, Stage);

impl Behaviour<Note> for Watch {
    fn stage(&self) -> Stage {
        self.2
    }
    fn loaded(&self, loaded: &Loaded<'_, Note>) {
        self.0.note(format!("{} loaded {}", self.1, loaded.aggregate.is_some()));
    }
    fn saving(&self, saving: &Saving<'_, Note>) -> Result<(), Box<dyn Classified>> {
        self.0.note(format!("{} saving {}", self.1, saving.events.len()));
        Ok(())
    }
    fn committed(&self, saved: &Saved<'_, Note>) {
        let title = saved.aggregate.map(Note::title);
        self.0.note(format!("{} committed {} {title:?}", self.1, saved.version));
    }
    fn failed(&self, stream: &StreamId, error: &StoreError) {
        self.0.note(format!("{} failed {stream} {}", self.1, error.code()));
    }
}

#[tokio::test]
async fn behaviours_are_called_in_the_order_of_their_stages() {
    let diary = Diary::default();
    let watch = |name, stage| Watch(diary.clone(), name, stage);
    let store = store(
        Documents::in_table("notes")
            .with(watch("metrics", Stage::Metrics))
            .with(watch("own", Stage::Own))
            .with(watch("cache", Stage::Cache)),
    );
    begun(&store).await;
    assert_eq!(
        diary.lines(),
        [
            "cache saving 1",
            "own saving 1",
            "metrics saving 1",
            "cache committed 1 Some(\"\")",
            "own committed 1 Some(\"\")",
            "metrics committed 1 Some(\"\")",
        ]
    );
    let conflict =
        diverge(&store, |note| note.title_it("yours"), |note| note.title_it("mine")).await;
    assert!(matches!(conflict, Err(StoreError::Conflict { .. })), "{conflict:?}");
    let own: Vec<String> =
        diary.lines().into_iter().filter(|line| line.starts_with("own")).collect();
    let failed = format!("own failed note-{} store.conflict", id(1));
    assert_eq!(
        own,
        [
            "own loaded true",
            "own loaded true",
            "own saving 1",
            "own committed 2 Some(\"yours\")",
            "own saving 1",
            &failed,
        ]
    );
}

#[tokio::test]
async fn what_does_not_validate_is_not_queued() {
    let store = store(Documents::in_table("notes").validated(|note: &Note| {
        if note.title().ends_with('!') { Err(NoteError::Loud) } else { Ok(()) }
    }));
    begun(&store).await;
    let refused = change(&store, |note| note.title_it("HEY!")).await.unwrap_err();
    assert_eq!(Failure::from(refused).downcast_ref(), Some(&NoteError::Loud));
    assert_eq!(store.storage().head().await.unwrap(), Position::new(1));
    change(&store, |note| note.title_it("Hey")).await.unwrap();
}

/// A cache as simple as one can be.
#[derive(Clone, Default)]
struct Remembered(Arc<Mutex<HashMap<StreamId, Note>>>);

impl Behaviour<Note> for Remembered {
    fn stage(&self) -> Stage {
        Stage::Cache
    }
    fn recall(&self, stream: &StreamId) -> Option<Note> {
        self.0.lock().unwrap().get(stream).cloned()
    }
    fn committed(&self, saved: &Saved<'_, Note>) {
        let mut notes = self.0.lock().unwrap();
        match saved.aggregate {
            Some(note) => notes.insert(saved.stream.clone(), note.clone()),
            None => notes.remove(saved.stream),
        };
    }
    fn failed(&self, stream: &StreamId, _: &StoreError) {
        self.0.lock().unwrap().remove(stream);
    }
}

#[tokio::test]
async fn what_is_recalled_is_checked_at_commit_and_never_used_while_holding() {
    let cache = Remembered::default();
    let store = store(Documents::in_table("notes").with(cache.clone()));
    begun(&store).await;
    // Somebody else, without this cache, changes it.
    let elsewhere = StorageStore::shared(Arc::clone(store.storage()))
        .aggregate::<Note>(Documents::in_table("notes"));
    change(&elsewhere, |note| note.write("elsewhere")).await.unwrap();
    assert_eq!(load(&store).await.text(), "", "it comes from the cache");
    let mut held = store.begin_interactive().await.unwrap();
    let note: Note = held.repository().get(&id(1)).await.unwrap();
    assert_eq!(note.text(), "elsewhere", "what is held is read");
    drop(held);
    let stale = change(&store, |note| note.title_it("late")).await;
    assert!(matches!(stale, Err(StoreError::Conflict { .. })), "{stale:?}");
    change(&store, |note| note.title_it("late")).await.unwrap();
    let note = load(&store).await;
    assert_eq!((note.title(), note.text()), ("late", "elsewhere"));
}

#[tokio::test]
async fn a_version_that_a_client_has_seen_is_compared_with_the_store() {
    let cache = Remembered::default();
    let store = store(Documents::in_table("notes").with(cache.clone()));
    begun(&store).await;
    let elsewhere = StorageStore::shared(Arc::clone(store.storage()))
        .aggregate::<Note>(Documents::in_table("notes"));
    change(&elsewhere, |note| note.write("elsewhere")).await.unwrap();
    let mut uow = store.begin().await.unwrap();
    let seen = uow.repository::<Note>().get_seen(&id(1), Some(Version::new(2))).await.unwrap();
    assert_eq!(
        seen.text(),
        "elsewhere",
        "what is remembered is older than what the client has seen"
    );
    let old = uow.repository::<Note>().get_seen(&id(1), Some(Version::new(1))).await;
    assert!(matches!(old, Err(StoreError::Stale { .. })), "{old:?}");
}

#[tokio::test]
async fn behaviours_hear_of_a_commit_that_nobody_waits_for() {
    let diary = Diary::default();
    let storage = Arc::new(MemoryStorage::new());
    let store = StorageStore::shared(Arc::clone(&storage)).aggregate::<Note>(
        Documents::in_table("notes").with(Watch(diary.clone(), "own", Stage::Own)),
    );
    begun(&store).await;
    let mut uow = store.begin().await.unwrap();
    let mut note: Note = uow.repository().get(&id(1)).await.unwrap();
    note.write("lost");
    uow.repository().save(note).unwrap();
    // Somebody holds the storage, so that the commit waits, and whoever waits for it goes away.
    let held = store.begin_interactive().await.unwrap();
    diary.lines();
    let waiting = tokio::time::timeout(std::time::Duration::from_millis(20), uow.commit()).await;
    assert!(waiting.is_err());
    assert_eq!(diary.lines(), [format!("own failed note-{} store.outcome_unknown", id(1))]);
    drop(held);
}

#[tokio::test]
async fn what_does_not_validate_can_be_removed() {
    let lenient = store(Documents::in_table("notes"));
    begun(&lenient).await;
    change(&lenient, |note| note.title_it("HEY!")).await.unwrap();
    let strict = StorageStore::shared(Arc::clone(lenient.storage())).aggregate::<Note>(
        Documents::in_table("notes").soft_delete().validated(|note: &Note| {
            if note.title().ends_with('!') { Err(NoteError::Loud) } else { Ok(()) }
        }),
    );
    let mut uow = strict.begin().await.unwrap();
    let note: Note = uow.repository().get(&id(1)).await.unwrap();
    uow.repository().remove(note).unwrap();
    uow.commit().await.unwrap();
    let mut uow = strict.begin().await.unwrap();
    uow.repository::<Note>().purge(&id(1)).await.unwrap();
    uow.commit().await.unwrap();
}
