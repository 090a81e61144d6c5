//! Whose request it is.

use std::{
    future::{Future, ready},
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    http::{HeaderName, StatusCode},
    response::{IntoResponse, Response},
};
use bloom_runtime::application::{current_context, in_context};
use tower_layer::Layer;
use tower_service::Service;

use crate::Problem;

/// Puts the tenant that a header names into the context of the request; a request without one is answered with 400.
///
/// For a header that a gateway sets after it has checked who asks: anybody who reaches the program past it can name any tenant.
///
/// ```
/// use bloom_web::{axum::{Router, routing::get}, tenant_from_header};
///
/// let routes: Router = Router::new()
///     .route("/orders", get(|| async { "yours" }))
///     .layer(tenant_from_header("x-tenant"));
/// ```
///
/// # Panics
/// When `name` is no name of a header: a mistake in the program, seen at its start.
#[must_use]
pub fn tenant_from_header(name: &'static str) -> TenantLayer {
    TenantLayer { header: HeaderName::from_static(name) }
}

/// The layer of [`tenant_from_header`].
#[derive(Debug, Clone)]
pub struct TenantLayer {
    header: HeaderName,
}

/// A service for requests of a tenant.
#[derive(Debug, Clone)]
pub struct TenantService<S> {
    inner: S,
    header: HeaderName,
}

/// A longer name is nobody's.
const LONGEST: usize = 100;

impl<S> Layer<S> for TenantLayer {
    type Service = TenantService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TenantService { inner, header: self.header.clone() }
    }
}

impl<S> Service<Request> for TenantService<S>
where
    S: Service<Request, Response = Response, Error: Send + 'static, Future: Send + 'static>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let mut given = request.headers().get_all(&self.header).iter();
        let tenant = given.next().and_then(|value| value.to_str().ok()).map(str::trim);
        let tenant = tenant.filter(|tenant| (1..=LONGEST).contains(&tenant.len()));
        match (tenant, given.next()) {
            (Some(tenant), None) => {
                let context = current_context().with_tenant(tenant);
                Box::pin(in_context(context, self.inner.call(request)))
            }
            _ => {
                let detail = format!("the header `{}` names one tenant", self.header);
                let problem = Problem::new(StatusCode::BAD_REQUEST, "request.tenant", detail);
                Box::pin(ready(Ok(problem.into_response())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn answer(headers: &[(&str, &str)]) -> (u16, String) {
        let tenant = || async { current_context().tenant.unwrap_or_default() };
        let routes = Router::new().route("/", get(tenant)).layer(tenant_from_header("x-tenant"));
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = routes.oneshot(request).await.expect("it cannot fail");
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn a_request_has_one_tenant() {
        assert_eq!(answer(&[("x-tenant", "acme")]).await, (200, "acme".to_owned()));
        let long = "t".repeat(LONGEST + 1);
        let wrong: [&[(&str, &str)]; 5] = [
            &[],
            &[("x-tenant", "")],
            &[("x-tenant", " ")],
            &[("x-tenant", &long)],
            &[("x-tenant", "acme"), ("x-tenant", "umbrella")],
        ];
        for headers in wrong {
            let (status, body) = answer(headers).await;
            assert!(status == 400 && body.contains("request.tenant"), "{headers:?}: {body}");
        }
    }
}
