//! Running a router: what surrounds every route, and stopping gracefully.

use std::{future::Future, io, net::SocketAddr};

use axum::{
    Router,
    http::{StatusCode, Uri},
    middleware::from_fn,
};
use tokio::net::TcpListener;

use crate::{
    Problem,
    idempotency::{body_limit, idempotency},
    request_id::request_id,
};

/// How a server listens.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Where, such as `127.0.0.1:3000`; port 0 takes a free one.
    pub address: String,
    /// The largest body in bytes.
    pub body_limit: usize,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self { address: "127.0.0.1:3000".to_owned(), body_limit: 1024 * 1024 }
    }
}

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is not one, or another program has it.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// It listened and then failed.
    #[error("the server failed")]
    Failed(#[source] io::Error),
}

/// The routes with what surrounds each of them: request ids, idempotency keys, the body limit, and problem
/// documents for unknown paths and methods.
pub fn standard(routes: Router, options: &ServerOptions) -> Router {
    let limit = options.body_limit;
    routes
        .fallback(|uri: Uri| async move {
            let detail = format!("there is nothing at {}", uri.path());
            Problem::new(StatusCode::NOT_FOUND, "request.path", detail)
        })
        .method_not_allowed_fallback(|| async {
            let detail = "this path does not know this method";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "request.method", detail)
        })
        .layer(body_limit(limit))
        .layer(from_fn(move |request, next| idempotency(limit, request, next)))
        .layer(from_fn(request_id))
}

/// Serves until `stop` is done, then lets the requests that are under way finish. `listening` is told the
/// address once connections are accepted.
///
/// # Errors
/// When the address cannot be listened on, or the server fails.
pub async fn serve(
    routes: Router,
    options: &ServerOptions,
    listening: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let listen = |source| ServeError::Listen { address: options.address.clone(), source };
    let listener = TcpListener::bind(&options.address).await.map_err(listen)?;
    listening(listener.local_addr().map_err(listen)?);
    axum::serve(listener, standard(routes, options))
        .with_graceful_shutdown(stop)
        .await
        .map_err(ServeError::Failed)
}
