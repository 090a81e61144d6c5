//! How a scenario is measured: the same loops around every contestant.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::{sync::Barrier, task::JoinSet};
use uuid::Uuid;

use crate::{
    contestant::Contestant,
    scenario::{Kind, Scenario},
};

/// How many events a commit has when many are committed, and how long the hot stream is.
const HUNDRED: usize = 100;
/// How many commands a hot stream gets.
const COMMANDS: usize = 10;
/// How many events are committed together while a long stream is prepared.
const PORTION: usize = 1_000;
/// How many operations of each client go ahead and are not timed.
const WARM_UP: usize = 2;

/// Writes what the scenario reads.
///
/// # Errors
/// Whatever the contestant says.
pub async fn prepare(contestant: &dyn Contestant, scenario: &Scenario) -> Result<()> {
    match scenario.kind {
        Kind::NewStream { .. } | Kind::HotStream | Kind::Many => {}
        Kind::Rehydrate => {
            for _ in 0..scenario.sizes.stream / PORTION {
                contestant.append(long_stream(), PORTION).await?;
            }
        }
        Kind::CatchUp => {
            for number in 0..scenario.sizes.log / HUNDRED {
                contestant.append(stream(0, 0, number), HUNDRED).await?;
            }
        }
    }
    Ok(())
}

/// What is done a second, commands or events.
///
/// # Errors
/// Whatever the contestant says, and when it reads another number of events than there are.
pub async fn measure(
    contestant: &Arc<dyn Contestant>,
    scenario: &Scenario,
    round: usize,
) -> Result<f64> {
    let sizes = scenario.sizes;
    match scenario.kind {
        Kind::NewStream { clients } => {
            new_streams(contestant, clients, 1, round, sizes.round).await
        }
        Kind::Many => {
            let commits = new_streams(contestant, 1, HUNDRED, round, sizes.round).await?;
            Ok(commits * HUNDRED as f64)
        }
        Kind::HotStream => hot_streams(&**contestant, round, sizes.round).await,
        Kind::Rehydrate => {
            reads(sizes.round, sizes.stream, || contestant.rehydrate(long_stream())).await
        }
        Kind::CatchUp => reads(sizes.round, sizes.log, || contestant.catch_up()).await,
    }
}

/// Commands a second of so many clients, each on a new stream.
async fn new_streams(
    contestant: &Arc<dyn Contestant>,
    clients: usize,
    events: usize,
    round: usize,
    length: Duration,
) -> Result<f64> {
    let start = Arc::new(Barrier::new(clients));
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        let (contestant, start) = (Arc::clone(contestant), Arc::clone(&start));
        tasks.spawn(async move {
            for number in 0..WARM_UP {
                contestant.append(stream(round, client, number), events).await?;
            }
            start.wait().await;
            let begun = Instant::now();
            let mut number = WARM_UP;
            while begun.elapsed() < length {
                contestant.append(stream(round, client, number), events).await?;
                number += 1;
            }
            anyhow::Ok((number - WARM_UP) as f64 / begun.elapsed().as_secs_f64())
        });
    }
    let mut rate = 0.0;
    while let Some(each) = tasks.join_next().await {
        rate += each??;
    }
    Ok(rate)
}

/// Commands a second on streams that have some events.
async fn hot_streams(contestant: &dyn Contestant, round: usize, length: Duration) -> Result<f64> {
    let (mut commands, mut spent) = (0, Duration::ZERO);
    for number in 0.. {
        let stream = stream(round, 0, number);
        contestant.append(stream, HUNDRED).await?;
        let begun = Instant::now();
        for _ in 0..COMMANDS {
            contestant.append(stream, 1).await?;
        }
        // The first stream warms up.
        if number > 0 {
            commands += COMMANDS;
            spent += begun.elapsed();
        }
        if spent >= length {
            break;
        }
    }
    Ok(commands as f64 / spent.as_secs_f64())
}

/// Events a second that are read.
async fn reads<F: Future<Output = Result<usize>>>(
    length: Duration,
    expected: usize,
    read: impl Fn() -> F,
) -> Result<f64> {
    let first = read().await?;
    ensure!(first == expected, "{first} events were read instead of {expected}");
    let (mut events, begun) = (0, Instant::now());
    while begun.elapsed() < length {
        events += read().await?;
    }
    Ok(events as f64 / begun.elapsed().as_secs_f64())
}

/// The stream that is rehydrated.
fn long_stream() -> Uuid {
    stream(0, 0, 0)
}

/// A stream of its own for each command. Ids are spread as random ones are, and are the same for all contestants.
fn stream(round: usize, client: usize, number: usize) -> Uuid {
    const SPREAD: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
    let number = (round as u128) << 64 | (client as u128) << 32 | number as u128;
    let spread = (number + 1).wrapping_mul(SPREAD);
    Uuid::from_u128(spread ^ spread >> 67)
}
