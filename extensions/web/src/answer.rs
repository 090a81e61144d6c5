//! Answers of use cases, with the version as `ETag`.

use std::fmt::Display;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bloom_runtime::{domain::Version, ports::Receipt};
use serde::Serialize;

/// 201 with `Location`, `ETag`, and the id and version as body.
#[derive(Debug, Clone)]
pub struct Created<Id> {
    /// The collection's path, such as `/orders`.
    pub collection: String,
    /// What was created.
    pub receipt: Receipt<Id>,
}

impl<Id: Serialize + Display> IntoResponse for Created<Id> {
    fn into_response(self) -> Response {
        let location = format!("{}/{}", self.collection, self.receipt.id);
        let mut response = versioned(StatusCode::CREATED, self.receipt.version, &self.receipt);
        if let Ok(location) = HeaderValue::try_from(location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// 200 with `ETag`, and the id and version as body.
#[derive(Debug, Clone)]
pub struct Changed<Id>(pub Receipt<Id>);

impl<Id: Serialize> IntoResponse for Changed<Id> {
    fn into_response(self) -> Response {
        versioned(StatusCode::OK, self.0.version, &self.0)
    }
}

/// 200 with `ETag` and a body of its own.
#[derive(Debug, Clone)]
pub struct Versioned<T> {
    /// The version of what is shown.
    pub version: Version,
    /// What is shown.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        versioned(StatusCode::OK, self.version, &self.body)
    }
}

fn versioned(status: StatusCode, version: Version, body: &impl Serialize) -> Response {
    let mut response = json(status, body);
    if let Ok(etag) = HeaderValue::try_from(format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// A JSON body; 500 when it cannot be written as JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
