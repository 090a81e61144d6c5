//! What a repository does besides, and what becomes of conflicts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bloom_runtime::{
    EventSourced,
    application::{
        Behaviour, Decision, Divergence, Documents, Events, Loaded, Registration, Resolution,
        Saved, Saving, Stage, StorageStore, in_context,
    },
    memory::MemoryStorage,
    ports::{Context, EventLog, Outcome, Position, Seal, Sealed, StreamId, seal},
    prelude::*,
};

#[derive(Identity)]
struct NoteId(Uuid);

#[derive(DomainEvent)]
enum NoteEvent {
    #[event(name = "note.begun", rev = 1)]
    Begun { id: NoteId },
    #[event(name = "note.titled", rev = 1)]
    Titled { title: String },
    #[event(name = "note.written", rev = 1)]
    Written { text: String },
}

#[derive(Aggregate)]
#[aggregate(event = NoteEvent)]
struct Note {
    #[aggregate(id)]
    id: NoteId,
    title: String,
    text: String,
    #[aggregate(changes)]
    changes: Changes<NoteEvent>,
}

impl Note {
    fn begin(number: u128) -> Self {
        Self::start(NoteEvent::Begun { id: Uuid::from_u128(number).into() })
    }
    fn title_it(&mut self, title: &str) {
        self.raise(NoteEvent::Titled { title: title.to_owned() });
    }
    fn write(&mut self, text: &str) {
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
enum NoteError {
    #[error(kind = rule, code = "note.loud", "a title is not loud")]
    Loud,
}

fn id(number: u128) -> NoteId {
    Uuid::from_u128(number).into()
}

type Store1 = StorageStore<MemoryStorage>;

fn store(registration: Registration<Note>) -> Store1 {
    StorageStore::new(MemoryStorage::new()).aggregate(registration)
}

async fn begun(store: &Store1) {
    let mut uow = store.begin().await.unwrap();
    uow.repository().add(Note::begin(1)).unwrap();
    uow.commit().await.unwrap();
}

async fn load(store: &Store1) -> Note {
    store.begin().await.unwrap().repository().get(&id(1)).await.unwrap()
}

async fn change(store: &Store1, change: impl FnOnce(&mut Note)) -> Result<(), StoreError> {
    let mut uow = store.begin().await?;
    let mut note: Note = uow.repository().get(&id(1)).await?;
    change(&mut note);
    uow.repository().save(note)?;
    uow.commit().await.map(drop)
}

/// Two change the same note, each as `mine` and `yours` say; mine is committed last.
async fn diverge(
    store: &Store1,
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
