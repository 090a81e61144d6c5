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
        // What the files of a read model import.
        const IN_SCOPE: [&str; 8] = [
            "Lifecycle",
            "Projected",
            "Projection",
            "Projector",
            "Projects",
            "Recorded",
            "SqlValue",
            "View",
        ];
        if let Some(taken) = [name, root].into_iter().find(|name| IN_SCOPE.contains(&name.pascal()))
        {
            return Err(InputError::new(format!(
                "`{taken}` is the name of something that every read model uses"
            ))
            .hint("choose another name"));
        }
        let table = name.snake();
        let owner = self.aggregates.iter().find(|aggregate| {
            let behind = table.strip_prefix(aggregate.stored.table.as_str());
            let of_entity = |rest: &str| {
                let lists = aggregate.entities.iter().map(|entity| entity.list.plain());
                lists.into_iter().any(|list| rest.strip_prefix('_') == Some(list))
            };
            behind.is_some_and(|rest| rest.is_empty() || rest == "_rows" || of_entity(rest))
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
