//! What a specification is in SQL, for looking at plans.
//!
//! ```
//! # use bloom_runtime::testing::conformance::Account;
//! let rich = Account::fields().balance.gt(1_000);
//! let (sql, values) = bloom_sql::explain::sqlite("accounts", &rich);
//! // In a test: storage.query(format!("EXPLAIN QUERY PLAN {sql}"), values)
//! assert!(sql.ends_with("AND (json_extract(body, '$.\"balance\"') > $2)"));
//! assert_eq!(values, bloom_sql::parameters!["", 1_000]);
//! ```

use bloom_runtime::{domain::Spec, ports::Selection};

use crate::{
    condition::{Dialect, Statement, identifier},
    value::SqlValue,
};

/// The statement with which SQLite is asked, and what is bound in it.
#[cfg(feature = "sqlite")]
#[must_use]
pub fn sqlite<A>(table: &'static str, spec: &Spec<A>) -> (String, Vec<SqlValue>) {
    let (sql, values) = asked::<A, crate::sqlite::Dialect>(table, spec);
    // Own SQL has one style for every database.
    (sql.replace('?', "$"), values)
}

/// The statement with which PostgreSQL is asked, and what is bound in it.
#[cfg(feature = "postgres")]
#[must_use]
pub fn postgres<A>(table: &'static str, spec: &Spec<A>) -> (String, Vec<SqlValue>) {
    asked::<A, crate::postgres::Dialect>(table, spec)
}

fn asked<A, D>(table: &'static str, spec: &Spec<A>) -> (String, Vec<SqlValue>)
where
    D: Dialect<Parameter: Into<SqlValue>>,
{
    let mut statement = Statement::<D>::new();
    let condition = statement.selection(&Selection {
        tenant: String::new(),
        table,
        removed: false,
        condition: spec.condition().clone(),
    });
    let sql = format!("SELECT id FROM {} WHERE {condition}", identifier(table));
    (sql, statement.into_parameters().into_iter().map(Into::into).collect())
}
