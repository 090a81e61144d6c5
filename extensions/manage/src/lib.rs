//! The binary of a Bloom application: its configuration and its verbs.
//!
//! A project implements [`Application`], and its `main` is one call of [`run`]. The verbs `serve`, `migrate`
//! and `events` come with it; a project adds its own through [`Application::verbs`].

mod application;
mod config;
mod event_lock;
mod failure;
mod log;
#[cfg(feature = "web")]
mod readiness;
mod retention;
mod run;
mod storage;
mod terminal;
mod verb;
mod verbs;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod verify;

pub use application::{Application, CipherError};
pub use config::{
    Config, DatabaseConfig, LogConfig, MigrateWhen, MissingMasterKey, PrivacyConfig, ServerConfig,
};
pub use event_lock::{EventLockError, assert_events_keep_their_shapes};
pub use failure::RunError;
pub use run::run;
pub use storage::ManagedStorage;
pub use verb::{Services, Verb};

/// The argument parser, for verbs of one's own.
pub use clap;
