//! HTTP on axum: what stands between a request and a use case.
//!
//! A generated handler stays thin: its own input struct, the use case, the answer. Everything that all of
//! them share is here: reading JSON, problem documents, versions as ETags, idempotency keys, pages, the
//! OpenAPI page, request ids, and a server that shuts down gracefully.

mod answer;
mod caller;
mod description;
mod docs;
mod extract;
mod health;
mod idempotency;
mod if_match;
mod json;

mod openapi;
mod paging;
mod problem;
mod request_id;
mod server;
pub mod testing;

pub use answer::{Changed, Created, Versioned};
pub use caller::{CallerLayer, CallerService, actor_from_header, tenant_from_header};
pub use docs::docs;
pub use extract::{Path, Query};
pub use health::{Readiness, health};
pub use idempotency::IdempotencyKey;
pub use if_match::IfMatch;
pub use json::JsonBody;
pub use openapi::{AnyProblem, BodyProblem, ChangeProblem, ReadProblem, ReceiptBody};
pub use paging::{PageOf, PageParameters};
pub use problem::{FieldProblem, Problem};
pub use server::{ServeError, ServerOptions, serve, standard};

/// The framework below, so that a project names one version of it.
pub use axum;
/// The OpenAPI description.
pub use utoipa;
