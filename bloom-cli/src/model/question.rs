//! Named questions: specifications and queries.

use super::{
    Context,
    aggregate::{Aggregate, Query, Specification},
};
use crate::request::{FieldName, InputError, TypeName, error::nearest};

/// What the files of a query import, and the modules that they stand among.
const IN_FILES: [&str; 15] = [
    "AnyProblem",
    "Axum",
    "BloomRuntime",
    "Deserialize",
    "Handlers",
    "IntoParams",
    "PageOf",
    "PageParameters",
    "Problem",
    "Requests",
    "Responses",
    "Routing",
    "State",
    "Store",
    "Utoipa",
];

impl Context {
    pub(super) fn add_specification(
        &mut self,
        name: &FieldName,
        root: &TypeName,
        fields: &[FieldName],
    ) -> Result<(), InputError> {
        const MODULE: &str = "specifications";
        const MOST: usize = 7;
        if fields.len() > MOST {
            return Err(InputError::new(format!("a specification asks for {MOST} fields at most"))
                .hint("join smaller ones: `&`, `|` and `!` make one question of several"));
        }
        let aggregate = self.root(root)?;
        let known = askable(aggregate, fields)?;
        let fields =
            if fields.is_empty() { known.into_iter().take(1).collect() } else { fields.to_vec() };
        if fields.is_empty() {
            return Err(InputError::new(format!("`{root}` has no field that can be asked for")));
        }
        let has_module = aggregate.entities.iter().any(|entity| entity.short.plain() == MODULE)
            || aggregate
                .fields
                .iter()
                .any(|field| field.name.plain() == MODULE && !field.own_types().is_empty());
        if has_module {
            return Err(InputError::new(format!("`{root}` has a module `{MODULE}` already")));
        }
        aggregate.specifications.push(Specification { name: name.clone(), fields });
        Ok(())
    }

    /// A query by some fields; by all that can be asked for when none is named.
    pub(super) fn add_query(
        &mut self,
        name: &TypeName,
        root: &TypeName,
        fields: &[FieldName],
    ) -> Result<(), InputError> {
        for suffix in ["", "Handler", "Parameters"] {
            self.free(&format!("{name}{suffix}"))?;
        }
        let of_context = format!("{}App", heck::ToPascalCase::to_pascal_case(self.module.as_str()));
        let is_view = name.pascal() == format!("{root}View");
        if IN_FILES.contains(&name.pascal()) || name.pascal() == of_context || is_view {
            return Err(InputError::new(format!(
                "`{name}` is the name of something that the files of a query use"
            ))
            .hint(format!("name it for what it finds, such as `Find{root}`")));
        }
        let taken = self
            .aggregates
            .iter()
            .find(|one| one.use_cases().iter().any(|used| used == name.pascal()));
        if let Some(taken) = taken {
            return Err(InputError::new(format!(
                "`{name}` is a use case of `{}` already",
                taken.name
            ))
            .hint("choose another name"));
        }
        let aggregate = self.root(root)?;
        let known = askable(aggregate, fields)?;
        let fields = if fields.is_empty() { known } else { fields.to_vec() };
        const OWN: [&str; 6] = ["after", "asked", "fields", "limit", "page", "wanted"];
        if let Some(taken) = fields.iter().find(|field| OWN.contains(&field.plain())) {
            return Err(InputError::new(format!(
                "`{taken}` has a meaning of its own in a query, and cannot be one of its fields"
            ))
            .hint("name the other fields"));
        }
        if fields.is_empty() {
            return Err(InputError::new(format!("`{root}` has no field that can be asked for")));
        }
        aggregate.queries.push(Query { name: name.clone(), fields });
        Ok(())
    }
}

/// The fields with one value that can be asked for; refuses those of `wanted` that are none of them.
fn askable(aggregate: &Aggregate, wanted: &[FieldName]) -> Result<Vec<FieldName>, InputError> {
    let known: Vec<FieldName> = aggregate
        .fields
        .iter()
        .filter(|field| field.has_one_equality())
        .map(|field| field.name.clone())
        .collect();
    let Some(wrong) = wanted.iter().find(|name| !known.contains(name)) else { return Ok(known) };
    let error = InputError::new(format!(
        "`{}` has no field `{wrong}` with one value that can be asked for",
        aggregate.name
    ));
    let names = known.iter().map(FieldName::plain);
    Err(match nearest(wrong.plain(), names.clone()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("it has {}", names.collect::<Vec<_>>().join(", "))),
    })
}
