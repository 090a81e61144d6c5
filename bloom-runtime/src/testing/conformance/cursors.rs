//! Places of those who follow the log.
#![allow(clippy::unwrap_used, reason = "a check that cannot go on fails")]

use std::time::Duration;

use super::How;
use crate::ports::{Cursors, Position, Shift, Storage, Turn};

/// A reader finds the place where it was.
pub async fn cursors_are_kept<S: Storage + Cursors>(storage: S, _: How) {
    assert_eq!(storage.cursor("one").await.unwrap(), Position::START);
    storage.save_cursor("one", Position::new(3)).await.unwrap();
    storage.save_cursor("two", Position::new(4)).await.unwrap();
    storage.save_cursor("one", Position::new(5)).await.unwrap();
    assert_eq!(storage.cursor("one").await.unwrap(), Position::new(5));
    assert_eq!(storage.cursor("two").await.unwrap(), Position::new(4));
}

/// A place is held by one worker at a time, and is moved by nobody who has lost it.
pub async fn places_are_held_by_one<S: Storage + Cursors>(storage: S, _: How) {
    const AWHILE: Duration = Duration::from_secs(50);
    let (one, other) = (Shift::new().lasting(AWHILE), Shift::new().lasting(AWHILE));
    let held = |worker: &Shift| vec![("mail".to_owned(), worker.worker.clone())];
    let free = storage.place("mail").await.unwrap();
    assert_eq!(free.turn(&one.worker), Turn::Free);
    let epoch = storage.claim("mail", &free, &one).await.unwrap().unwrap();
    assert_eq!(storage.claim("mail", &free, &other).await.unwrap(), None, "it was seen before");

    let seen = storage.place("mail").await.unwrap();
    assert_eq!((seen.turn(&one.worker), seen.turn(&other.worker)), (Turn::Mine, Turn::Theirs));
    assert_eq!(storage.claim("mail", &seen, &other).await.unwrap(), None, "it is held");
    assert_eq!(storage.claim("mail", &seen, &one).await.unwrap(), Some(epoch), "it is held longer");
    assert!(storage.move_cursor("mail", epoch, &one, Position::new(3)).await.unwrap());
    assert!(!storage.move_cursor("mail", epoch, &other, Position::new(4)).await.unwrap());
    assert!(storage.move_cursor("mail", epoch, &one, Position::new(2)).await.unwrap());
    assert_eq!(storage.cursor("mail").await.unwrap(), Position::new(3), "it never goes back");
    assert_eq!(storage.held().await.unwrap(), held(&one));

    // It is given to who asks for it, and to nobody who does not.
    storage.hand_over("mail", epoch, &one).await.unwrap();
    storage.ask_for("mail", &other.worker, &other.worker).await.unwrap();
    assert_eq!(storage.place("mail").await.unwrap().wanted_by(), None, "it asked somebody else");
    storage.ask_for("mail", &one.worker, &other.worker).await.unwrap();
    storage.ask_for("mail", &one.worker, &Shift::new().worker).await.unwrap();
    assert_eq!(storage.place("mail").await.unwrap().wanted_by(), Some(&other.worker));
    storage.hand_over("mail", epoch, &one).await.unwrap();
    assert_eq!(storage.held().await.unwrap(), held(&other));
    assert!(!storage.move_cursor("mail", epoch, &one, Position::new(5)).await.unwrap());
    let given = storage.place("mail").await.unwrap();
    assert_eq!((given.position, given.wanted_by()), (Position::new(3), None));

    // Whoever ends gives up what it has, and writes no more.
    storage.release(&other.worker).await.unwrap();
    assert_eq!(storage.held().await.unwrap(), []);
    assert!(!storage.move_cursor("mail", given.epoch, &other, Position::new(6)).await.unwrap());
    let free = storage.place("mail").await.unwrap();
    assert_eq!(free.turn(&one.worker), Turn::Free);

    // What is held no more is taken; whoever has slept meanwhile writes no more.
    let short = other.lasting(Duration::from_millis(1));
    let asleep = storage.claim("mail", &free, &short).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let lapsed = storage.place("mail").await.unwrap();
    assert_eq!(lapsed.turn(&one.worker), Turn::Lapsed);
    assert_eq!(lapsed.turn(&short.worker), Turn::Mine);
    assert_eq!(storage.held().await.unwrap(), []);
    assert!(storage.claim("mail", &lapsed, &one).await.unwrap().is_some());
    assert!(!storage.move_cursor("mail", asleep, &short, Position::new(7)).await.unwrap());
    assert_eq!(storage.cursor("mail").await.unwrap(), Position::new(3));
}
