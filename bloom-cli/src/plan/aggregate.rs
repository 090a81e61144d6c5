//! The files of one aggregate.

use minijinja::{Value, context, value::Serde};

use super::{PlannedFile, Planner};
use crate::render::{AggregateView, migration, tables, tables_migration};

impl Planner<'_> {
    pub(super) fn aggregate(&self, name: &str) -> Vec<PlannedFile> {
        let Some(aggregate) = self.context.aggregate(name) else { return Vec::new() };
        let view = AggregateView::new(aggregate);
        let snake = &view.snake;
        let module = &self.context.module;
        let domain = format!("src/{module}/domain/{snake}");
        let application = format!("src/{module}/application/{snake}");
        let a = Value::from(Serde(&view));
        let mut files = Vec::new();
        let mut push = |path: String, template, extra: Value| {
            files.push(self.file(path, template, context! { a => a.clone(), ..extra }));
        };
        let none = || context! {};
        push(format!("{domain}/mod.rs"), "aggregate/domain/mod.rs.j2", none());
        push(format!("{domain}/id.rs"), "aggregate/domain/id.rs.j2", none());
        push(format!("{domain}/events.rs"), "aggregate/domain/events.rs.j2", none());
        push(format!("{domain}/tests.rs"), "aggregate/domain/tests.rs.j2", none());
        if !view.errors.is_empty() {
            push(format!("{domain}/errors.rs"), "aggregate/domain/errors.rs.j2", none());
        }
        if !view.values.is_empty() {
            push(format!("{domain}/values.rs"), "aggregate/domain/values.rs.j2", none());
        }
        for one in &view.enums {
            push(
                format!("{domain}/{}.rs", one.snake),
                "aggregate/domain/enum.rs.j2",
                context! { e => Serde(one) },
            );
        }
        for entity in &view.entities {
            push(
                format!("{domain}/{}.rs", entity.short),
                "entity/domain.rs.j2",
                context! { e => Serde(entity) },
            );
            for (verb, template) in [
                ("add", "entity/add.rs.j2"),
                ("change", "entity/change.rs.j2"),
                ("remove", "entity/remove.rs.j2"),
            ] {
                push(
                    format!("{application}/{verb}_{}.rs", entity.snake),
                    template,
                    context! { e => Serde(entity) },
                );
            }
        }
        for factory in &view.factories {
            push(
                format!("src/{module}/domain/services/{}.rs", factory.snake),
                "factory/domain.rs.j2",
                context! { f => Serde(factory) },
            );
        }
        for policy in &view.policies {
            push(
                format!("src/{module}/application/policies/{}.rs", policy.snake),
                "policy/application.rs.j2",
                context! { policy => Serde(policy) },
            );
        }
        if !view.specifications.is_empty() {
            let folder = format!("{domain}/specifications");
            push(format!("{folder}/mod.rs"), "specification/mod.rs.j2", none());
            for one in &view.specifications {
                push(
                    format!("{folder}/{}.rs", one.file),
                    "specification/domain.rs.j2",
                    context! { s => Serde(one) },
                );
            }
        }
        push(format!("{application}/mod.rs"), "aggregate/application/mod.rs.j2", none());
        let [create, get, list, ..] = view.use_cases.as_slice() else { return files };
        push(
            format!("{application}/{}.rs", create.snake),
            "aggregate/application/create.rs.j2",
            none(),
        );
        push(format!("{application}/{}.rs", get.snake), "aggregate/application/get.rs.j2", none());
        push(
            format!("{application}/{}.rs", list.snake),
            "aggregate/application/list.rs.j2",
            none(),
        );
        for change in view.changes() {
            push(
                format!("{application}/{}.rs", change.snake),
                "aggregate/application/change.rs.j2",
                context! { c => Serde(change) },
            );
        }
        for command in &view.commands {
            push(
                format!("{application}/{}.rs", command.snake),
                "command/application.rs.j2",
                context! { c => Serde(command) },
            );
        }
        for query in &view.queries {
            push(
                format!("{application}/{}.rs", query.snake),
                "query/application.rs.j2",
                context! { q => Serde(query) },
            );
            if self.settings.web {
                push(
                    format!("src/{module}/adapters/http/{snake}/{}.rs", query.snake),
                    "query/http.rs.j2",
                    context! { q => Serde(query) },
                );
            }
        }
        if self.settings.web {
            let http = format!("src/{module}/adapters/http/{snake}");
            push(format!("{http}/mod.rs"), "aggregate/http/mod.rs.j2", none());
            push(format!("{http}/requests.rs"), "aggregate/http/requests.rs.j2", none());
            push(format!("{http}/responses.rs"), "aggregate/http/responses.rs.j2", none());
            push(format!("{http}/handlers.rs"), "aggregate/http/handlers.rs.j2", none());
            push(format!("tests/suite/http/{snake}.rs"), "aggregate/tests/http.rs.j2", none());
        }
        push(format!("tests/suite/store/{snake}.rs"), "aggregate/tests/store.rs.j2", none());
        if self.settings.database.is_sql() && !aggregate.event_sourced {
            push(
                format!("migrations/{}.sql", migration(aggregate)),
                "aggregate/migration.sql.j2",
                none(),
            );
        }
        if let Some(made) = aggregate.tables.as_ref().filter(|_| self.settings.database.is_sql()) {
            push(
                format!("migrations/{}.sql", tables_migration(aggregate, made)),
                "tables/migration.sql.j2",
                context! { t => Serde(tables(aggregate, made)) },
            );
        }
        for one in view.projections.iter().filter(|_| self.settings.database.is_sql()) {
            let snake = &one.snake;
            for (path, template) in [
                (format!("migrations/{}.sql", one.migration), "projection/migration.sql.j2"),
                (
                    format!("src/{module}/adapters/projections/{snake}.rs"),
                    "projection/adapter.rs.j2",
                ),
                (format!("tests/suite/projections/{snake}.rs"), "projection/tests.rs.j2"),
            ] {
                push(path, template, context! { v => Serde(one) });
            }
        }
        if aggregate.repository {
            let plural = &view.plural_snake;
            push(format!("src/{module}/ports/{plural}.rs"), "repository/port.rs.j2", none());
            push(
                format!("src/{module}/adapters/store/{plural}.rs"),
                "repository/adapter.rs.j2",
                none(),
            );
        }
        files
    }
}
