//! What a projection writes with.

use std::borrow::Cow;

use bloom_runtime::ports::StoreError;

use crate::{transaction::Transaction, value::SqlValue};

/// The tables of a projection, within the transaction that also notes how far it has come.
///
/// In a statement each of them stands in braces, `{order_list}`: while a projection is rebuilt, that is another table beside the
/// live one.
pub struct View<'t> {
    transaction: Transaction<'t>,
    tables: &'t Tables,
}

impl<'t> View<'t> {
    pub(super) const fn new(transaction: Transaction<'t>, tables: &'t Tables) -> Self {
        Self { transaction, tables }
    }

    /// Runs one statement; how many rows it changed. Parameters stand in it as `$1`, `$2` and so on.
    ///
    /// # Errors
    /// What the database says, with the statement; also when a table is not in braces, or not one of the projection.
    pub async fn execute(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
    ) -> Result<usize, StoreError> {
        self.transaction.execute(&self.tables.named(sql)?, parameters).await
    }

    /// Runs one query; its rows, each with its columns in order.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub async fn query(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
    ) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        self.transaction.query(&self.tables.named(sql)?, parameters).await
    }
}

/// The tables of a projection, and those that stand for them at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tables {
    names: &'static [&'static str],
    /// The generation that is being built; `None` for the live one.
    building: Option<i64>,
}

impl Tables {
    pub(super) const fn live(names: &'static [&'static str]) -> Self {
        Self { names, building: None }
    }

    pub(super) const fn building(names: &'static [&'static str], generation: i64) -> Self {
        Self { names, building: Some(generation) }
    }

    /// Each table with the one that stands for it.
    pub(super) fn pairs(&self) -> impl DoubleEndedIterator<Item = (&'static str, String)> {
        self.names.iter().map(|name| (*name, self.stand_in(name).into_owned()))
    }

    fn stand_in<'n>(&self, name: &'n str) -> Cow<'n, str> {
        match self.building {
            None => Cow::Borrowed(name),
            Some(generation) => Cow::Owned(format!("{name}__{generation}")),
        }
    }

    /// The statement with the tables that are meant.
    fn named(&self, sql: &str) -> Result<String, StoreError> {
        let mut text = String::with_capacity(sql.len());
        let mut rest = sql;
        while let Some((before, after)) = rest.split_once('{') {
            let braced = after.split_once('}').filter(|(name, _)| self.names.contains(name));
            let Some((name, behind)) = braced else {
                // Braces are also JSON and arrays; what looks like a name is a table that was mistyped.
                if let Some((name, _)) = after.split_once('}')
                    && is_name(name)
                {
                    return Err(self.wrong(sql, &format!("`{{{name}}}` is none of its tables")));
                }
                self.refuse_bare(before, sql)?;
                text.push_str(before);
                text.push('{');
                rest = after;
                continue;
            };
            self.refuse_bare(before, sql)?;
            text.push_str(before);
            text.push('"');
            text.push_str(&self.stand_in(name));
            text.push('"');
            rest = behind;
        }
        self.refuse_bare(rest, sql)?;
        text.push_str(rest);
        Ok(text)
    }

    /// A table that is named without braces would be the live one also while another is being built. A column may have such a name.
    fn refuse_bare(&self, part: &str, sql: &str) -> Result<(), StoreError> {
        const BEFORE_A_TABLE: [&str; 7] =
            ["FROM", "INTO", "JOIN", "ONLY", "TABLE", "UPDATE", "USING"];
        let words = part.split(|sign: char| !(sign.is_alphanumeric() || sign == '_'));
        let mut before = "";
        for word in words.filter(|word| !word.is_empty()) {
            let is_table = BEFORE_A_TABLE.iter().any(|known| known.eq_ignore_ascii_case(before));
            if is_table && self.names.contains(&word) {
                return Err(self.wrong(sql, &format!("write `{{{word}}}`, in braces")));
            }
            before = word;
        }
        Ok(())
    }

    fn wrong(&self, sql: &str, what: &str) -> StoreError {
        let known = self.names.join(", ");
        StoreError::Internal(format!("{what}: the projection writes {known}, in `{sql}`").into())
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|sign| sign.is_alphanumeric() || sign == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &[&str] = &["orders", "order_lines"];

    #[test]
    fn tables_in_braces_are_those_that_are_meant() {
        let sql =
            "UPDATE {orders} SET note = '{\"a\":1}' WHERE id IN (SELECT id FROM {order_lines})";
        assert_eq!(
            Tables::live(TABLES).named(sql).unwrap(),
            "UPDATE \"orders\" SET note = '{\"a\":1}' WHERE id IN (SELECT id FROM \"order_lines\")"
        );
        assert_eq!(
            Tables::building(TABLES, 7).named("DELETE FROM {orders}").unwrap(),
            "DELETE FROM \"orders__7\""
        );
    }

    #[test]
    fn a_table_without_braces_or_of_somebody_else_is_refused() {
        for (sql, said) in [
            ("UPDATE orders SET a = 1", "write `{orders}`"),
            ("DELETE FROM {orders} USING order_lines", "write `{order_lines}`"),
            ("DELETE from \"orders\"", "write `{orders}`"),
            ("DELETE FROM {ordres}", "`{ordres}` is none of its tables"),
        ] {
            let StoreError::Internal(error) = Tables::live(TABLES).named(sql).unwrap_err() else {
                panic!("another error");
            };
            assert!(error.to_string().contains(said), "{error}");
        }
        // A longer word is another one, and so is a column.
        assert!(Tables::live(TABLES).named("SELECT reorders FROM {orders}").is_ok());
        assert!(
            Tables::live(TABLES).named("INSERT INTO {orders} (id, orders) VALUES ($1, 0)").is_ok()
        );
    }
}
