//! Who goes next, and what befalls them: decided by a seed, and by nothing else.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
};

use bloom_runtime::{application::caught, ports::StoreError};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// What becomes of a call of the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Happens,
    /// The database is not there.
    Fails,
    /// It happens, and nobody hears of it.
    IsNotHeardOf,
    /// It happens, and the process is killed.
    IsTheLast,
}

enum Told {
    Waits { actor: usize, writes: bool, answer: oneshot::Sender<Fate> },
    Ended { actor: usize },
    Panicked,
}

/// The way of one actor to the scheduler.
#[derive(Clone)]
pub(crate) struct Gate {
    actor: usize,
    told: mpsc::UnboundedSender<Told>,
}

impl Gate {
    /// Makes one call when it is its turn.
    pub(crate) async fn pass<T>(
        &self,
        writes: bool,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let (answer, fate) = oneshot::channel();
        let _ = self.told.send(Told::Waits { actor: self.actor, writes, answer });
        match fate.await {
            Ok(Fate::Happens) => call.await,
            Ok(Fate::Fails) => Err(StoreError::Unavailable {
                reason: "it is not there in the simulation".into(),
                source: None,
            }),
            Ok(Fate::IsNotHeardOf) => call.await.and(Err(StoreError::OutcomeUnknown)),
            Ok(Fate::IsTheLast) => {
                let _ = call.await;
                let _ = self.told.send(Told::Ended { actor: self.actor });
                std::future::pending().await
            }
            // The simulation is over.
            Err(_) => std::future::pending().await,
        }
    }
}

type Life = Pin<Box<dyn Future<Output = ()> + Send>>;
/// What an actor does in one life, given its way to the scheduler and how many lives it has had.
pub(crate) type Role = Box<dyn Fn(Gate, u64) -> Life + Send>;

/// Runs actors, one call at a time.
pub(crate) struct Scheduler {
    chance: fastrand::Rng,
    trace: Arc<Mutex<Vec<String>>>,
}

impl Scheduler {
    pub(crate) fn new(seed: u64) -> Self {
        Self { chance: fastrand::Rng::with_seed(seed), trace: Arc::default() }
    }

    /// What happened, call by call: of the same seed always the same.
    pub(crate) fn trace(&self) -> Arc<Mutex<Vec<String>>> {
        Arc::clone(&self.trace)
    }

    /// Until each actor has come to the end of its role. `weather` is told before each call, with a number by chance.
    pub(crate) async fn run(mut self, roles: Vec<Role>, mut weather: impl FnMut(u32)) {
        let (told, mut hears) = mpsc::unbounded_channel();
        let begin = |actor: usize, role: &Role, life: u64| -> JoinHandle<()> {
            let gate = Gate { actor, told: told.clone() };
            let (life, told) = (role(gate, life), told.clone());
            tokio::spawn(async move {
                let ended = match caught(life).await {
                    Some(()) => Told::Ended { actor },
                    None => Told::Panicked,
                };
                let _ = told.send(ended);
            })
        };
        let mut lives = vec![0_u64; roles.len()];
        let mut running: BTreeMap<usize, JoinHandle<()>> = BTreeMap::new();
        for (actor, role) in roles.iter().enumerate() {
            running.insert(actor, begin(actor, role, 0));
        }
        let mut waiting = BTreeMap::new();
        let mut killed = None;
        loop {
            while waiting.len() < running.len() {
                match hears.recv().await.expect("they can tell") {
                    Told::Waits { actor, writes, answer } => {
                        waiting.insert(actor, (writes, answer));
                    }
                    Told::Panicked => panic!("what an actor asserts does not hold: see above"),
                    Told::Ended { actor } => {
                        let ended = running.remove(&actor).expect("it was running");
                        if killed == Some(actor) {
                            ended.abort();
                            killed = None;
                            lives[actor] += 1;
                            running.insert(actor, begin(actor, &roles[actor], lives[actor]));
                        }
                    }
                }
            }
            if running.is_empty() {
                return;
            }
            weather(self.chance.u32(..));
            let next = self.chance.usize(..waiting.len());
            let actor = *waiting.keys().nth(next).expect("so many wait");
            let (writes, answer) = waiting.remove(&actor).expect("it waits");
            let fate = match self.chance.u32(..1000) {
                0..15 => Fate::Fails,
                15..35 if writes => Fate::IsNotHeardOf,
                35..55 if lives[actor] < 3 => Fate::IsTheLast,
                _ => Fate::Happens,
            };
            if fate == Fate::IsTheLast {
                killed = Some(actor);
            }
            let line = format!("{actor} {} {fate:?}", if writes { "writes" } else { "reads" });
            self.trace.lock().expect("nobody panics with it").push(line);
            let _ = answer.send(fate);
        }
    }
}
