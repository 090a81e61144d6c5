//! How a program that cannot hold all contestants asks another one: a line of JSON each way.

use std::{
    collections::HashMap,
    io::{BufRead, Write},
    sync::Arc,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{
    contestant::{Contestant, Open},
    measure::{measure, prepare},
    scenario::Scenario,
};

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// The name of the contestant.
    pub contestant: String,
    /// Where its data is: a URL or a path.
    pub place: String,
    /// What it has to do.
    pub scenario: Scenario,
    /// How far.
    pub ask: Ask,
}

/// How far a scenario goes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub enum Ask {
    /// Create what it works on.
    Prepare,
    /// Measure this round.
    Measure(usize),
}

/// What is answered: a rate, 0 for what was only prepared, or why there is none.
pub type Answer = Result<f64, String>;

impl Request {
    /// Opens the contestant, does what is asked, and closes it.
    ///
    /// # Errors
    /// Whatever the contestant says.
    pub async fn run(&self, open: Open) -> Result<f64> {
        let contestant: Arc<dyn Contestant> = open(self.place.clone()).await?;
        match self.ask {
            Ask::Prepare => prepare(&*contestant, &self.scenario).await.map(|()| 0.0),
            Ask::Measure(round) => measure(&contestant, &self.scenario, round).await,
        }
    }
}

/// Answers the requests that come in, until there are no more.
///
/// # Errors
/// When nobody listens, or what comes is no request.
pub async fn serve(
    known: &HashMap<&'static str, Open>,
    requests: impl BufRead,
    mut answers: impl Write,
) -> Result<()> {
    for line in requests.lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let open = known.get(request.contestant.as_str()).context("nobody has this name");
        let answer: Answer = match open {
            Ok(open) => request.run(*open).await.map_err(|error| format!("{error:#}")),
            Err(error) => Err(error.to_string()),
        };
        writeln!(answers, "{}", serde_json::to_string(&answer)?)?;
        answers.flush()?;
    }
    Ok(())
}
