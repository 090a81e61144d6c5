//! Things that would write the same type.

use std::collections::HashMap;

use super::Context;
use crate::request::InputError;

impl Context {
    /// No two things write the same type.
    pub(super) fn check_types(&self) -> Result<(), InputError> {
        let mut seen: HashMap<String, String> = HashMap::new();
        let mut note = |name: String, what: String| -> Result<(), InputError> {
            if let Some(other) = seen.get(&name) {
                return Err(InputError::new(format!(
                    "{what} and {other} would both write the type `{name}`"
                ))
                .hint("name one of them differently"));
            }
            seen.insert(name, what);
            Ok(())
        };
        for value in &self.values {
            note(value.name.pascal().to_owned(), format!("the value object `{}`", value.name))?;
            for field in &value.fields {
                for name in field.own_types() {
                    note(name, format!("the field `{}` of `{}`", field.name, value.name))?;
                }
            }
        }
        for service in &self.services {
            note(service.pascal().to_owned(), format!("the service `{service}`"))?;
        }
        for aggregate in &self.aggregates {
            let root = &aggregate.name;
            for factory in &aggregate.factories {
                for name in [factory.pascal().to_owned(), super::input(factory)] {
                    note(name, format!("the factory `{factory}`"))?;
                }
            }
            for policy in &aggregate.policies {
                note(policy.name.pascal().to_owned(), format!("the policy `{}`", policy.name))?;
            }
            for query in &aggregate.queries {
                for suffix in ["", "Handler", "Parameters"] {
                    note(format!("{}{suffix}", query.name), format!("the query `{}`", query.name))?;
                }
            }
            for projection in &aggregate.projections {
                let name = projection.name.pascal().to_owned();
                note(name, format!("the projection `{}`", projection.name))?;
            }
            for suffix in ["", "Id", "Event", "Error"] {
                note(format!("{root}{suffix}"), format!("the aggregate `{root}`"))?;
            }
            let entities = aggregate.entities.iter().map(|entity| (&entity.name, &entity.fields));
            for (owner, fields) in std::iter::once((root, &aggregate.fields)).chain(entities) {
                if owner != root {
                    note(owner.pascal().to_owned(), format!("the entity `{owner}`"))?;
                    note(format!("{owner}Id"), format!("the entity `{owner}`"))?;
                }
                for field in fields {
                    for name in field.own_types() {
                        note(name, format!("the field `{}` of `{owner}`", field.name))?;
                    }
                }
            }
            for command in &aggregate.commands {
                for argument in &command.arguments {
                    let of_field = aggregate.fields.iter().any(|field| field.name == argument.name);
                    for name in argument.own_types().into_iter().filter(|_| !of_field) {
                        note(
                            name,
                            format!("the argument `{}` of `{}`", argument.name, command.verb),
                        )?;
                    }
                }
            }
        }
        Ok(())
    }
}
