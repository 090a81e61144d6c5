//! What every route's description has in common.

use bloom_runtime::domain::Uuid;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use crate::Problem;

/// What was created or changed.
#[derive(Debug, ToSchema)]
pub struct ReceiptBody {
    /// The id.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The version it has now, as in `ETag`.
    pub version: u64,
}

/// What can go wrong with any request.
#[derive(IntoResponses)]
pub enum AnyProblem {
    /// The request is malformed.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// A fault of the server.
    #[response(status = 500, content_type = "application/problem+json")]
    Fault(Problem),
    /// Not available just now.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// What can go wrong with reading one thing.
#[derive(IntoResponses)]
pub enum ReadProblem {
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What can go wrong with a body.
#[derive(IntoResponses)]
pub enum BodyProblem {
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The body is not JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(Problem),
}

/// What can go wrong with any change.
#[derive(IntoResponses)]
pub enum ChangeProblem {
    /// A rule or a unique value forbids it.
    #[response(status = 409, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// The version in `If-Match` is not the newest.
    #[response(status = 412, content_type = "application/problem+json")]
    Stale(Problem),
    /// A field is invalid; `errors` names every one.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// A header that a client may leave out.
pub(crate) fn optional_header(name: &str, pattern: &str, description: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(text))
        .build()
}
