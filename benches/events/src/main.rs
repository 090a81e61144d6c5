//! The event log of Bloom, of other frameworks, and by hand, side by side in one run.
//!
//!     cargo run --release                                  all of it, some minutes
//!     cargo run --release -- --quick                       to see that it works
//!     cargo run --release -- --only sqlite --rounds 9      one table: pg, sqlite or memory
//!     cargo run --release -- --near --only pg --column new1    without those that live in other programs, and one column
//!
//! PostgreSQL is that of DATABASE_URL, without the name of a database: postgres://postgres@127.0.0.1:5432/ if it is not set.
//! Each contestant has a database of its own in each scenario. The rounds of all contestants of a scenario alternate, and the
//! median of each is printed. What is measured is said in `harness/src/scenario.rs`, and how in `harness/src/measure.rs`.
//! Everybody stores events whose JSON has 200 bytes, on at most 16 connections. Whoever lives in another program is left out where
//! that cannot be built, and it is said what is missing: `peers` takes cargo, `peers-python` Python, `peers-node` Node.js with npm.

mod apart;
mod arguments;
mod bloom;
mod hand_postgres;
mod hand_sqlite;
mod lineup;
mod order;
mod places;
mod programs;
mod table;

use anyhow::{Context, Result, ensure};
use events_harness::{Ask, Kind, Request, Scenario};

use crate::{
    apart::Running,
    arguments::Arguments,
    lineup::{Backend, Entry, Home},
    places::Places,
    table::{Row, median},
};

/// Everything that a scenario needs besides itself.
struct Bench {
    arguments: Arguments,
    places: Places,
    running: Running,
}

impl Bench {
    /// All columns of one table.
    async fn table(&mut self, backend: Backend) -> Result<String> {
        let mut entries = backend.entries();
        entries.retain(|entry| self.arguments.takes(entry) && self.running.has(entry));
        let mut rows: Vec<Row> =
            entries.iter().map(|entry| Row { entry: *entry, rates: Vec::new() }).collect();
        let mut kinds = backend.kinds();
        if let Some(column) = &self.arguments.column {
            let known: Vec<String> = kinds.iter().map(|kind| kind.slug()).collect();
            kinds.retain(|kind| kind.slug() == *column);
            ensure!(!kinds.is_empty(), "no column `{column}`; there are {}", known.join(", "));
        }
        for kind in &kinds {
            let rates = self.column(backend, &entries, *kind).await?;
            for (row, rate) in rows.iter_mut().zip(rates) {
                row.rates.push(rate);
            }
        }
        let titles: Vec<String> =
            kinds.iter().map(|kind| kind.title(&self.arguments.sizes)).collect();
        Ok(table::render(backend.title(), &titles, &rows))
    }

    /// One scenario: everybody in turn, round after round, another one first each time.
    async fn column(
        &mut self,
        backend: Backend,
        entries: &[Entry],
        kind: Kind,
    ) -> Result<Vec<Option<f64>>> {
        let scenario = Scenario { kind, sizes: self.arguments.sizes };
        let mut places = Vec::new();
        let mut figures = vec![None; entries.len()];
        for (index, entry) in entries.iter().enumerate() {
            let name = format!("bloom_bench_events_{}_{index}", kind.slug());
            let place = self.places.create(backend, &name).await?;
            let stays_out = if kind.is_read() { entry.writes_only } else { entry.reads_only };
            if !stays_out {
                let prepared = self.ask(entry, &place, scenario, Ask::Prepare).await;
                figures[index] = unless_failed(prepared).map(|_| Vec::new());
                if kind.is_read() {
                    self.places.settle(backend, &name).await?;
                }
            }
            places.push((name, place));
        }
        for round in 0..self.arguments.rounds {
            for turn in 0..entries.len() {
                let index = (round + turn) % entries.len();
                if let Some(mut rates) = figures[index].take() {
                    let place = &places[index].1;
                    let measured =
                        self.ask(&entries[index], place, scenario, Ask::Measure(round)).await;
                    figures[index] = unless_failed(measured).map(|rate| {
                        rates.push(rate);
                        rates
                    });
                }
            }
        }
        for (name, _) in &places {
            self.places.remove(backend, name).await?;
        }
        Ok(figures.into_iter().map(|rates| rates.and_then(median)).collect())
    }

    /// Has one contestant do something, here or in its program.
    async fn ask(
        &mut self,
        entry: &Entry,
        place: &str,
        scenario: Scenario,
        ask: Ask,
    ) -> Result<f64> {
        let (contestant, place) = (entry.name.to_owned(), place.to_owned());
        let request = Request { contestant, place, scenario, ask };
        let answer = match entry.home {
            Home::Here(open) => request.run(open).await,
            Home::Apart(program) => self.running.ask(program, &request),
        };
        answer.with_context(|| format!("{}, {}", entry.name, scenario.kind.slug()))
    }
}

/// Whoever fails takes no further part in the scenario, and it is said why.
fn unless_failed(result: Result<f64>) -> Option<f64> {
    result.inspect_err(|error| eprintln!("left out: {error:#}")).ok()
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let url = std::env::var("DATABASE_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/".to_owned());
    let backends = arguments.backends.clone();
    let mut entries: Vec<Entry> = backends.iter().flat_map(|backend| backend.entries()).collect();
    entries.retain(|entry| arguments.takes(entry));
    let running = Running::start(&entries);
    let mut bench = Bench { arguments, places: Places::new(url)?, running };
    for backend in backends {
        print!("{}", bench.table(backend).await?);
    }
    Ok(())
}
