//! `verify`: writers, readers and a read model on a scratch database of one's own server or disk, while the writers are killed.

mod observed;
mod oracle;
mod probe;
mod scratch;
mod writer;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command as Process, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use bloom_runtime::ports::Storage;
use bloom_sql::Projector;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::{failure::RunError, terminal::line};
use observed::observe;
use oracle::{Ledger, Verdict};

pub(crate) use scratch::{Scratch, ScratchStorage};

/// Where a writer finds the database: not among its arguments, which others on the machine can see.
const DATABASE: &str = "BLOOM_VERIFY_DATABASE";
/// How long is waited for readers and the read model at the end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the writers may take to begin.
const START: Duration = Duration::from_secs(20);

pub(crate) fn command() -> Command {
    let number = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("N")
            .default_value(value)
            .value_parser(value_parser!(u64).range(1..=1000))
            .help(help)
    };
    Command::new("verify")
        .about("Test on a scratch database beside yours that nothing is lost, doubled or out of order when the program is killed")
        .arg(number("kills", "5", "How often the writers are killed"))
        .arg(number("writers", "8", "How many write at the same time"))
        .arg(number("seconds", "2", "How long they write at most before they are killed"))
        .arg(Arg::new("writer").long("writer").hide(true).action(ArgAction::SetTrue))
        .arg(Arg::new("round").long("round").hide(true).default_value("0").value_parser(value_parser!(u64)))
}

/// Runs the verb for an application whose databases are like the one that the URL names.
pub(crate) async fn run<S: ScratchStorage>(
    url: Result<&str, RunError>,
    arguments: &ArgMatches,
) -> Result<(), RunError> {
    let number = |name| arguments.get_one::<u64>(name).copied().unwrap_or_default();
    if arguments.get_flag("writer") {
        let url = std::env::var(DATABASE).unwrap_or_default();
        let storage = Arc::new(S::open_scratch(&url).await?);
        let follows = Projector::new(&storage, probe::projections()).start();
        writer::write(storage, number("round"), number("writers")).await;
        follows.stop().await;
        return Ok(());
    }
    let scratch = S::scratch(url?).await?;
    line(format_args!("scratch       {}", scratch.name()));
    let (kills, writers, seconds) = (number("kills"), number("writers"), number("seconds"));
    let verdict = tokio::select! {
        verdict = verify::<S>(&scratch, kills, writers, seconds) => verdict?,
        // Whoever gives up leaves nothing behind, either.
        _ = tokio::signal::ctrl_c() => return Err(RunError::Interrupted),
    };
    for finding in &verdict.passed {
        line(format_args!("ok            {finding}"));
    }
    for finding in &verdict.failed {
        line(format_args!("WRONG         {finding}"));
    }
    match verdict.failed.len() {
        0 => {
            line("verdict       nothing was lost, doubled or out of order");
            Ok(())
        }
        count => Err(RunError::Verify { count }),
    }
}

async fn verify<S: ScratchStorage>(
    scratch: &S::Scratch,
    kills: u64,
    writers: u64,
    seconds: u64,
) -> Result<Verdict, RunError> {
    let storage = Arc::new(S::open_scratch(scratch.url()).await?);
    let projector = Projector::new(&storage, probe::projections());
    let follows = projector.start();
    let readers: Vec<_> = (0..2).map(|_| observe(Arc::clone(&storage))).collect();

    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut idle = Vec::new();
    for round in 0..kills {
        idle.extend(write_and_die(scratch.url(), round, writers, seconds, &ledger).await?);
    }

    let head = settled_head(&*storage).await?;
    let behind = projector.wait_for::<probe::Touches>(head, PATIENCE).await.err();
    let mut sequences = Vec::new();
    for reader in readers {
        sequences.push(reader.stop_at(head, PATIENCE).await);
    }
    follows.stop().await;
    let log = observed::everything(&*storage).await?;
    let rows = storage.query(probe::ROWS, Vec::new()).await?;
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
    let mut verdict = oracle::judge(&ledger, &log, &sequences, &rows);
    verdict.failed.extend(idle);
    if let Some(behind) = behind {
        verdict
            .failed
            .push(format!("the read model does not come to the end of the log: {behind}"));
    }
    Ok(verdict)
}

/// What was sent by a writer may be committed after it is gone.
async fn settled_head<S: Storage>(storage: &S) -> Result<bloom_runtime::ports::Position, RunError> {
    let mut head = storage.head().await?;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let newer = storage.head().await?;
        if newer == head {
            return Ok(head);
        }
        head = newer;
    }
}

/// One process that writes until it is killed; what is wrong when it did not write until then.
async fn write_and_die(
    url: &str,
    round: u64,
    writers: u64,
    seconds: u64,
    ledger: &Arc<Mutex<Ledger>>,
) -> Result<Option<String>, RunError> {
    let acknowledged = || ledger.lock().unwrap_or_else(PoisonError::into_inner).acknowledged();
    let before = acknowledged();
    let mut process = start(url, round, writers)?;
    let noting = note(&mut process.0, ledger);
    // A different moment each time, without a table of random numbers: the clock is one.
    let most = seconds.saturating_mul(1000).max(200);
    let moment = u64::from(std::time::UNIX_EPOCH.elapsed().unwrap_or_default().subsec_micros());
    tokio::time::sleep(Duration::from_millis(200 + moment % most)).await;
    // A busy machine takes its time to start a program, and what was never written proves nothing.
    let deadline = Instant::now() + START;
    let mut ended = process.0.try_wait()?;
    while ended.is_none() && acknowledged() == before && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
        ended = process.0.try_wait()?;
    }
    drop(process);
    if let Some(noting) = noting {
        let _ = noting.join();
    }
    Ok(match ended {
        Some(status) => Some(format!("the writers of round {round} ended by themselves: {status}")),
        None if acknowledged() == before => Some(format!("nothing was written in round {round}")),
        None => None,
    })
}

/// Writers, who do not outlive this value.
struct Writers(Child);

impl Drop for Writers {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(url: &str, round: u64, writers: u64) -> Result<Writers, RunError> {
    let program = std::env::current_exe()?;
    let mut process = Process::new(program);
    process.args(["verify", "--writer"]);
    process.args(["--round", &round.to_string(), "--writers", &writers.to_string()]);
    process.env(DATABASE, url).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    Ok(Writers(process.spawn()?))
}

/// Writes down what the writers say, as long as they live.
fn note(child: &mut Child, ledger: &Arc<Mutex<Ledger>>) -> Option<thread::JoinHandle<()>> {
    let lines = BufReader::new(child.stdout.take()?).lines();
    let ledger = Arc::clone(ledger);
    Some(thread::spawn(move || {
        for said in lines.map_while(Result::ok) {
            ledger.lock().unwrap_or_else(PoisonError::into_inner).note(&said);
        }
    }))
}
