//! What follows from events.

use heck::ToSnakeCase;

use super::{Aggregate, Context, Policy};
use crate::request::{FieldName, InputError, TypeName, error::nearest};

impl Context {
    pub(super) fn add_policy(
        &mut self,
        name: &TypeName,
        root: &TypeName,
        event: &FieldName,
    ) -> Result<(), InputError> {
        self.free(name.pascal())?;
        let mut policies = self.aggregates.iter().flat_map(|aggregate| &aggregate.policies);
        if policies.any(|other| other.name.snake() == name.snake()) {
            return Err(InputError::new(format!("there is a policy `{name}` already"))
                .hint("choose another name"));
        }
        let aggregate = self.root(root)?;
        let events = aggregate.events();
        let Some(event) = events.iter().find(|one| one.to_snake_case() == event.plain()) else {
            return Err(unknown(aggregate, event.plain()));
        };
        aggregate.policies.push(Policy { name: name.clone(), event: event.clone() });
        Ok(())
    }

    /// Whatever a policy hears of still happens.
    pub(super) fn check_policies(&self) -> Result<(), InputError> {
        for aggregate in &self.aggregates {
            let events = aggregate.events();
            for Policy { name, event } in &aggregate.policies {
                if !events.contains(event) {
                    let event = event.to_snake_case();
                    let of = aggregate.name.snake();
                    return Err(InputError::new(format!(
                        "`{of}.{event}` would happen no more, and the policy `{name}` hears of it"
                    ))
                    .hint(format!("take it out first: `bloom destroy policy {name}`")));
                }
            }
        }
        Ok(())
    }
}

fn unknown(aggregate: &Aggregate, event: &str) -> InputError {
    let name = aggregate.name.snake();
    let events: Vec<String> = aggregate.events().iter().map(|one| one.to_snake_case()).collect();
    let error =
        InputError::new(format!("nothing called `{event}` happens to `{}`", aggregate.name));
    match nearest(event, events.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{name}.{near}`?")),
        None => error.hint(format!("what happens to it: {}", events.join(", "))),
    }
}
