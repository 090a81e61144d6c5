//! `Idempotency-Key`: sending a POST twice has one effect.

use axum::{
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, Request},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bloom_runtime::{
    application::{current_context, in_context},
    ports::CommandId,
};
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};
use xxhash_rust::xxh3::xxh3_128;

use crate::{Problem, openapi::optional_header};

const HEADER: &str = "idempotency-key";
const LONGEST: usize = 200;

/// The key in a description: `params(IdempotencyKey)`.
#[derive(Debug, Clone, Copy)]
pub struct IdempotencyKey;

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = "Sending the same request twice under one key has one effect";
        vec![optional_header(HEADER, "^[!-~]{1,200}$", text)]
    }
}

/// Puts the key and a digest of the request into the context. The application keeps the outcome of the
/// command under the key, in the same transaction as its effects, and gives it again to a repetition.
pub(crate) async fn idempotency(limit: usize, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let Some(key) = request.headers().get(HEADER) else { return next.run(request).await };
    let key = key.to_str().ok().map(str::trim).filter(|key| is_key(key));
    let Some(key) = key.map(ToOwned::to_owned) else {
        let detail = format!("`Idempotency-Key` has 1 to {LONGEST} visible ASCII characters");
        return Problem::new(StatusCode::BAD_REQUEST, "request.idempotency_key", detail)
            .into_response();
    };

    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, limit).await else {
        let detail = "the body is too large or was cut off";
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", detail)
            .into_response();
    };
    let mut signed = parts.uri.to_string().into_bytes();
    signed.push(0);
    signed.extend_from_slice(&body);
    let fingerprint = format!("{:032x}", xxh3_128(&signed));
    let context = current_context().with_command(CommandId { key, fingerprint });
    in_context(context, next.run(Request::from_parts(parts, Body::from(body)))).await
}

fn is_key(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The limit that the extractors keep to.
pub(crate) fn body_limit(limit: usize) -> DefaultBodyLimit {
    DefaultBodyLimit::max(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_and_bounded() {
        for key in ["a", "!~", &"k".repeat(LONGEST)] {
            assert!(is_key(key), "{key:?}");
        }
        for other in ["", "a b", "a\tb", "\u{e4}", &"k".repeat(LONGEST + 1)] {
            assert!(!is_key(other), "{other:?}");
        }
    }
}
