//! `/health/live` and `/health/ready`.

use std::future::Future;

use axum::{Router, http::StatusCode, routing::get};

use crate::Problem;

/// Says whether the application can do its work right now.
pub trait Readiness: Clone + Send + Sync + 'static {
    /// `Err` says what is missing.
    fn check(&self) -> impl Future<Output = Result<(), String>> + Send;
}

/// The two routes: alive means the process answers, ready means it can do its work.
pub fn health(readiness: impl Readiness) -> Router {
    let ready = move || {
        let readiness = readiness.clone();
        async move {
            match readiness.check().await {
                Ok(()) => Ok("ready"),
                Err(missing) => {
                    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "health.not_ready", missing))
                }
            }
        }
    };
    Router::new()
        .route("/health/live", get(|| async { "alive" }))
        .route("/health/ready", get(ready))
}
