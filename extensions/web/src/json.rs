//! Reading a JSON body.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::Problem;

/// The body of a request as `T`.
///
/// - 415 when it does not say that it is JSON
/// - 413 when it is larger than the server allows
/// - 400 when it is not JSON, or has a field that `T` does not know
/// - 422 when a value is missing or has another type, with the path of the field
#[derive(Debug, Clone, Copy)]
pub struct JsonBody<T>(pub T);

impl<T, S> FromRequest<S> for JsonBody<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "request.media_type",
                "send the body as JSON, with `content-type: application/json`",
            ));
        }
        let body = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Problem::new(rejection.status(), "request.too_large", "the body is too large")
            } else {
                Problem::new(StatusCode::BAD_REQUEST, "request.body", "the body could not be read")
            }
        })?;
        parse(&body).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(|essence| essence.trim().to_ascii_lowercase());
    essence.is_some_and(|essence| {
        essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"))
    })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        explain(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| explain("", &error))?;
    Ok(value)
}

fn explain(path: &str, error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    let unknown = message.starts_with("unknown field");
    if error.classify() != Category::Data || unknown {
        let code = if unknown { "request.unknown_field" } else { "request.malformed" };
        return Problem::new(StatusCode::BAD_REQUEST, code, message);
    }
    // "missing field `name` at line 1 column 2": the place in the text helps nobody here.
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    let (field, code) = match missing {
        Some(name) if path.is_empty() => (name.to_owned(), "required"),
        Some(name) => (format!("{path}.{name}"), "required"),
        None => (path.to_owned(), "type"),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", message.clone())
        .with_field(field, code, &message)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Body {
        name: String,
        #[serde(default)]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Line {
        quantity: u32,
    }

    fn problem(body: &str) -> (u16, String, String) {
        let problem = parse::<Body>(body.as_bytes()).unwrap_err();
        let field = problem.errors.first().map(|error| error.field.clone()).unwrap_or_default();
        (problem.status, problem.code, field)
    }

    #[test]
    fn each_mistake_has_its_status_and_field() {
        let case =
            |status: u16, code: &str, field: &str| (status, code.to_owned(), field.to_owned());
        assert_eq!(problem("{"), case(400, "request.malformed", ""));
        assert_eq!(problem(""), case(400, "request.malformed", ""));
        assert_eq!(problem(r#"{"name":"a"} x"#), case(400, "request.malformed", ""));
        assert_eq!(problem(r#"{"nam":"a"}"#), case(400, "request.unknown_field", ""));
        assert_eq!(problem("{}"), case(422, "validation", "name"));
        assert_eq!(problem(r#"{"name":1}"#), case(422, "validation", "name"));
        assert_eq!(
            problem(r#"{"name":"a","lines":[{"quantity":5000000000}]}"#),
            case(422, "validation", "lines[0].quantity")
        );
        assert_eq!(
            problem(r#"{"name":"a","lines":[{}]}"#),
            case(422, "validation", "lines[0].quantity")
        );
    }
}
