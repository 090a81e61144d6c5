//! `If-Match`: acting only on the version that the client has seen.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use bloom_runtime::domain::Version;
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};

use crate::{Problem, openapi::optional_header};

/// The version in `If-Match: "2"`; `None` without the header or with `*`, which both mean the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<Version>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        value.to_str().ok().and_then(parse).ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "request.if_match",
                "`If-Match` holds one version in quotes, as `ETag` gave it: \"2\"",
            )
        })
    }
}

/// In a description: `params(IfMatch)`.
impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = "Only if this is the newest version";
        vec![optional_header("if-match", "^(\\*|\"[0-9]{1,18}\")$", text)]
    }
}

fn parse(value: &str) -> Option<IfMatch> {
    let value = value.trim();
    if value == "*" {
        return Some(IfMatch(None));
    }
    let digits = value.strip_prefix('"')?.strip_suffix('"')?;
    let version =
        digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(IfMatch(Some(Version::new(version))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_stands_in_quotes() {
        assert_eq!(parse("\"2\""), Some(IfMatch(Some(Version::new(2)))));
        assert_eq!(parse("*"), Some(IfMatch(None)));
        for wrong in ["2", "\"\"", "\"+2\"", "W/\"2\"", "\"1\", \"2\"", "\"99999999999999999999\""]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
