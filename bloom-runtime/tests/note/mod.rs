//! A note that two may write at once.
#![allow(clippy::unwrap_used, dead_code, reason = "each test uses a part of it")]

use bloom_runtime::{
    EventSourced,
    application::{Registration, StorageStore},
    memory::MemoryStorage,
    prelude::*,
};

#[derive(Identity)]
pub(crate) struct NoteId(Uuid);

#[derive(DomainEvent)]
pub(crate) enum NoteEvent {
    #[event(name = "note.begun", rev = 1)]
    Begun { id: NoteId },
    #[event(name = "note.titled", rev = 1)]
    Titled { title: String },
    #[event(name = "note.written", rev = 1)]
    Written { text: String },
}

#[derive(Aggregate)]
#[aggregate(event = NoteEvent)]
pub(crate) struct Note {
    #[aggregate(id)]
    id: NoteId,
    title: String,
    text: String,
    #[aggregate(changes)]
    changes: Changes<NoteEvent>,
}

impl Note {
    pub(crate) fn begin(number: u128) -> Self {
        Self::start(NoteEvent::Begun { id: Uuid::from_u128(number).into() })
    }
    pub(crate) fn title_it(&mut self, title: &str) {
        self.raise(NoteEvent::Titled { title: title.to_owned() });
    }
    pub(crate) fn write(&mut self, text: &str) {
        self.raise(NoteEvent::Written { text: text.to_owned() });
    }
}

impl EventSourced for Note {
    fn begin(event: &NoteEvent) -> Option<Self> {
        let NoteEvent::Begun { id } = event else { return None };
        Some(Self { id: *id, title: String::new(), text: String::new(), changes: Changes::new() })
    }
    fn apply(&mut self, event: &NoteEvent) {
        match event {
            NoteEvent::Begun { .. } => {}
            NoteEvent::Titled { title } => self.title.clone_from(title),
            NoteEvent::Written { text } => self.text.clone_from(text),
        }
    }
}

#[derive(DomainError)]
pub(crate) enum NoteError {
    #[error(kind = rule, code = "note.loud", "a title is not loud")]
    Loud,
}

pub(crate) fn id(number: u128) -> NoteId {
    Uuid::from_u128(number).into()
}

pub(crate) type Notes = StorageStore<MemoryStorage>;

pub(crate) fn store(registration: Registration<Note>) -> Notes {
    StorageStore::new(MemoryStorage::new()).aggregate(registration)
}

pub(crate) async fn begun(store: &Notes) {
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Note::begin(1)).unwrap();
    uow.commit().await.unwrap();
}

pub(crate) async fn load(store: &Notes) -> Note {
    store.begin().await.unwrap().repository().get(&id(1)).await.unwrap()
}

pub(crate) async fn change(
    store: &Notes,
    change: impl FnOnce(&mut Note),
) -> Result<(), StoreError> {
    let mut uow = store.begin().await?;
    let mut note: Note = uow.repository().get(&id(1)).await?;
    change(&mut note);
    uow.repository().save(note)?;
    uow.commit().await.map(drop)
}

/// Two change the same note, each as `mine` and `yours` say; mine is committed last.
pub(crate) async fn diverge(
    store: &Notes,
    yours: impl FnOnce(&mut Note),
    mine: impl FnOnce(&mut Note),
) -> Result<(), StoreError> {
    let mut uow = store.begin().await?;
    let mut note: Note = uow.repository().get(&id(1)).await?;
    change(store, yours).await?;
    mine(&mut note);
    uow.repository().save(note)?;
    uow.commit().await.map(drop)
}
