//! A user's own SQL on SQLite, inside the savepoint of its unit of work.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

use bloom_runtime::ports::StoreError;
use rusqlite::{
    Connection, Statement,
    hooks::{AuthAction, AuthContext, Authorization},
};

use super::error::store_error;
use crate::{
    transaction::Transaction,
    value::SqlValue,
    work::{HookFuture, Kind, SqlWork},
};

/// Does all of it, in order.
pub(super) fn run(connection: &mut Connection, work: &[SqlWork]) -> Result<(), StoreError> {
    if work.is_empty() {
        return Ok(());
    }
    // The transaction is ended by the commit and by nobody else.
    let forbid = |context: AuthContext<'_>| match context.action {
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => Authorization::Deny,
        _ => Authorization::Allow,
    };
    connection.authorizer(Some(forbid)).map_err(store_error)?;
    let done = all(connection, work);
    let done = done.and_then(|()| still_open(connection));
    let none: Option<fn(AuthContext<'_>) -> Authorization> = None;
    connection.authorizer(none).map_err(store_error)?;
    done
}

fn all(connection: &mut Connection, work: &[SqlWork]) -> Result<(), StoreError> {
    work.iter().try_for_each(|one| match &one.0 {
        Kind::Statement { sql, parameters } => {
            still_open(connection)?;
            execute(connection, sql, parameters).map(drop)
        }
        Kind::Hook(hook) | Kind::Inline { hook, .. } => catch_unwind(AssertUnwindSafe(|| {
            ready(hook(&mut Transaction::on_sqlite(&mut *connection)))
        }))
        .unwrap_or_else(|_| Err(StoreError::Internal("a hook before the commit panicked".into()))),
        Kind::Together(work) => all(connection, work),
    })
}

/// What the future gives: SQLite answers at once, and there is nothing else that a hook may wait for.
fn ready(hook: HookFuture<'_>) -> Result<(), StoreError> {
    match pin!(hook).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(StoreError::Internal(
            "a hook before the commit waits for something else than its transaction".into(),
        )),
    }
}

/// `INSERT OR ROLLBACK` and the like end the transaction; what came after would be written on its own.
pub(crate) fn still_open(connection: &Connection) -> Result<(), StoreError> {
    if connection.is_autocommit() {
        return Err(StoreError::Internal("a statement has ended the transaction".into()));
    }
    Ok(())
}

pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    parameters: &[SqlValue],
) -> Result<usize, StoreError> {
    prepared(connection, sql, parameters, |statement| statement.raw_execute())
}

pub(crate) fn query(
    connection: &Connection,
    sql: &str,
    parameters: &[SqlValue],
) -> Result<Vec<Vec<SqlValue>>, StoreError> {
    prepared(connection, sql, parameters, |statement| {
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|column| {
                row.get_ref(column)?.try_into().map_err(|_| {
                    rusqlite::Error::InvalidColumnType(
                        column,
                        "text".to_owned(),
                        rusqlite::types::Type::Text,
                    )
                })
            });
            all.push(values.collect::<rusqlite::Result<_>>()?);
        }
        Ok(all)
    })
}

fn prepared<T>(
    connection: &Connection,
    sql: &str,
    parameters: &[SqlValue],
    run: impl FnOnce(&mut Statement<'_>) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let attempt = || {
        let mut statement = connection.prepare_cached(sql)?;
        let needed = statement.parameter_count();
        let wrong_count = || rusqlite::Error::InvalidParameterCount(parameters.len(), needed);
        if needed != parameters.len() {
            return Err(wrong_count());
        }
        for (index, value) in parameters.iter().enumerate() {
            // SQLite numbers `$2` by its place in the text, so that it has to be found by name.
            let name = format!("${}", index + 1);
            let place = statement.parameter_index(&name)?.ok_or_else(wrong_count)?;
            statement.raw_bind_parameter(place, value)?;
        }
        run(&mut statement)
    };
    attempt().map_err(|error| match error {
        // It names the statement itself.
        error @ rusqlite::Error::SqlInputError { .. } => store_error(error),
        error => match store_error(error) {
            StoreError::Internal(error) => {
                StoreError::Internal(format!("{error} in `{sql}`").into())
            }
            other => other,
        },
    })
}
