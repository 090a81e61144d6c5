//! `bloom list` and `bloom routes`: what there is.

use crate::{
    catalog::{AggregateEntry, Catalog, FieldEntry},
    failure::Failure,
    model::english,
    ui::Ui,
};

/// The catalogue of the project that the command was called in.
pub(super) fn catalog(ui: Ui) -> Result<Catalog, Failure> {
    english::prepare();
    let project = super::to_read(ui)?;
    Ok(Catalog::new(&project.settings, &project.context()?))
}

/// Lists the building blocks.
pub(super) fn run(json: bool, ui: Ui) -> Result<(), Failure> {
    let catalog = catalog(ui)?;
    if json {
        ui.data(&serde_json::to_string_pretty(&catalog).unwrap_or_default());
        return Ok(());
    }
    for context in &catalog.contexts {
        ui.data(&format!("{} (context)", context.name));
        for value in &context.values {
            ui.data(&format!("  {} (value object)", value.name));
            ui.data(&format!("    {}", fields(&value.fields)));
        }
        for aggregate in &context.aggregates {
            aggregate_lines(aggregate, ui);
        }
        for service in &context.services {
            ui.data(&format!("  {service} (service)"));
        }
        for migration in &context.migrations {
            ui.data(&format!("  {migration} (migration)"));
        }
        if context.values.is_empty() && context.aggregates.is_empty() {
            ui.data("  nothing yet: `bloom generate aggregate Customer name:String:1..100`");
        }
    }
    Ok(())
}

fn aggregate_lines(aggregate: &AggregateEntry, ui: Ui) {
    let kept = match (aggregate.event_sourced, aggregate.relational) {
        (true, _) => ", from its events",
        (false, true) => ", in tables",
        (false, false) => "",
    };
    ui.data(&format!("  {} (aggregate{kept})", aggregate.name));
    if !aggregate.fields.is_empty() {
        ui.data(&format!("    {}", fields(&aggregate.fields)));
    }
    for entity in &aggregate.entities {
        ui.data(&format!(
            "    {}: list of {} ({})",
            entity.list,
            entity.name,
            fields(&entity.fields)
        ));
    }
    let width = aggregate.behaviours.iter().map(|one| one.command.len()).max().unwrap_or_default();
    for one in &aggregate.behaviours {
        let way = one
            .to
            .as_ref()
            .map(|to| format!(", {} -> {to}", one.from.join("|")))
            .unwrap_or_default();
        let needs = if one.guards.is_empty() {
            String::new()
        } else {
            format!(", if {}", one.guards.join(" and "))
        };
        ui.data(&format!("    {:width$}  {}{way}{needs}", one.command, one.stored));
    }
    for query in &aggregate.queries {
        ui.data(&format!("    {query} (query)"));
    }
    for specification in &aggregate.specifications {
        ui.data(&format!("    {specification} (specification)"));
    }
    for factory in &aggregate.factories {
        ui.data(&format!("    {factory} (factory)"));
    }
    for policy in &aggregate.policies {
        ui.data(&format!("    {} (policy on {})", policy.name, policy.on));
    }
    for projection in &aggregate.projections {
        ui.data(&format!("    {} (projection)", projection.name));
    }
    if aggregate.repository {
        ui.data("    a repository of its own");
    }
}

fn fields(fields: &[FieldEntry]) -> String {
    let texts = fields.iter().map(|field| format!("{}: {}", field.name, field.ty));
    texts.collect::<Vec<_>>().join(", ")
}

/// Lists every route with its use case and its event.
pub(super) fn routes(json: bool, ui: Ui) -> Result<(), Failure> {
    let catalog = catalog(ui)?;
    let mut rows: Vec<Route> = Vec::new();
    for aggregate in catalog.contexts.iter().flat_map(|context| &context.aggregates) {
        let asked = aggregate.questions.iter().map(|one| (&one.route, &one.query, None));
        let done = aggregate
            .behaviours
            .iter()
            .map(|one| (&one.route, &one.command, Some(one.stored.clone())));
        for (route, use_case, event) in asked.chain(done) {
            let Some((method, path)) = route.as_deref().and_then(|route| route.split_once(' '))
            else {
                continue;
            };
            rows.push(Route {
                method: method.to_owned(),
                path: path.to_owned(),
                use_case: use_case.clone(),
                event,
            });
        }
    }
    let order = |method: &str| ["GET", "POST", "PUT"].iter().position(|known| *known == method);
    rows.sort_by(|one, other| {
        let key = |row: &Route| (row.path.clone(), order(&row.method).unwrap_or(usize::MAX));
        key(one).cmp(&key(other))
    });
    if json {
        ui.data(&serde_json::to_string_pretty(&rows).unwrap_or_default());
        return Ok(());
    }
    if !catalog.web {
        ui.warning("this project was made without HTTP, so that there are no routes");
    }
    let width = |of: fn(&Route) -> usize| rows.iter().map(of).max().unwrap_or_default();
    let (paths, cases) = (width(|row| row.path.len()), width(|row| row.use_case.len()));
    for row in &rows {
        let event = row.event.as_deref().unwrap_or("-");
        ui.data(&format!(
            "{:6}  {:paths$}  {:cases$}  {event}",
            row.method, row.path, row.use_case
        ));
    }
    Ok(())
}

/// One route.
#[derive(Debug, serde::Serialize)]
struct Route {
    method: String,
    path: String,
    use_case: String,
    event: Option<String>,
}
