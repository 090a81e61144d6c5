//! A project and its context for their templates.

use serde::Serialize;

use super::{
    aggregate::loading,
    exports::own_types,
    field::body_struct,
    use_case::{UseCaseView, use_cases},
};
use crate::{
    model::{Aggregate, Context},
    render::ValueView,
};

/// What is known of the project as a whole.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProjectView {
    pub(crate) name: String,
    pub(crate) crate_name: String,
    pub(crate) app: String,
    pub(crate) env: String,
    pub(crate) bloom: String,
    pub(crate) database: String,
    pub(crate) sqlite: bool,
    pub(crate) web: bool,
    pub(crate) features: String,
    /// Whether the project is a member of a workspace that was there before.
    pub(crate) member: bool,
    pub(crate) loadings: String,
    pub(crate) contexts: Vec<ContextView>,
}

/// A context.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ContextView {
    pub(crate) name: String,
    pub(crate) module: String,
    pub(crate) pascal: String,
    pub(crate) has_adapters: bool,
    pub(crate) aggregates: Vec<AggregateLine>,
    pub(crate) repositories: Vec<AggregateLine>,
    pub(crate) domain_modules: Vec<ModuleView>,
    pub(crate) value_structs: Vec<ValueLine>,
    pub(crate) migrations: Vec<String>,
}

/// An aggregate, as the files of the whole context name it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AggregateLine {
    pascal: String,
    snake: String,
    plural_snake: String,
    plural_pascal: String,
    loading: String,
    use_cases: Vec<UseCaseView>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ModuleView {
    module: String,
    types: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ValueLine {
    snake: String,
}

impl ContextView {
    pub(crate) fn new(context: &Context, web: bool, sqlite: bool) -> Self {
        let values: Vec<ValueView> = context.values.iter().map(ValueView::new).collect();
        let mut modules: Vec<ModuleView> = values
            .iter()
            .map(|value| ModuleView { module: value.snake.clone(), types: value.types.clone() })
            .collect();
        modules.extend(context.aggregates.iter().map(|aggregate| ModuleView {
            module: aggregate.name.snake(),
            types: own_types(aggregate),
        }));
        let line = |aggregate: &Aggregate| AggregateLine {
            pascal: aggregate.name.pascal().to_owned(),
            snake: aggregate.name.snake(),
            plural_snake: aggregate.plural.plain().to_owned(),
            plural_pascal: aggregate.plural.pascal(),
            loading: loading(aggregate),
            use_cases: use_cases(aggregate),
        };
        let repositories = context.aggregates.iter().filter(|aggregate| aggregate.repository);
        let used = bodies_in_use(context);
        Self {
            name: context.module.clone(),
            pascal: heck::ToPascalCase::to_pascal_case(context.module.as_str()),
            module: context.module.clone(),
            has_adapters: web || context.aggregates.iter().any(|aggregate| aggregate.repository),
            repositories: repositories.map(line).collect(),
            aggregates: context.aggregates.iter().map(line).collect(),
            domain_modules: modules,
            value_structs: values
                .iter()
                .filter(|value| used.contains(&value.snake))
                .map(|value| ValueLine { snake: value.snake.clone() })
                .collect(),
            migrations: if sqlite {
                context
                    .aggregates
                    .iter()
                    .filter(|aggregate| !aggregate.event_sourced)
                    .map(migration)
                    .collect()
            } else {
                Vec::new()
            },
        }
    }
}

/// The file name of an aggregate's migration, without its end.
pub(crate) fn migration(aggregate: &Aggregate) -> String {
    format!("{:04}_{}", aggregate.migration, aggregate.plural)
}

/// The modules of the value objects that some body holds; a body that nothing uses would be a warning.
pub(crate) fn bodies_in_use(context: &Context) -> Vec<String> {
    let module = |path: String| path.split("::").next().unwrap_or_default().to_owned();
    let mut used: Vec<String> = Vec::new();
    for aggregate in &context.aggregates {
        let entities = aggregate.entities.iter().flat_map(|entity| &entity.fields);
        let arguments = aggregate.commands.iter().flat_map(|command| &command.arguments);
        used.extend(
            aggregate
                .fields
                .iter()
                .chain(entities)
                .chain(arguments)
                .filter_map(body_struct)
                .map(module),
        );
    }
    // A body may hold another.
    let mut index = 0;
    while index < used.len() {
        let value = context.values.iter().find(|value| value.name.snake() == used[index]);
        for inner in
            value.into_iter().flat_map(|value| &value.fields).filter_map(body_struct).map(module)
        {
            if !used.contains(&inner) {
                used.push(inner);
            }
        }
        index += 1;
    }
    used
}
