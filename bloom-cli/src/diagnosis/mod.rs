//! Whether this machine and this project have what it takes: one answer for each thing that is known to go wrong.

mod machine;
mod tree;

use serde::Serialize;

pub(crate) use self::{machine::machine, tree::project};

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Answer {
    pub(crate) state: State,
    pub(crate) what: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Fine,
    /// It works, and could be better.
    Advice,
    /// It does not work.
    Broken,
}

impl Answer {
    fn fine(what: impl Into<String>) -> Self {
        Self { state: State::Fine, what: what.into(), hint: None }
    }

    fn advice(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { state: State::Advice, what: what.into(), hint: Some(hint.into()) }
    }

    fn broken(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { state: State::Broken, what: what.into(), hint: Some(hint.into()) }
    }
}
