//! The OpenAPI description and a page to read and try it, which loads nothing from elsewhere.

use std::sync::Arc;

use axum::{Router, http::header, response::Html, routing::get};
use utoipa::openapi::OpenApi;

use crate::description::complete;

const PAGE: &str = include_str!("docs.html");

/// `/openapi.json`, and `/docs` to read and try it.
///
/// # Panics
/// When the description cannot be written as JSON, which utoipa's types rule out.
pub fn docs(mut description: OpenApi) -> Router {
    // The derive takes the licence from the manifest, which may say none.
    description.info.license = description.info.license.filter(|license| !license.name.is_empty());
    complete(&mut description);
    let text: Arc<str> = description.to_json().expect("an OpenAPI description is JSON").into();
    let description = move || {
        let text = text.to_string();
        async move { ([(header::CONTENT_TYPE, "application/json")], text) }
    };
    Router::new()
        .route("/openapi.json", get(description))
        .route("/docs", get(|| async { Html(PAGE) }))
}
