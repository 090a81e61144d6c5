//! Why a command fails, and with which exit code.

use std::{io, path::Path};

use serde::Serialize;

use crate::{edit::SyntaxError, render::RenderError, request::InputError};

/// What a person is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
    /// What people changed in files, as diffs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) difference: Vec<String>,
}

/// Whose fault it is; each has an exit code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailureKind {
    /// What was typed does not make sense: 2.
    Input,
    /// The project is not as it has to be: 3.
    Project,
    /// The machine refuses: 4.
    Machine,
    /// Bloom itself is wrong: 70.
    Bug,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), difference: Vec::new() }
    }

    pub(crate) fn project(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Project, message)
    }

    pub(crate) fn io(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(FailureKind::Machine, format!("cannot {verb} `{}`: {error}", path.display()))
    }

    pub(crate) fn syntax(path: &str, error: &SyntaxError) -> Self {
        Self::project(format!("{path}:{}:{}: {}", error.line, error.column, error.message))
            .hint("Bloom edits by syntax; mend the file first")
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self.kind {
            FailureKind::Input => 2,
            FailureKind::Project => 3,
            FailureKind::Machine => 4,
            FailureKind::Bug => 70,
        }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self {
            kind: FailureKind::Input,
            message: error.message,
            hints: error.hint.into_iter().collect(),
            difference: Vec::new(),
        }
    }
}

impl From<RenderError> for Failure {
    fn from(error: RenderError) -> Self {
        Self::new(FailureKind::Bug, error.to_string())
            .hint("if the project has templates of its own in `.bloom/templates`, look there first")
    }
}
