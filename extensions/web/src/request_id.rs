//! A name for each request, in its answer, in the log, and in the metadata of its events.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use bloom_runtime::{
    application::{current_context, in_context},
    domain::Uuid,
};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 100;

/// Takes `X-Request-Id` from the client when it is a plain word, or makes one.
pub(crate) async fn request_id(request: Request, next: Next) -> Response {
    let given = request.headers().get(&HEADER).and_then(|value| value.to_str().ok());
    let id = given
        .filter(|id| is_plain(id))
        .map_or_else(|| Uuid::now_v7().to_string(), ToOwned::to_owned);

    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let context = current_context().with_correlation(&*id);
    let mut response = in_context(context, next.run(request)).await;
    tracing::info!(
        request = %id,
        %method,
        route = route.as_deref().unwrap_or("-"),
        status = response.status().as_u16(),
        milliseconds = started.elapsed().as_millis() as u64,
        "answered"
    );
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(HEADER, id);
    }
    response
}

fn is_plain(id: &str) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}
