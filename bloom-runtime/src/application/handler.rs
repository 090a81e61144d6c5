//! Use cases.

use std::{fmt, future::Future};

use super::Failure;

/// A request to change something.
///
/// Written by `#[derive(Command)]`, together with `Clone` (it may run again after a conflict) and
/// `Debug`.
pub trait Command: Clone + fmt::Debug + Send + Sync + 'static {
    /// The name, such as `place_order`.
    const NAME: &'static str;
    /// How often it runs before a conflict is reported: `#[command(attempts = 1)]` reports the first one.
    const ATTEMPTS: usize = super::retry::ATTEMPTS;
}

/// A request to know something.
///
/// Written by `#[derive(Query)]` with `#[query(answer = Page<Order>)]`.
pub trait Query: Clone + fmt::Debug + Send + Sync + 'static {
    /// What it is answered with.
    type Answer: Send;
    /// The name, such as `list_orders`.
    const NAME: &'static str;
}

/// Handles messages of type `M` within units of work of type `U`.
///
/// A handler receives the unit of work only, never the store. It is written once for every store:
///
/// ```
/// # use bloom_runtime::prelude::*;
/// # #[derive(Command)] pub struct Greet { name: String }
/// pub struct GreetHandler;
///
/// impl<U: UnitOfWork> Handler<Greet, U> for GreetHandler {
///     type Output = String;
///
///     async fn handle(&self, command: Greet, _uow: &mut U) -> Result<String, Failure> {
///         Ok(format!("hello {}", command.name))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle `{M}`",
    note = "write `impl<U: UnitOfWork> Handler<{M}, U> for {Self}`"
)]
pub trait Handler<M, U>: Send + Sync + 'static {
    /// What it returns.
    type Output: Send;

    /// Does it. A command's writes are committed when it returns `Ok`.
    fn handle(
        &self,
        message: M,
        uow: &mut U,
    ) -> impl Future<Output = Result<Self::Output, Failure>> + Send;
}

/// A set of handlers that has one for `M`.
///
/// Written by `#[derive(Handlers)]` for each field marked `#[handles(M)]`.
#[diagnostic::on_unimplemented(
    message = "no handler for `{M}`",
    label = "`{Self}` does not handle `{M}`",
    note = "add a field to `{Self}`: `#[handles({M})] name: TheHandler`"
)]
pub trait Provides<M>: Send + Sync + 'static {
    /// The handler's type.
    type Handler;

    /// The handler.
    fn handler(&self) -> &Self::Handler;
}
