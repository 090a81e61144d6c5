//! Read models.

use super::{Context, aggregate::Projection};
use crate::request::{InputError, TypeName};

impl Context {
    /// A read model with a row for each aggregate of one kind.
    pub(super) fn add_projection(
        &mut self,
        name: &TypeName,
        root: &TypeName,
        number: Option<usize>,
    ) -> Result<(), InputError> {
        self.free(name.pascal())?;
        let migration = number.unwrap_or_else(|| self.newest_migration() + 1);
        let fields = self.root(root)?.fields.clone();
        let table = name.snake();
        let owner = self.aggregates.iter().find(|aggregate| {
            let plural = aggregate.plural.plain();
            table == plural || table.strip_prefix(plural).is_some_and(|rest| rest == "_rows")
        });
        if let Some(owner) = owner {
            return Err(InputError::new(format!(
                "the table `{table}` belongs to the aggregate `{}`",
                owner.name
            ))
            .hint(format!("name the projection for what it shows, such as `{}List`", owner.name)));
        }
        if table.starts_with("bloom_") {
            return Err(InputError::new(format!("`{table}` could be a table of Bloom's own"))
                .hint("name the projection for what it shows"));
        }
        self.free_table(&table)?;
        self.root(root)?.projections.push(Projection { name: name.clone(), migration, fields });
        Ok(())
    }

    /// No read model has this table.
    pub(super) fn free_table(&self, table: &str) -> Result<(), InputError> {
        let mut projections = self.aggregates.iter().flat_map(|aggregate| &aggregate.projections);
        match projections.find(|projection| projection.name.snake() == table) {
            Some(taken) => Err(InputError::new(format!(
                "the table `{table}` is the one of the projection `{}`",
                taken.name
            ))
            .hint("choose another name")),
            None => Ok(()),
        }
    }
}
