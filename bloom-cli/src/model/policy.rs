//! What follows from events.

use heck::ToSnakeCase;

use super::{Aggregate, Context, Policy};
use crate::request::{FieldName, InputError, TypeName, error::nearest};

/// The module of the policies.
const MODULE: &str = "policies";

impl Context {
    pub(super) fn add_policy(
        &mut self,
        name: &TypeName,
        root: &TypeName,
        event: &FieldName,
    ) -> Result<(), InputError> {
        self.free(name.pascal())?;
        self.free_of_crates(name)?;
        let mut policies = self.aggregates.iter().flat_map(|aggregate| &aggregate.policies);
        if policies.any(|other| other.name.snake() == name.snake()) {
            return Err(InputError::new(format!("there is a policy `{name}` already"))
                .hint("choose another name"));
        }
        if let Some(now) = self.now_called(root) {
            let (now, event) = (now.name.snake(), event.plain());
            return Err(InputError::new(format!("there is no aggregate `{root}` any more"))
                .hint(format!("it is called otherwise now: `{now}.{event}`")));
        }
        let aggregate = self.root(root)?;
        let events = aggregate.events();
        let Some(event) = events.iter().find(|one| one.to_snake_case() == event.plain()) else {
            return Err(unknown(aggregate, event.plain()));
        };
        aggregate.policies.push(Policy { name: name.clone(), event: event.clone() });
        Ok(())
    }

    /// The aggregate that is stored under this name and has another one now.
    fn now_called(&self, name: &TypeName) -> Option<&Aggregate> {
        let is_there = self.aggregates.iter().any(|aggregate| aggregate.name == *name);
        let stored = |aggregate: &&Aggregate| aggregate.stored.kind == name.snake();
        self.aggregates.iter().find(stored).filter(|_| !is_there)
    }

    /// Whatever a policy hears of still happens, and nothing else has its name or its place.
    pub(super) fn check_policies(&self) -> Result<(), InputError> {
        let policies = self.aggregates.iter().flat_map(|aggregate| &aggregate.policies);
        let in_its_place = |aggregate: &Aggregate| aggregate.name.snake() == MODULE;
        if policies.clone().next().is_some() && self.aggregates.iter().any(in_its_place) {
            return Err(InputError::new(format!(
                "an aggregate has the module `{MODULE}`, where policies have their place"
            ))
            .hint("call the aggregate otherwise: `bloom rename aggregate Policies ...`"));
        }
        for aggregate in &self.aggregates {
            for message in aggregate.use_cases() {
                let same = |policy: &&Policy| {
                    let name = policy.name.pascal();
                    name == message || name.strip_suffix("Handler") == Some(message.as_str())
                };
                if let Some(Policy { name, .. }) = policies.clone().find(same) {
                    return Err(InputError::new(format!(
                        "`{name}` would be a policy and a use case of `{}`",
                        aggregate.name
                    ))
                    .hint("name the policy for what follows, such as `NotifyCustomer`"));
                }
            }
        }
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
