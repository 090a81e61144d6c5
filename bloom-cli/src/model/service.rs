//! What belongs to no one aggregate, and what builds one.

use super::Context;
use crate::request::{InputError, TypeName};

/// What the file of a factory imports besides the domain and what no type may be called anyway.
const IMPORTED: &str = "Infallible";

impl Context {
    pub(super) fn add_service(&mut self, name: &TypeName) -> Result<(), InputError> {
        self.free_service(name)?;
        self.services.push(name.clone());
        Ok(())
    }

    pub(super) fn add_factory(
        &mut self,
        name: &TypeName,
        root: &TypeName,
    ) -> Result<(), InputError> {
        self.free_service(name)?;
        self.free(&input(name))?;
        self.root(root)?.factories.push(name.clone());
        Ok(())
    }

    /// The module of this name is not that of something the project depends on.
    pub(super) fn free_of_crates(&self, name: &TypeName) -> Result<(), InputError> {
        let module = name.snake();
        if CRATES.contains(&module.as_str()) {
            return Err(InputError::new(format!(
                "`{name}` needs the module `{module}`, which would be mistaken for the crate"
            ))
            .hint("choose another name"));
        }
        Ok(())
    }

    fn free_service(&self, name: &TypeName) -> Result<(), InputError> {
        self.free(name.pascal())?;
        self.free_of_crates(name)?;
        if name.pascal() == IMPORTED {
            return Err(InputError::new(format!(
                "`{name}` is the name of something that the files of services use"
            ))
            .hint("choose another name"));
        }
        let factories = self.aggregates.iter().flat_map(|aggregate| &aggregate.factories);
        if self.services.iter().chain(factories).any(|other| other.snake() == name.snake()) {
            return Err(InputError::new(format!(
                "there is a service or a factory `{name}` already"
            ))
            .hint("choose another name"));
        }
        Ok(())
    }
}

/// What a project depends on: a module of that name would be mistaken for it.
const CRATES: [&str; 9] = [
    "axum",
    "bloom_manage",
    "bloom_runtime",
    "bloom_sql",
    "bloom_web",
    "serde",
    "serde_json",
    "tokio",
    "utoipa",
];

/// What the factory builds from.
pub(crate) fn input(factory: &TypeName) -> String {
    format!("{factory}Input")
}
