//! The role in which projections write, which has no right to write events.

use tokio_postgres::{Client, Transaction};

use super::{
    migrate::unavailable,
    pool::{Connections, Whose},
};
use crate::{condition::identifier, migration::MigrationError};

/// What numbers the rows of some tables.
const SEQUENCES: &str = "SELECT c.oid::regclass::text FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    AND d.refobjid = ANY (SELECT name::regclass FROM unnest($1::text[]) name)";

/// What a role may not do that it has to do.
const LACKING: &str = "SELECT 'schema ' || current_schema() WHERE NOT (
        has_schema_privilege($1, current_schema(), 'CREATE') AND has_schema_privilege($1, current_schema(), 'USAGE'))
    UNION ALL SELECT 'table ' || name FROM unnest($2::text[]) name, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) privilege
    WHERE NOT has_table_privilege($1, name::regclass, privilege)";

/// Asks whether projections can write in this role, and whether it may write nothing that it should not.
pub(super) async fn check(client: &mut Client, role: &str) -> Result<(), MigrationError> {
    const RIGHTS: &str = "SELECT has_table_privilege('bloom_events', 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR has_any_column_privilege('bloom_events', 'INSERT, UPDATE'),
        has_schema_privilege(current_schema(), 'CREATE') AND has_schema_privilege(current_schema(), 'USAGE')
        AND has_table_privilege('bloom_projections', 'SELECT') AND has_table_privilege('bloom_projections', 'UPDATE')
        AND has_table_privilege('bloom_projections', 'INSERT') AND has_table_privilege('bloom_projections', 'DELETE')
        AND has_table_privilege('bloom_parked', 'SELECT') AND has_table_privilege('bloom_parked', 'UPDATE')
        AND has_table_privilege('bloom_parked', 'INSERT') AND has_table_privilege('bloom_parked', 'DELETE')";
    let wrong = |problem: String| MigrationError::ProjectionRole { role: role.to_owned(), problem };
    // It is left without a commit, and the role with it.
    let transaction = client.transaction().await.map_err(unavailable)?;
    take(&transaction, role).await?;
    let rights = transaction.query_one(RIGHTS, &[]).await.map_err(unavailable)?;
    if rights.get(0) {
        return Err(wrong(
            "it may write `bloom_events`, and it is there so that projections may not; take that right from it"
                .to_owned(),
        ));
    }
    if !rights.get::<_, bool>(1) {
        let missing = "it may not write how far projections have come, or make tables in the schema; `migrate up` gives it the rights";
        return Err(wrong(missing.to_owned()));
    }
    Ok(())
}

/// Gives the role what projections need: these tables, how far they have come, and to make tables for a rebuild.
pub(super) async fn grant(
    connections: &Connections,
    role: &str,
    tables: &[&str],
) -> Result<(), MigrationError> {
    let mut client = connections
        .take(Whose::All)
        .await
        .map_err(|error| MigrationError::Unavailable(error.into()))?;
    let client: &mut Client = &mut client;
    let transaction = client.transaction().await.map_err(unavailable)?;
    let known = transaction.query_opt("SELECT 1 FROM pg_roles WHERE rolname = $1", &[&role]).await;
    if known.map_err(unavailable)?.is_none() {
        return Err(cannot_be_taken(&transaction, role, "there is no such role").await);
    }
    let schema: Option<String> = transaction
        .query_one("SELECT current_schema()::text", &[])
        .await
        .map_err(unavailable)?
        .get(0);
    let schema = identifier(schema.as_deref().unwrap_or("public"));
    let all: Vec<String> = ["bloom_projections", "bloom_parked"]
        .into_iter()
        .chain(tables.iter().copied())
        .map(identifier)
        .collect();
    let (tables, quoted) = (all.join(", "), identifier(role));
    let sql = format!(
        "GRANT USAGE, CREATE ON SCHEMA {schema} TO {quoted};
         GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {quoted}"
    );
    let wrong = |problem: String| MigrationError::ProjectionRole { role: role.to_owned(), problem };
    let failed = |error| wrong(format!("it cannot be given its rights: {}", said(&error)));
    transaction.batch_execute(&sql).await.map_err(failed)?;
    // What numbers rows by a default has rights of its own.
    let sequences = transaction.query(SEQUENCES, &[&all]).await.map_err(failed)?;
    for sequence in sequences {
        let sql = format!("GRANT USAGE ON SEQUENCE {} TO {quoted}", sequence.get::<_, String>(0));
        transaction.batch_execute(&sql).await.map_err(failed)?;
    }
    // The server only warns where whoever migrates may not give a right.
    let lacking = transaction.query(LACKING, &[&role, &all]).await.map_err(failed)?;
    if let Some(lacking) = lacking.first() {
        let of: String = lacking.get(0);
        return Err(wrong(format!(
            "whoever migrates may not give it its rights to {of}; its owner or an administrator has to"
        )));
    }
    transaction.commit().await.map_err(unavailable)
}

async fn take(transaction: &Transaction<'_>, role: &str) -> Result<(), MigrationError> {
    let sql = format!("SAVEPOINT before; SET LOCAL ROLE {}", identifier(role));
    let Err(error) = transaction.batch_execute(&sql).await else { return Ok(()) };
    transaction.batch_execute("ROLLBACK TO before").await.map_err(unavailable)?;
    Err(cannot_be_taken(transaction, role, &said(&error)).await)
}

async fn cannot_be_taken(transaction: &Transaction<'_>, role: &str, why: &str) -> MigrationError {
    let user = transaction.query_one("SELECT current_user::text", &[]).await;
    let user = user.map_or_else(|_| "the role that connects".to_owned(), |row| row.get(0));
    let (quoted, user) = (identifier(role), identifier(&user));
    MigrationError::ProjectionRole {
        role: role.to_owned(),
        problem: format!(
            "{why}; an administrator makes it by `CREATE ROLE {quoted} NOLOGIN; GRANT {quoted} TO {user}`, and `migrate up` gives it its rights"
        ),
    }
}

fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}
