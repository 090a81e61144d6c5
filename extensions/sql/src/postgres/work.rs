//! A user's own SQL on PostgreSQL, inside the transaction of its unit of work.

use bloom_runtime::ports::StoreError;
use deadpool_postgres::ClientWrapper;
use tokio_postgres::types::ToSql;

use super::{
    error::{is_of_the_server, store_error},
    value,
};
use crate::{
    transaction::Transaction,
    value::SqlValue,
    work::{FailedStatement, Kind, SqlWork},
};

/// Does all of it, in order.
pub(super) async fn run(client: &ClientWrapper, work: &[SqlWork]) -> Result<(), StoreError> {
    for one in work {
        match &one.0 {
            Kind::Statement { sql, parameters } => {
                execute(client, sql, parameters).await?;
            }
            Kind::Hook(hook) | Kind::Inline { hook, .. } => {
                hook(&mut Transaction::on_postgres(client)).await?;
            }
            Kind::Together(work) => Box::pin(run(client, work)).await?,
        }
    }
    Ok(())
}

pub(crate) async fn execute(
    client: &ClientWrapper,
    sql: &str,
    parameters: &[SqlValue],
) -> Result<usize, StoreError> {
    keeps_the_transaction(sql)?;
    let prepared = prepare(client, sql, parameters.len()).await?;
    let changed = client.execute(&prepared, &bound(parameters)).await;
    let changed = changed.map_err(|error| in_statement(store_error(error), sql))?;
    Ok(usize::try_from(changed).unwrap_or(usize::MAX))
}

pub(crate) async fn query(
    client: &ClientWrapper,
    sql: &str,
    parameters: &[SqlValue],
) -> Result<Vec<Vec<SqlValue>>, StoreError> {
    keeps_the_transaction(sql)?;
    let prepared = prepare(client, sql, parameters.len()).await?;
    let rows = client.query(&prepared, &bound(parameters)).await;
    let rows = rows.map_err(|error| in_statement(store_error(error), sql))?;
    rows.iter().map(|row| value::row(row).map_err(|error| in_statement(error, sql))).collect()
}

async fn prepare(
    client: &ClientWrapper,
    sql: &str,
    given: usize,
) -> Result<tokio_postgres::Statement, StoreError> {
    let prepared = client.prepare_cached(sql).await;
    let prepared = prepared.map_err(|error| in_statement(store_error(error), sql))?;
    let needed = prepared.params().len();
    if needed != given {
        let counts = format!("the statement has {needed} parameters, and {given} were given");
        return Err(in_statement(StoreError::Internal(counts.into()), sql));
    }
    Ok(prepared)
}

fn bound(parameters: &[SqlValue]) -> Vec<&(dyn ToSql + Sync)> {
    parameters.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

/// The transaction is ended by the commit and by nobody else. A statement is one, so its first word says what it does.
fn keeps_the_transaction(sql: &str) -> Result<(), StoreError> {
    const WORDS: [&str; 12] = [
        "BEGIN",
        "START",
        "COMMIT",
        "END",
        "ROLLBACK",
        "ABORT",
        "SAVEPOINT",
        "RELEASE",
        "PREPARE",
        "SET",
        "RESET",
        "LISTEN",
    ];
    let first = first_word(sql);
    let is_nothing = first.is_empty() && !sql.trim().is_empty();
    if is_nothing || WORDS.iter().any(|word| first.eq_ignore_ascii_case(word)) {
        let said = format!("`{first}` would change the transaction of the commit: `{sql}`");
        return Err(StoreError::Internal(said.into()));
    }
    Ok(())
}

/// The first word behind blanks, semicolons and comments, which nest.
fn first_word(sql: &str) -> &str {
    let mut rest = sql;
    let mut depth = 0_u32;
    loop {
        if depth == 0 {
            rest = rest.trim_start_matches(|sign: char| sign.is_whitespace() || sign == ';');
        }
        if depth == 0
            && let Some(comment) = rest.strip_prefix("--")
        {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(inside) = rest.strip_prefix("/*") {
            (depth, rest) = (depth + 1, inside);
        } else if depth > 0
            && let Some(behind) = rest.strip_prefix("*/")
        {
            (depth, rest) = (depth - 1, behind);
        } else if depth > 0 && !rest.is_empty() {
            let mut signs = rest.chars();
            signs.next();
            rest = signs.as_str();
        } else {
            break;
        }
    }
    rest.split(|sign: char| !sign.is_ascii_alphabetic()).next().unwrap_or_default()
}

fn in_statement(error: StoreError, sql: &str) -> StoreError {
    let is_of_the_server = is_of_the_server(&error);
    match error {
        StoreError::Internal(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            let said = format!("{error}{cause} in `{sql}`");
            StoreError::Internal(FailedStatement { said, is_of_the_server }.into())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_the_transaction_is_refused() {
        for sql in [
            "COMMIT",
            "  rollback;",
            "-- done\nEnd",
            "/* x */ /* y */ abort",
            "SET ROLE x",
            ";COMMIT",
            "/* /* */ ä */ commit",
            "()",
        ] {
            assert!(keeps_the_transaction(sql).is_err(), "{sql}");
        }
        for sql in ["INSERT INTO commits VALUES (1)", "", "WITH commit AS (SELECT 1) SELECT 1"] {
            assert!(keeps_the_transaction(sql).is_ok(), "{sql}");
        }
    }
}
