//! Who asks, and for whom, as far as a header says it.

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
use bloom_runtime::{
    application::{current_context, in_context},
    ports,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::Problem;

/// Puts the tenant that a header names into the context of the request; a request without one is answered with 400.
///
/// For a header that a gateway sets after it has checked who asks: anybody who reaches the program past it can name any tenant.
///
/// ```
/// use bloom_web::{actor_from_header, axum::{Router, routing::get}, tenant_from_header};
///
/// let routes: Router = Router::new()
///     .route("/orders", get(|| async { "yours" }))
///     .layer(actor_from_header("x-actor"))
///     .layer(tenant_from_header("x-tenant"));
/// ```
///
/// # Panics
/// When `name` is no name of a header in small letters: a mistake in the program, seen at its start.
#[must_use]
pub fn tenant_from_header(name: &'static str) -> CallerLayer {
    CallerLayer { header: HeaderName::from_static(name), part: Part::Tenant }
}

/// Puts the actor that a header names into the context of the request, on whose behalf everything is done; a request without one has none.
///
/// As with [`tenant_from_header`], for a header that a gateway sets.
///
/// # Panics
/// As [`tenant_from_header`].
#[must_use]
pub fn actor_from_header(name: &'static str) -> CallerLayer {
    CallerLayer { header: HeaderName::from_static(name), part: Part::Actor }
}

/// The layer of [`tenant_from_header`] and [`actor_from_header`].
#[derive(Debug, Clone)]
pub struct CallerLayer {
    header: HeaderName,
    part: Part,
}

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Tenant,
    Actor,
}

impl Part {
    fn within(self, context: ports::Context, name: &str) -> ports::Context {
        match self {
            Self::Tenant => context.with_tenant(name),
            Self::Actor => context.with_actor(name),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Actor => "actor",
        }
    }
}

/// A service for requests of which it is known who asks.
#[derive(Debug, Clone)]
pub struct CallerService<S> {
    inner: S,
    layer: CallerLayer,
}

/// A longer name is nobody's.
const LONGEST: usize = 100;

impl<S> Layer<S> for CallerLayer {
    type Service = CallerService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallerService { inner, layer: self.clone() }
    }
}

impl<S> Service<Request> for CallerService<S>
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
        let CallerLayer { header, part } = &self.layer;
        let mut given = request.headers().get_all(header).iter();
        let (first, second) = (given.next(), given.next());
        let name = first.and_then(|value| value.to_str().ok()).map(str::trim);
        let name = name.filter(|name| (1..=LONGEST).contains(&name.len()));
        match (name, first, second) {
            (Some(name), _, None) => {
                let context = part.within(current_context(), name);
                Box::pin(in_context(context, self.inner.call(request)))
            }
            (None, None, None) if *part == Part::Actor => Box::pin(self.inner.call(request)),
            _ => {
                let word = part.word();
                let detail = format!("the header `{header}` names one {word}");
                let code = format!("request.{word}");
                let problem = Problem::new(StatusCode::BAD_REQUEST, code, detail);
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
        let who = || async {
            let ports::Context { actor, tenant, .. } = current_context();
            format!("{} for {}", actor.unwrap_or_default(), tenant.unwrap_or_default())
        };
        let routes = Router::new()
            .route("/", get(who))
            .layer(actor_from_header("x-actor"))
            .layer(tenant_from_header("x-tenant"));
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
        assert_eq!(answer(&[("x-tenant", "acme")]).await, (200, " for acme".to_owned()));
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

    #[tokio::test]
    async fn a_request_has_one_actor_or_none() {
        let acme = ("x-tenant", "acme");
        let ada = answer(&[acme, ("x-actor", "ada")]).await;
        assert_eq!(ada, (200, "ada for acme".to_owned()));
        for wrong in [&[acme, ("x-actor", "")][..], &[acme, ("x-actor", "a"), ("x-actor", "b")]] {
            let (status, body) = answer(wrong).await;
            assert!(status == 400 && body.contains("request.actor"), "{wrong:?}: {body}");
        }
    }
}
