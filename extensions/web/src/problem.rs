//! Problem documents (RFC 9457): the one place where kinds of failure become statuses.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bloom_runtime::{
    application::Failure,
    domain::{Classified, ErrorKind, Invalid},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong, for a client.
///
/// ```
/// use bloom_runtime::domain::Invalid;
/// use bloom_web::Problem;
///
/// let problem = Problem::from(Invalid::new("range", "must be 1 to 9").at("quantity"));
/// assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "quantity"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(description = "What went wrong.")]
pub struct Problem {
    /// The HTTP status.
    #[schema(example = 409)]
    pub status: u16,
    /// The status in words.
    #[schema(example = "Conflict")]
    pub title: String,
    /// A stable code to act on.
    #[schema(example = "order.no_lines")]
    pub code: String,
    /// What went wrong this time.
    pub detail: String,
    /// Every failing field, when the input was invalid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The path of the field, such as `lines[2].quantity`.
    pub field: String,
    /// A stable code, such as `range`.
    pub code: String,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    /// A problem with this status, code and detail.
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            code: code.into(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// 404.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "request.not_found", detail)
    }

    /// The same, with one failing field.
    #[must_use]
    pub(crate) fn with_field(mut self, field: String, code: &str, message: &str) -> Self {
        self.errors.push(FieldProblem {
            field,
            code: code.to_owned(),
            message: message.to_owned(),
        });
        self
    }

    fn with_violations(mut self, invalid: &Invalid) -> Self {
        self.errors.extend(invalid.violations().iter().map(|violation| FieldProblem {
            field: violation.field.clone(),
            code: violation.code.to_string(),
            message: violation.message.clone(),
        }));
        self
    }
}

fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Validation => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Rule | ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Stale => StatusCode::PRECONDITION_FAILED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let kind = failure.kind();
        match kind {
            ErrorKind::Internal => tracing::error!(code = failure.code(), "{}", failure.chain()),
            ErrorKind::Unavailable => tracing::warn!(code = failure.code(), "{}", failure.chain()),
            _ => tracing::debug!(code = failure.code(), "{}", failure.chain()),
        }
        let status = status(kind);
        // What is inside the program is for its log, not for its clients.
        let detail = match kind {
            ErrorKind::Internal => "something went wrong here; it has been logged".to_owned(),
            ErrorKind::Unavailable => "not available just now; try again later".to_owned(),
            _ => failure.to_string(),
        };
        let problem = Self::new(status, failure.code(), detail);
        match failure.violations() {
            Some(invalid) => problem.with_violations(invalid),
            None => problem,
        }
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::new(status(invalid.kind()), invalid.code(), invalid.to_string())
            .with_violations(&invalid)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, body).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
