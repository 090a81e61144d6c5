//! The application: a store, and the handlers of every message.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use tracing::{Instrument as _, Span};

use super::{
    Failure,
    ambient::current_context,
    handler::{Command, Handler, Provides, Query},
    retry,
};
use crate::ports::{CommandId, Context, Outcome, Store, StoreError, UnitOfWork};

/// A command on its way. It is boxed so that a missing handler is one error, and not another one for whoever awaits.
pub type Execution<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Runs commands and queries.
///
/// A command is begun, handled and committed, and run again on conflict. What is logged meanwhile is in a span that says which command
/// or query it is, on whose behalf, for which tenant, and for which request. With a [`CommandId`] in the
/// context it takes effect once, however often it is sent. Executing a message for which `H` has no handler
/// does not compile.
pub struct App<S, H> {
    store: S,
    handlers: Arc<H>,
}

impl<S: Store, H> App<S, H> {
    /// An application on `store` with these handlers.
    #[must_use]
    pub fn new(store: S, handlers: H) -> Self {
        Self { store, handlers: Arc::new(handlers) }
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Executes a command and returns what its handler returned, once everything is committed.
    ///
    /// # Errors
    /// What the handler or the commit failed with; nothing is stored then.
    pub fn execute<'a, C, T>(&'a self, command: C) -> Execution<'a, T>
    where
        C: Command,
        H: Provides<C, Handler: Handler<C, S::UnitOfWork, Output = T>>,
        T: Serialize + DeserializeOwned + Send + 'a,
    {
        Box::pin(async move {
            // The context is that of whoever awaits, which may be another one than where the call stands.
            let context = current_context();
            let span = span(&context, "command", C::NAME);
            let id = context.command;
            let attempts =
                retry::attempts(C::ATTEMPTS, || self.attempt(command.clone(), id.as_ref()));
            attempts.instrument(span).await
        })
    }

    async fn attempt<C, T>(&self, command: C, id: Option<&CommandId>) -> Result<T, Failure>
    where
        C: Command,
        H: Provides<C, Handler: Handler<C, S::UnitOfWork, Output = T>>,
        T: Serialize + DeserializeOwned + Send,
    {
        if let Some(id) = id
            && let Some(outcome) = self.store.outcome(&id.key).await?
        {
            return Ok(replay(id, outcome)?);
        }
        let mut uow = self.store.begin().await?;
        let output = self.handlers.handler().handle(command, &mut uow).await?;
        if let Some(id) = id {
            let body = serde_json::to_string(&output)
                .map_err(|error| StoreError::Internal(error.into()))?;
            let (key, fingerprint) = (id.key.clone(), id.fingerprint.clone());
            uow.record_outcome(Outcome { key, fingerprint, body });
        }
        uow.commit().await?;
        Ok(output)
    }

    /// Answers a query.
    ///
    /// # Errors
    /// What the handler failed with.
    pub async fn query<Q>(&self, query: Q) -> Result<Q::Answer, Failure>
    where
        Q: Query,
        H: Provides<Q>,
        H::Handler: Handler<Q, S::UnitOfWork, Output = Q::Answer>,
    {
        let answered = async {
            let mut uow = self.store.begin().await?;
            let answer = self.handlers.handler().handle(query, &mut uow).await?;
            if uow.has_writes() {
                return Err(StoreError::QueryWrites { query: Q::NAME }.into());
            }
            Ok(answer)
        };
        answered.instrument(span(&current_context(), "query", Q::NAME)).await
    }
}

/// What everything that is logged meanwhile is part of.
fn span(context: &Context, what: &'static str, name: &'static str) -> Span {
    let Context { actor, tenant, correlation, .. } = context;
    tracing::info_span!(
        "handle",
        what,
        name,
        actor = actor.as_deref(),
        tenant = tenant.as_deref(),
        request = correlation.as_deref(),
    )
}

/// What the command returned when it took effect.
fn replay<T: DeserializeOwned>(id: &CommandId, outcome: Outcome) -> Result<T, StoreError> {
    if outcome.fingerprint != id.fingerprint {
        return Err(StoreError::KeyReused { key: outcome.key });
    }
    serde_json::from_str(&outcome.body).map_err(|source| StoreError::Corrupt {
        place: format!("the outcome of command `{}`", outcome.key),
        source: source.into(),
    })
}

impl<S: Clone, H> Clone for App<S, H> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), handlers: Arc::clone(&self.handlers) }
    }
}

impl<S, H> fmt::Debug for App<S, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("App")
    }
}
