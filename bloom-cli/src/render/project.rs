//! A project and its context for their templates.

use serde::Serialize;

use super::{
    aggregate::loading,
    exports::own_types,
    field::body_struct,
    layout,
    policy::{PolicyLine, has_policies, policies, subscribe},
    projection::projection_migration,
    use_case::{UseCaseView, use_cases},
};
use crate::{
    model::{Aggregate, Context, Projection, Tables, input},
    render::ValueView,
    request::FieldName,
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
    pub(crate) postgres: bool,
    /// Whether it is one of these.
    pub(crate) sql: bool,
    pub(crate) web: bool,
    pub(crate) features: String,
    /// The features of the runtime that rules need.
    pub(crate) rules: String,
    /// Whether the project is a member of a workspace that was there before.
    pub(crate) member: bool,
    /// What `app.rs` imports of the runtime's application layer.
    pub(crate) runtime_uses: String,
    pub(crate) contexts: Vec<ContextView>,
}

/// A context.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ContextView {
    pub(crate) name: String,
    pub(crate) module: String,
    pub(crate) pascal: String,
    pub(crate) has_adapters: bool,
    /// What `app.rs` imports of the context.
    pub(crate) app_uses: String,
    pub(crate) aggregates: Vec<AggregateLine>,
    pub(crate) repositories: Vec<AggregateLine>,
    pub(crate) projections: Vec<ProjectionLine>,
    /// The body of the function that registers them.
    pub(crate) projection_calls: String,
    /// The policies, and the body of the function that adds them.
    pub(crate) policies: Vec<PolicyLine>,
    pub(crate) policy_calls: String,
    pub(crate) domain_modules: Vec<String>,
    /// The services and factories, by their modules.
    pub(crate) services: Vec<ServiceLine>,
    /// What the domain shows of each module.
    pub(crate) domain_uses: Vec<String>,
    /// The aggregates as modules: rustfmt sorts these otherwise than imports.
    pub(crate) aggregate_modules: Vec<String>,
    /// The same with the module of the policies, where there are any.
    pub(crate) application_modules: Vec<String>,
    pub(crate) http_modules: Vec<String>,
    /// What the tests over HTTP import of the project.
    pub(crate) http_test_uses: String,
    /// The calls that register its migrations.
    pub(crate) migrations: Vec<String>,
}

/// An aggregate, as the files of the whole context name it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AggregateLine {
    pascal: String,
    snake: String,
    plural_snake: String,
    plural_pascal: String,
    /// The call that registers it with the store.
    registration: String,
    use_cases: Vec<UseCaseView>,
    /// The import of its messages and their handlers.
    uses: String,
}

/// A service or a factory, as the files of the whole context name it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ServiceLine {
    module: String,
    types: Vec<String>,
}

/// A read model, as the files of the whole context name it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProjectionLine {
    pascal: String,
    snake: String,
}

impl ContextView {
    pub(crate) fn new(crate_name: &str, context: &Context, web: bool, sql: bool) -> Self {
        let values: Vec<ValueView> = context.values.iter().map(ValueView::new).collect();
        let pascal = heck::ToPascalCase::to_pascal_case(context.module.as_str());
        let mut aggregates: Vec<AggregateLine> =
            context.aggregates.iter().map(AggregateLine::new).collect();
        aggregates.sort_by(|left, right| layout::in_order(&left.snake, &right.snake));
        let repositories = context.aggregates.iter().filter(|aggregate| aggregate.repository);
        let mut repositories: Vec<AggregateLine> = repositories.map(AggregateLine::new).collect();
        repositories
            .sort_by(|left, right| layout::in_order(&left.plural_snake, &right.plural_snake));

        let followed = projections(context);
        let calls: Vec<(String, String)> = followed
            .iter()
            .map(|(root, one)| (one.name.pascal().to_owned(), root.name.pascal().to_owned()))
            .collect();
        let policies = policies(context);
        let exports = domain_exports(context, &values);
        let stored = context.aggregates.iter().filter(|aggregate| !aggregate.event_sourced);
        let own = context.migrations.iter().map(|(number, name)| own_migration(*number, name));
        let tables = context
            .aggregates
            .iter()
            .filter_map(|aggregate| Some(tables_migration(aggregate, aggregate.tables.as_ref()?)));
        let read_models = followed.iter().map(|(_, one)| projection_migration(one));
        let mut migrations: Vec<String> =
            stored.map(migration).chain(own).chain(tables).chain(read_models).collect();
        migrations.retain(|_| sql);
        // They begin with their numbers.
        migrations.sort();
        Self {
            name: context.module.clone(),
            module: context.module.clone(),
            has_adapters: web || !repositories.is_empty() || sql && !followed.is_empty(),
            app_uses: app_uses(context, web, sql && !followed.is_empty(), &pascal),
            projections: followed
                .iter()
                .filter(|_| sql)
                .map(|(_, one)| ProjectionLine {
                    pascal: one.name.pascal().to_owned(),
                    snake: one.name.snake(),
                })
                .collect(),
            projection_calls: layout::projections(&calls),
            policy_calls: subscribe(&policies),
            policies,
            services: services(context),
            domain_modules: sorted(
                exports.iter().map(|(module, _)| module.clone()).chain(["services".to_owned()]),
            ),
            domain_uses: exports
                .iter()
                .map(|(module, types)| layout::group(&format!("pub use {module}"), types, ';', 0))
                .collect(),
            application_modules: sorted(
                aggregates
                    .iter()
                    .map(|aggregate| aggregate.snake.clone())
                    .chain(has_policies(context).then(|| "policies".to_owned())),
            ),
            aggregate_modules: sorted(aggregates.iter().map(|aggregate| aggregate.snake.clone())),
            http_modules: http_modules(context, &values),
            http_test_uses: http_test_uses(crate_name, &context.module, &pascal),
            migrations: migrations.iter().map(|name| registration(name)).collect(),
            pascal,
            aggregates,
            repositories,
        }
    }
}

impl AggregateLine {
    fn new(aggregate: &Aggregate) -> Self {
        let snake = aggregate.name.snake();
        let use_cases = use_cases(aggregate);
        let names: Vec<String> = use_cases
            .iter()
            .flat_map(|case| [case.pascal.clone(), format!("{}Handler", case.pascal)])
            .collect();
        Self {
            pascal: aggregate.name.pascal().to_owned(),
            uses: layout::group(&format!("use {snake}"), &names, ';', 0),
            snake,
            plural_snake: aggregate.plural.plain().to_owned(),
            plural_pascal: aggregate.plural.pascal(),
            registration: aggregate_registration(aggregate),
            use_cases,
        }
    }
}

/// The read models in the order of their names, each with what it follows.
fn projections(context: &Context) -> Vec<(&Aggregate, &Projection)> {
    let aggregates = context.aggregates.iter();
    let mut all: Vec<(&Aggregate, &Projection)> = aggregates
        .flat_map(|aggregate| aggregate.projections.iter().map(move |one| (aggregate, one)))
        .collect();
    all.sort_by_key(|(_, one)| one.name.snake());
    all
}

fn app_uses(context: &Context, web: bool, read_models: bool, pascal: &str) -> String {
    let mut parts = Vec::new();
    let adapters = [("http", web), ("projections", read_models)];
    let adapters: Vec<String> = adapters
        .into_iter()
        .filter(|(_, is_there)| *is_there)
        .map(|(name, _)| name.to_owned())
        .collect();
    if !adapters.is_empty() {
        parts.push(("adapters".to_owned(), adapters));
    }
    let mut application = Vec::new();
    if web {
        application.extend([format!("{pascal}App"), "Handlers".to_owned()]);
    }
    if has_policies(context) {
        application.push("policies".to_owned());
    }
    if !application.is_empty() {
        parts.push(("application".to_owned(), application));
    }
    if !context.aggregates.is_empty() {
        let names = context.aggregates.iter().map(|aggregate| aggregate.name.pascal().to_owned());
        parts.push(("domain".to_owned(), names.collect()));
    }
    if parts.is_empty() {
        return String::new();
    }
    layout::groups(&format!("crate::{}", context.module), &parts)
}

fn http_test_uses(crate_name: &str, module: &str, pascal: &str) -> String {
    let application =
        layout::group("application", &[format!("{pascal}App"), "Handlers".to_owned()], ',', 8);
    let own = format!("    {module}::{{\n        adapters::http,\n{application}\n    }},\n");
    let mut parts = [("app", "    app::App,\n".to_owned()), (module, own)];
    parts.sort_by(|left, right| layout::in_order(left.0, right.0));
    format!("use ::{crate_name}::{{\n{}}};", parts.map(|(_, lines)| lines).concat())
}

/// The services and factories in the order of their modules.
fn services(context: &Context) -> Vec<ServiceLine> {
    let services = context.services.iter().map(|name| (name, vec![name.pascal().to_owned()]));
    let factories = context.aggregates.iter().flat_map(|aggregate| &aggregate.factories);
    let factories = factories.map(|name| (name, vec![name.pascal().to_owned(), input(name)]));
    let mut lines: Vec<ServiceLine> = services
        .chain(factories)
        .map(|(name, types)| ServiceLine { module: name.snake(), types })
        .collect();
    lines.sort_by(|left, right| layout::in_order(&left.module, &right.module));
    lines
}

/// What each module of the domain has for others.
fn domain_exports(context: &Context, values: &[ValueView]) -> Vec<(String, Vec<String>)> {
    let values = context.values.iter().zip(values).filter(|(value, _)| !value.by_hand);
    let values = values.map(|(_, view)| (view.snake.clone(), view.types.clone()));
    let aggregates = context.aggregates.iter();
    let aggregates = aggregates.map(|aggregate| (aggregate.name.snake(), own_types(aggregate)));
    let mut exports: Vec<_> = values.chain(aggregates).collect();
    exports.sort_by(|(left, _), (right, _)| layout::in_order(left, right));
    exports
}

fn sorted(modules: impl Iterator<Item = String>) -> Vec<String> {
    let mut modules: Vec<String> = modules.collect();
    modules.sort();
    modules
}

fn http_modules(context: &Context, values: &[ValueView]) -> Vec<String> {
    let used = bodies_in_use(context);
    let values =
        values.iter().map(|value| value.snake.clone()).filter(|snake| used.contains(snake));
    let aggregates = context.aggregates.iter().map(|aggregate| aggregate.name.snake());
    sorted(aggregates.chain(values))
}

/// The call that registers an aggregate.
fn aggregate_registration(aggregate: &Aggregate) -> String {
    let method = format!("aggregate::<{}>", aggregate.name.pascal());
    if aggregate.event_sourced {
        return layout::call(&method, &[loading(aggregate)], 12);
    }
    let table = format!("\"{}\"", aggregate.stored.table);
    layout::call_of_call(&method, "Documents::in_table", &table, 12)
}

/// The call that adds a migration.
fn registration(name: &str) -> String {
    let path = format!("include_str!(\"../migrations/{name}.sql\")");
    layout::call("with", &[format!("\"{name}\""), path], 12)
}

/// What `app.rs` imports of the runtime, given how the aggregates are loaded.
pub(crate) fn runtime_uses(context: &Context, sql: bool) -> String {
    let loadings = context.aggregates.iter().map(|aggregate| {
        if aggregate.event_sourced { "Events".to_owned() } else { "Documents".to_owned() }
    });
    let heard = has_policies(context).then(|| "Subscriptions".to_owned());
    let application = loadings.chain(["StorageStore".to_owned()]).chain(heard).collect();
    let mut parts = vec![("application".to_owned(), application)];
    if !sql {
        parts.push(("memory".to_owned(), vec!["MemoryStorage".to_owned()]));
    }
    parts.push(("ports".to_owned(), vec!["Storage".to_owned()]));
    layout::groups("bloom_runtime", &parts)
}

/// Whether the files that name everything are rendered as rustfmt would lay them out: names are of the usual length and
/// spelling, and chains of calls are too long for one line, which is not so in a small project.
pub(crate) fn laid_out(context: &Context) -> bool {
    const LONGEST: usize = 36;
    let usual = |name: &str| {
        name.len() <= LONGEST
            && name.contains(|sign: char| sign.is_ascii_lowercase())
            && !crate::request::name::identifier(&heck::ToSnakeCase::to_snake_case(name))
                .starts_with("r#")
    };
    context.aggregates.len() > 2
        && usual(&context.module)
        && context.values.iter().all(|value| usual(value.name.pascal()))
        && context
            .aggregates
            .iter()
            .all(|aggregate| usual(aggregate.name.pascal()) && usual(aggregate.plural.plain()))
}

/// The file name of an aggregate's migration, without its end.
pub(crate) fn migration(aggregate: &Aggregate) -> String {
    format!("{:04}_{}", aggregate.migration, aggregate.stored.table)
}

/// The file name of the migration to tables, without its end.
pub(crate) fn tables_migration(aggregate: &Aggregate, tables: &Tables) -> String {
    format!("{:04}_{}_as_tables", tables.migration, aggregate.stored.table)
}

/// The file name of a migration that somebody writes, without its end.
pub(crate) fn own_migration(number: usize, name: &FieldName) -> String {
    format!("{number:04}_{}", name.plain())
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
