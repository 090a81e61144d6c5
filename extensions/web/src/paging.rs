//! Lists, a page at a time: `?limit=20&after=..`.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bloom_runtime::{
    domain::Invalid,
    ports::{Page, PageRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Problem, answer::json};

/// Which page of a list.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageParameters {
    /// How many items at most.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

impl PageParameters {
    const DEFAULT: u32 = 20;
    const MAX: u32 = 100;
}

impl TryFrom<PageParameters> for PageRequest {
    type Error = Problem;

    fn try_from(parameters: PageParameters) -> Result<Self, Problem> {
        let limit = parameters.limit.unwrap_or(PageParameters::DEFAULT);
        if !(1..=PageParameters::MAX).contains(&limit) {
            let message = format!("must be 1 to {}", PageParameters::MAX);
            return Err(Invalid::new("range", message).at("limit").into());
        }
        let page = Self::first(limit as usize);
        Ok(match parameters.after {
            Some(after) => page.after(after),
            None => page,
        })
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PageOf<T> {
    /// The items, ordered by id.
    pub items: Vec<T>,
    /// Give it as `after` to get the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> From<Page<T>> for PageOf<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next: page.next }
    }
}

impl<T: Serialize> IntoResponse for PageOf<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self)
    }
}
