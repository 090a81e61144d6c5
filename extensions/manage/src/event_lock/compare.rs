//! What a program reads, held against what may be stored.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bloom_runtime::{
    application::KnownEvents,
    domain::{DecodeError, EventShape},
};

use super::{EventLock, Fields, noted};

/// Something that is not as it was.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) name: String,
    pub(crate) revision: u32,
    pub(crate) kind: FindingKind,
}

#[derive(Debug)]
pub(crate) enum FindingKind {
    /// Nobody has noted it yet.
    New { is: Fields },
    /// It has another shape than before, and reads what was stored in that one.
    Wider { is: Fields },
    /// It has other fields than before.
    Changed { was: Fields, is: Fields },
    /// Nothing reads it any more.
    Unread,
    /// A payload of its shape is not read.
    Refused(DecodeError),
    /// Events of two kinds of aggregates have this name.
    Shared { aggregates: [&'static str; 2] },
}

impl Finding {
    /// Whether the program stores what it did not store before, and reads everything that it did.
    pub(crate) fn is_new(&self) -> bool {
        matches!(self.kind, FindingKind::New { .. } | FindingKind::Wider { .. })
    }

    /// Whether somebody may say that nothing of it is stored.
    pub(crate) fn can_be_accepted(&self) -> bool {
        !matches!(self.kind, FindingKind::Refused(_) | FindingKind::Shared { .. })
    }

    /// Takes it as it is now.
    pub(crate) fn accept(self, lock: &mut EventLock) {
        match self.kind {
            FindingKind::New { is }
            | FindingKind::Wider { is }
            | FindingKind::Changed { is, .. } => {
                lock.insert(&self.name, self.revision, is);
            }
            FindingKind::Unread => lock.remove(&self.name, self.revision),
            FindingKind::Refused(_) | FindingKind::Shared { .. } => {}
        }
    }
}

/// Everything in which the program differs from the file.
pub(crate) fn compare(lock: &EventLock, known: &[KnownEvents]) -> Vec<Finding> {
    let is = EventLock::of(known);
    let mut findings = Vec::new();
    let mut found = |name: &str, revision, kind| {
        findings.push(Finding { name: name.to_owned(), revision, kind });
    };
    for (name, revision, fields) in is.entries() {
        match lock.get(name, revision) {
            None => found(name, revision, FindingKind::New { is: fields.clone() }),
            Some(was)
                if was != fields
                    && noted::reads(fields, was)
                    && reads_what_was(known, name, revision, was) =>
            {
                found(name, revision, FindingKind::Wider { is: fields.clone() });
            }
            Some(was) if was != fields => {
                let (was, is) = (was.clone(), fields.clone());
                found(name, revision, FindingKind::Changed { was, is });
            }
            Some(_) => {}
        }
    }
    for (name, revision, _) in lock.entries() {
        if is.get(name, revision).is_none() {
            found(name, revision, FindingKind::Unread);
        }
    }
    for (index, events) in known.iter().enumerate() {
        for shape in events.shapes() {
            let EventShape { name, revision, .. } = shape;
            let same = |other: &&KnownEvents| {
                other.shapes().iter().any(|shape| shape.name == name && shape.revision == revision)
            };
            if let Some(other) = known[..index].iter().find(same) {
                let aggregates = [other.aggregate, events.aggregate];
                found(name, revision, FindingKind::Shared { aggregates });
            }
            if let Some(body) = shape.sample()
                && let Some(Err(error)) = attempt(events, name, revision, &body)
            {
                found(name, revision, FindingKind::Refused(error));
            }
        }
    }
    findings
}

/// Whether a payload that was made up is read; `None` when what turns it into a later revision stumbles over what is in it, which says
/// nothing of those that are stored.
fn attempt(
    events: &KnownEvents,
    name: &str,
    revision: u32,
    body: &str,
) -> Option<Result<(), DecodeError>> {
    catch_unwind(AssertUnwindSafe(|| events.reads(name, revision, body))).ok()
}

/// Whether the program reads a payload of the shape that was noted.
fn reads_what_was(known: &[KnownEvents], name: &str, revision: u32, was: &Fields) -> bool {
    let Some(body) = noted::sample(was) else { return true };
    let of_event = |events: &&KnownEvents| {
        events.shapes().iter().any(|shape| shape.name == name && shape.revision == revision)
    };
    let events = known.iter().find(of_event);
    events.is_some_and(|events| !matches!(attempt(events, name, revision, &body), Some(Err(_))))
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, revision, kind } = self;
        match kind {
            FindingKind::New { .. } => {
                write!(f, "{name} {revision} is new; `events accept` notes it")
            }
            FindingKind::Wider { .. } => {
                write!(
                    f,
                    "{name} {revision} holds more than before, and reads what is stored; `events accept` notes it"
                )
            }
            FindingKind::Changed { was, is } => {
                write!(f, "{name} {revision} has another shape than what may be stored:")?;
                for (field, before) in was {
                    match is.get(field) {
                        None => write!(f, "\n  - {field}: {before}")?,
                        Some(after) if after != before => {
                            write!(f, "\n  - {field}: {before}\n  + {field}: {after}")?;
                        }
                        Some(_) => {}
                    }
                }
                for (field, after) in is.iter().filter(|(field, _)| !was.contains_key(*field)) {
                    write!(f, "\n  + {field}: {after}")?;
                }
                write!(
                    f,
                    "\n  give it `rev = {}` and say how the stored ones are read: `from = ..`, a struct that derives `EventRevision`; \
                     or, if none is stored anywhere, `events accept --changed`",
                    revision + 1
                )
            }
            FindingKind::Unread => write!(
                f,
                "{name} {revision} may be stored, and nothing reads it any more\n  bring it back, as the newest revision or by \
                 `from = ..`; or, if none is stored anywhere, `events accept --changed`"
            ),
            FindingKind::Shared { aggregates: [one, other] } => write!(
                f,
                "{name} {revision} is the name of an event of `{one}` and of one of `{other}`, which nothing that goes by names could tell apart\n  \
                 give one of them another name, such as `{other}.{}`",
                name.rsplit('.').next().unwrap_or(name)
            ),
            FindingKind::Refused(error) => {
                write!(f, "{name} {revision} is not read in the shape it says it has: {error}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bloom_runtime::{
        EventSourced,
        application::{Events, StorageStore},
        domain::{PartOfValue, Shape, Shaped, Within},
        memory::MemoryStorage,
        prelude::*,
    };

    use super::*;

    #[derive(Identity)]
    struct DoorId(Uuid);

    /// A door with these events, in a module of its own.
    macro_rules! door {
        ($module:ident { $($events:tt)* } $($more:item)*) => {
            mod $module {
                use super::*;

                #[derive(DomainEvent)]
                pub(super) enum DoorEvent {
                    #[event(name = "door.made", rev = 1)]
                    Made { id: DoorId },
                    $($events)*
                }

                #[derive(Aggregate)]
                #[aggregate(event = DoorEvent, name = "door")]
                pub(super) struct Door {
                    #[aggregate(id)]
                    id: DoorId,
                    #[aggregate(changes)]
                    changes: Changes<DoorEvent>,
                }

                impl EventSourced for Door {
                    fn begin(event: &DoorEvent) -> Option<Self> {
                        match event {
                            DoorEvent::Made { id } => {
                                Some(Self { id: *id, changes: Changes::new() })
                            }
                            #[allow(unreachable_patterns, reason = "some doors do nothing else")]
                            _ => None,
                        }
                    }

                    fn apply(&mut self, _: &DoorEvent) {}
                }

                $($more)*

                pub(super) fn findings(lock: &EventLock) -> Vec<String> {
                    let store = StorageStore::shared(Arc::new(MemoryStorage::new()));
                    let store = store.aggregate::<Door>(Events::folded());
                    compare(lock, store.known_events()).iter().map(ToString::to_string).collect()
                }

                #[allow(dead_code, reason = "not every door is noted")]
                pub(super) fn lock() -> EventLock {
                    let store = StorageStore::shared(Arc::new(MemoryStorage::new()));
                    EventLock::of(store.aggregate::<Door>(Events::folded()).known_events())
                }
            }
        };
    }

    door!(first {
        #[event(name = "door.opened", rev = 1)]
        Opened { by: String },
    });
    door!(renamed {
        #[event(name = "door.opened", rev = 1)]
        Opened { who: String },
    });
    door!(revised {
        #[event(name = "door.opened", rev = 2, from = OpenedV1)]
        Opened { who: String },
    }
        #[derive(EventRevision)]
        #[event(name = "door.opened", rev = 1)]
        struct OpenedV1 { by: String }

        impl From<OpenedV1> for DoorEvent {
            fn from(OpenedV1 { by }: OpenedV1) -> Self {
                Self::Opened { who: by }
            }
        });
    door!(wider {
        #[event(name = "door.opened", rev = 1)]
        Opened { by: Option<String>, times: Vec<u32> },
    });
    door!(without {});
    door!(odd {
        #[event(name = "door.opened", rev = 1)]
        Opened { by: Odd },
    });

    /// What it says of its shape is not so.
    #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
    pub(super) struct Odd(String);

    impl PartOfValue for Odd {}

    impl Shaped for Odd {
        fn shape(_: &mut Within) -> Shape {
            Shape::Plain("i64")
        }
    }

    #[derive(DomainEvent)]
    enum GateEvent {
        #[event(name = "gate.made", rev = 1)]
        Made { id: DoorId },
        #[event(name = "door.opened", rev = 1)]
        Opened { by: String },
    }

    #[derive(Aggregate)]
    #[aggregate(event = GateEvent)]
    struct Gate {
        #[aggregate(id)]
        id: DoorId,
        #[aggregate(changes)]
        changes: Changes<GateEvent>,
    }

    impl EventSourced for Gate {
        fn begin(event: &GateEvent) -> Option<Self> {
            match event {
                GateEvent::Made { id } => Some(Self { id: *id, changes: Changes::new() }),
                GateEvent::Opened { .. } => None,
            }
        }

        fn apply(&mut self, _: &GateEvent) {}
    }

    #[test]
    fn one_name_is_not_given_to_events_of_two_kinds() {
        let store = StorageStore::shared(Arc::new(MemoryStorage::new()))
            .aggregate::<first::Door>(Events::folded())
            .aggregate::<Gate>(Events::folded());
        let lock = EventLock::of(store.known_events());
        let [shared] = &compare(&lock, store.known_events())[..] else { panic!("one finding") };
        assert!(!shared.is_new() && !shared.can_be_accepted());
        assert_eq!(
            shared.to_string(),
            "door.opened 1 is the name of an event of `door` and of one of `gate`, which nothing that goes by names could tell apart\n  \
             give one of them another name, such as `gate.opened`"
        );
    }

    #[test]
    fn what_is_stored_has_to_be_read_as_it_was_written() {
        let lock = first::lock();
        assert_eq!(first::findings(&lock), Vec::<String>::new());
        let new = first::findings(&EventLock::default());
        assert!(new.len() == 2 && new[1] == "door.opened 1 is new; `events accept` notes it");

        let [changed] = &renamed::findings(&lock)[..] else { panic!("one finding") };
        assert!(
            changed.contains("\n  - by: text\n  + who: text\n  give it `rev = 2`"),
            "{changed}"
        );
        let [new] = &revised::findings(&lock)[..] else { panic!("one finding") };
        assert!(new.starts_with("door.opened 2 is new"), "{new}");
        let [wider] = &wider::findings(&lock)[..] else { panic!("one finding") };
        assert!(wider.contains("reads what is stored"), "{wider}");
        let [unread] = &without::findings(&lock)[..] else { panic!("one finding") };
        assert!(
            unread.starts_with("door.opened 1 may be stored, and nothing reads it"),
            "{unread}"
        );
        // And when the earlier revision is forgotten.
        let [.., unread] = &first::findings(&revised::lock())[..] else { panic!("a finding") };
        assert!(unread.starts_with("door.opened 2 may be stored"), "{unread}");
        let odd = odd::findings(&odd::lock());
        assert!(odd.len() == 1 && odd[0].contains("is not read in the shape"), "{odd:?}");
    }
}
