//! Places of those who follow the log.
#![allow(clippy::unwrap_used, reason = "a check that cannot go on fails")]

use std::time::Duration;

use super::How;
use crate::ports::{Cursors, Held, Moved, Place, Position, Shift, Storage, Turn};

/// A reader finds the place where it was.
pub async fn cursors_are_kept<S: Storage + Cursors>(storage: S, _: How) {
    assert_eq!(storage.cursor("one").await.unwrap(), Position::START);
    storage.save_cursor("one", Position::new(3)).await.unwrap();
    storage.save_cursor("two", Position::new(4)).await.unwrap();
    storage.save_cursor("one", Position::new(5)).await.unwrap();
    assert_eq!(storage.cursor("one").await.unwrap(), Position::new(5));
    assert_eq!(storage.cursor("two").await.unwrap(), Position::new(4));
}

const NAME: &str = "mail";
const LONG: Duration = Duration::from_secs(50);

fn worker() -> Shift {
    Shift::new().holding_for(LONG)
}

fn held_by(shift: &Shift) -> Held {
    Held { name: NAME.to_owned(), worker: shift.worker().clone(), wanted_by: None }
}

async fn claimed<S: Cursors>(storage: &S, shift: &Shift) -> u64 {
    let seen = storage.place(NAME).await.unwrap();
    storage.claim(NAME, &seen, shift).await.unwrap().expect("it is its turn")
}

/// A place is held by one worker at a time, and is moved by nobody who has lost it.
pub async fn places_are_held_by_one<S: Storage + Cursors>(storage: S, _: How) {
    let (one, other) = (worker(), worker());
    let free = storage.place(NAME).await.unwrap();
    assert_eq!(free.turn(one.worker()), Turn::Free);
    // Of two who see it free at the same moment one gets it.
    let epoch = storage.claim(NAME, &free, &one).await.unwrap().unwrap();
    assert_eq!(storage.claim(NAME, &free, &other).await.unwrap(), None);
    let seen = storage.place(NAME).await.unwrap();
    assert_eq!((seen.turn(one.worker()), seen.turn(other.worker())), (Turn::Mine, Turn::Theirs));
    assert_eq!(storage.claim(NAME, &seen, &other).await.unwrap(), None, "it is held");
    assert_eq!(storage.claim(NAME, &seen, &one).await.unwrap(), Some(epoch), "it is held longer");

    let moves = async |shift: &Shift, epoch, position| {
        storage.move_cursor(NAME, epoch, shift, Position::new(position)).await.unwrap()
    };
    assert_eq!(moves(&one, epoch, 3).await, Moved::Kept);
    assert_eq!(moves(&other, epoch, 4).await, Moved::Lost);
    assert_eq!(moves(&one, epoch, 2).await, Moved::Kept);
    assert_eq!(storage.cursor(NAME).await.unwrap(), Position::new(3), "it never goes back");
    // What was seen before it moved is not so any more.
    assert_eq!(storage.claim(NAME, &seen, &one).await.unwrap(), None);
    assert_eq!(storage.held(other.worker()).await.unwrap(), [held_by(&one)]);

    // Whoever gives it up and takes it again has it in another epoch: what it did before comes too late.
    storage.release("another", one.worker()).await.unwrap();
    storage.release(NAME, other.worker()).await.unwrap();
    assert_eq!(moves(&one, epoch, 3).await, Moved::Kept, "nobody else gives it up");
    storage.release(NAME, one.worker()).await.unwrap();
    assert_eq!(storage.held(one.worker()).await.unwrap(), []);
    let now_free = storage.place(NAME).await.unwrap();
    assert_eq!((now_free.turn(one.worker()), now_free.position), (Turn::Free, Position::new(3)));
    let again = claimed(&storage, &one).await;
    assert_eq!(moves(&one, epoch, 5).await, Moved::Lost);
    assert_eq!(moves(&one, again, 4).await, Moved::Kept);
    storage.release(NAME, one.worker()).await.unwrap();
    let stale = Place { position: Position::new(4), ..now_free };
    assert_eq!(storage.claim(NAME, &stale, &other).await.unwrap(), None, "of an earlier epoch");
}

/// A place is given to who asks for it, and to nobody who does not.
pub async fn places_are_handed_over<S: Storage + Cursors>(storage: S, _: How) {
    let (one, other) = (worker(), worker());
    let epoch = claimed(&storage, &one).await;
    storage.hand_over(NAME, epoch, &one).await.unwrap();
    assert_eq!(storage.held(other.worker()).await.unwrap(), [held_by(&one)], "nobody asks");
    storage.ask_for(NAME, other.worker(), other.worker()).await.unwrap();
    assert_eq!(storage.place(NAME).await.unwrap().wanted_by(), None, "it asked somebody else");
    storage.ask_for(NAME, one.worker(), other.worker()).await.unwrap();
    storage.ask_for(NAME, one.worker(), worker().worker()).await.unwrap();
    assert_eq!(storage.place(NAME).await.unwrap().wanted_by(), Some(other.worker()));
    let wanted = Held { wanted_by: Some(other.worker().clone()), ..held_by(&one) };
    assert_eq!(storage.held(one.worker()).await.unwrap(), [wanted]);
    let moved = storage.move_cursor(NAME, epoch, &one, Position::new(3)).await.unwrap();
    assert_eq!(moved, Moved::Wanted);
    storage.hand_over(NAME, epoch + 1, &one).await.unwrap();
    storage.hand_over(NAME, epoch, &other).await.unwrap();
    assert_eq!(storage.place(NAME).await.unwrap().turn(one.worker()), Turn::Mine);
    storage.hand_over(NAME, epoch, &one).await.unwrap();
    assert_eq!(storage.held(one.worker()).await.unwrap(), [held_by(&other)]);
    let moved = storage.move_cursor(NAME, epoch, &one, Position::new(5)).await.unwrap();
    assert_eq!((moved, storage.cursor(NAME).await.unwrap()), (Moved::Lost, Position::new(3)));

    // Whoever ends asks no more, and gets nothing.
    storage.ask_for(NAME, other.worker(), one.worker()).await.unwrap();
    storage.release(NAME, one.worker()).await.unwrap();
    let place = storage.place(NAME).await.unwrap();
    assert_eq!((place.wanted_by(), place.turn(other.worker())), (None, Turn::Mine));
    storage.ask_for(NAME, other.worker(), one.worker()).await.unwrap();
    storage.release(NAME, other.worker()).await.unwrap();
    claimed(&storage, &worker()).await;
    assert_eq!(storage.place(NAME).await.unwrap().wanted_by(), None, "nobody was asked");
}

/// What is not held any longer is taken by others, and whoever has slept meanwhile writes no more.
pub async fn places_are_held_for_a_time<S: Storage + Cursors>(storage: S, _: How) {
    const ABOUT: Duration = Duration::from_secs(30);
    let asleep = Shift::new().holding_for(Shift::SHORTEST);
    let awake = worker();
    let epoch = claimed(&storage, &asleep).await;
    storage.ask_for(NAME, asleep.worker(), worker().worker()).await.unwrap();
    tokio::time::sleep(Shift::SHORTEST * 2).await;
    let lapsed = storage.place(NAME).await.unwrap();
    assert_eq!(lapsed.turn(awake.worker()), Turn::Lapsed);
    assert_eq!(lapsed.turn(asleep.worker()), Turn::Mine);
    assert_eq!(storage.held(awake.worker()).await.unwrap().len(), 0);
    assert_eq!(storage.held(asleep.worker()).await.unwrap().len(), 1, "it was the last to hold it");

    let taken = claimed(&storage, &awake).await;
    assert!(taken > epoch, "{taken} after {epoch}");
    let place = storage.place(NAME).await.unwrap();
    let holder = place.holder.clone().unwrap();
    assert!(holder.left > ABOUT && holder.left <= LONG, "{:?}", holder.left);
    assert_eq!(place.wanted_by(), None, "another one was asked");
    let moved = storage.move_cursor(NAME, epoch, &asleep, Position::new(7)).await.unwrap();
    assert_eq!((moved, storage.cursor(NAME).await.unwrap()), (Moved::Lost, Position::START));

    // Both who moves it and who takes it again hold it for longer.
    let soon = Shift::new().holding_for(Shift::LONGEST / 6);
    storage.release(NAME, awake.worker()).await.unwrap();
    let epoch = claimed(&storage, &soon).await;
    let longer = soon.holding_for(LONG);
    assert!(storage.place(NAME).await.unwrap().holder.unwrap().left < ABOUT);
    storage.move_cursor(NAME, epoch, &longer, Position::new(8)).await.unwrap();
    assert!(storage.place(NAME).await.unwrap().holder.unwrap().left > ABOUT);
    assert_eq!(claimed(&storage, &longer.holding_for(Shift::LONGEST / 6)).await, epoch);
    assert!(storage.place(NAME).await.unwrap().holder.unwrap().left < ABOUT);
}
