use bloom_runtime::prelude::*;

#[derive(EventRevision)]
#[event(name = "door.closed", rev = 1)]
struct ClosedV1 {}

#[derive(EventRevision)]
#[event(name = "door.opened", rev = 2)]
struct OpenedV2 {}

#[derive(EventRevision)]
#[event(rev = 1, form = OpenedV2)]
struct Nameless {}

#[derive(EventRevision)]
#[event(name = "door.opened", rev = 1)]
struct Unnamed(String);

#[derive(EventRevision)]
#[event(name = "door.opened", rev = 1)]
enum Several {}

#[derive(DomainEvent)]
enum DoorEvent {
    #[event(name = "door.opened", rev = 2, from = OpenedV2)]
    Opened {},
    #[event(name = "door.locked", rev = 2, from = ClosedV1)]
    Locked {},
    #[event(name = "door.painted", rev = 2, from = String)]
    Painted {},
}

impl From<OpenedV2> for DoorEvent {
    fn from(_: OpenedV2) -> Self {
        Self::Opened {}
    }
}

impl From<ClosedV1> for DoorEvent {
    fn from(_: ClosedV1) -> Self {
        Self::Locked {}
    }
}

fn main() {}
