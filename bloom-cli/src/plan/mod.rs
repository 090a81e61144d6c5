//! Pure data: which files there shall be, from which templates, and why.

mod aggregate;

use minijinja::{Value, context, value::Serde};

use crate::{
    model::{Context, english::capital},
    project::{Database, Settings},
    render::{
        ContextView, ProjectView, ValueView, bodies_in_use, laid_out, own_migration, rule_features,
        runtime_uses,
    },
    request::{FieldName, TypeName},
};

/// One file that there shall be.
#[derive(Debug, Clone)]
pub(crate) struct PlannedFile {
    /// Relative to the project.
    pub(crate) path: String,
    pub(crate) template: &'static str,
    pub(crate) context: Value,
    /// Whether it is rendered as rustfmt would lay it out.
    pub(crate) laid_out: bool,
}

/// The templates of the files that grow with the project.
const LAID_OUT: [&str; 6] = [
    "project/src/app.rs.j2",
    "context/domain/mod.rs.j2",
    "context/application/mod.rs.j2",
    "context/adapters/http/mod.rs.j2",
    "project/tests/suite/http/mod.rs.j2",
    "project/tests/suite/store/mod.rs.j2",
];

/// What the templates of one project have in common.
pub(crate) struct Planner<'p> {
    settings: &'p Settings,
    member: bool,
    context: &'p Context,
    context_view: ContextView,
    /// What every template is given, converted once: it grows with the project.
    shared: Value,
}

impl<'p> Planner<'p> {
    pub(crate) fn new(settings: &'p Settings, context: &'p Context, member: bool) -> Self {
        let database = match settings.database {
            Database::Sqlite => "sqlite",
            Database::Postgres => "postgres",
            Database::Memory => "memory",
        };
        let sql = settings.database.is_sql();
        let mut features = Vec::new();
        if sql {
            features.push(database);
        }
        if settings.web {
            features.push("web");
        }
        let crate_name = settings.name.replace('-', "_");
        let context_view = ContextView::new(&crate_name, context, settings.web, sql);
        let project_view = ProjectView {
            app: "App".to_owned(),
            env: crate_name.to_uppercase(),
            crate_name,
            name: settings.name.clone(),
            bloom: bloom_series(),
            database: database.to_owned(),
            sqlite: settings.database == Database::Sqlite,
            postgres: settings.database == Database::Postgres,
            sql,
            web: settings.web,
            features: quoted(&features),
            rules: quoted(&rule_features(context)),
            member,
            runtime_uses: runtime_uses(context, sql),
            contexts: vec![context_view.clone()],
        };
        let shared = context! {
            p => Value::from(Serde(&project_view)), ctx => Value::from(Serde(&context_view))
        };
        Self { settings, member, context, context_view, shared }
    }

    fn file(&self, path: impl Into<String>, template: &'static str, own: Value) -> PlannedFile {
        let context = context! { ..own, ..self.shared.clone() };
        PlannedFile { path: path.into(), template, context, laid_out: false }
    }

    /// Everything that `init` writes.
    pub(crate) fn project(&self) -> Vec<PlannedFile> {
        let file = |path: &str, template| self.file(path, template, context! {});
        let mut files = vec![
            self.manifest(),
            file("bloom.toml", "project/bloom.toml.j2"),
            file("README.md", "project/README.md.j2"),
            file("CONTRIBUTING.md", "project/CONTRIBUTING.md.j2"),
            file("Dockerfile", "project/Dockerfile.j2"),
            file("compose.yaml", "project/compose.yaml.j2"),
            file(".gitignore", "project/gitignore"),
            file("config/default.toml", "project/config/default.toml.j2"),
            file("src/main.rs", "project/src/main.rs.j2"),
            file("src/lib.rs", "project/src/lib.rs.j2"),
            file("tests/suite/architecture.rs", "project/tests/suite/architecture.rs.j2"),
        ];
        if !self.member {
            files.push(file(".github/workflows/ci.yml", "project/github/workflows/ci.yml.j2"));
        }
        let module = &self.context.module;
        files.push(self.services(module));
        files.extend(self.shared());
        files
    }

    /// What the project depends on.
    fn manifest(&self) -> PlannedFile {
        self.file("Cargo.toml", "project/Cargo.toml.j2", context! {})
    }

    /// The file that names every service and factory.
    fn services(&self, module: &str) -> PlannedFile {
        let path = format!("src/{module}/domain/services.rs");
        self.file(path, "context/domain/services.rs.j2", context! {})
    }

    fn service(&self, name: &TypeName) -> PlannedFile {
        let path = format!("src/{}/domain/services/{}.rs", self.context.module, name.snake());
        let s = context! { pascal => name.pascal(), Label => capital(&name.label()) };
        self.file(path, "service/domain.rs.j2", context! { s })
    }

    /// The files that name every part of the context.
    fn shared(&self) -> Vec<PlannedFile> {
        let module = &self.context.module;
        let long = laid_out(self.context);
        let file = |path: String, template| PlannedFile {
            laid_out: long && LAID_OUT.contains(&template),
            ..self.file(path, template, context! {})
        };
        let mut files = vec![
            file("src/app.rs".into(), "project/src/app.rs.j2"),
            file("tests/suite/main.rs".into(), "project/tests/suite/main.rs.j2"),
            file(format!("src/{module}/mod.rs"), "context/mod.rs.j2"),
            file(format!("src/{module}/domain/mod.rs"), "context/domain/mod.rs.j2"),
            file(format!("src/{module}/ports/mod.rs"), "context/ports/mod.rs.j2"),
            file(format!("src/{module}/application/mod.rs"), "context/application/mod.rs.j2"),
        ];
        if self.context_view.has_adapters {
            files.push(file(format!("src/{module}/adapters/mod.rs"), "context/adapters/mod.rs.j2"));
        }
        if self.settings.web {
            files.push(file(
                format!("src/{module}/adapters/http/mod.rs"),
                "context/adapters/http/mod.rs.j2",
            ));
        }
        if !self.context_view.repositories.is_empty() {
            files.push(file(
                format!("src/{module}/adapters/store/mod.rs"),
                "context/adapters/store.rs.j2",
            ));
        }
        if !self.context_view.policies.is_empty() {
            files.push(file(
                format!("src/{module}/application/policies/mod.rs"),
                "context/application/policies.rs.j2",
            ));
            files
                .push(file("tests/suite/policies.rs".into(), "project/tests/suite/policies.rs.j2"));
        }
        if !self.context_view.projections.is_empty() {
            files.push(file(
                format!("src/{module}/adapters/projections/mod.rs"),
                "context/adapters/projections.rs.j2",
            ));
            files.push(file(
                "tests/suite/projections/mod.rs".into(),
                "project/tests/suite/projections/mod.rs.j2",
            ));
        }
        if !self.context.aggregates.is_empty() {
            files.push(file("tests/suite/events.rs".into(), "project/tests/suite/events.rs.j2"));
            files.push(file(
                "tests/suite/store/mod.rs".into(),
                "project/tests/suite/store/mod.rs.j2",
            ));
            if self.settings.web {
                files.push(file(
                    "tests/suite/http/mod.rs".into(),
                    "project/tests/suite/http/mod.rs.j2",
                ));
            }
        }
        files
    }

    /// Every file that there shall be.
    pub(crate) fn everything(&self) -> Vec<PlannedFile> {
        let mut files = self.project();
        files.extend(self.bodies());
        for value in &self.context.values {
            files.extend(self.value(value.name.pascal()));
        }
        for aggregate in &self.context.aggregates {
            files.extend(self.aggregate(aggregate.name.pascal()));
        }
        files.extend(self.context.services.iter().map(|name| self.service(name)));
        for (_, name) in &self.context.migrations {
            files.extend(self.migration(name));
        }
        files
    }

    /// The files of what is otherwise in the other context, or not there.
    pub(crate) fn differing(&self, other: &Context) -> Vec<PlannedFile> {
        let mut files = self.shared();
        for value in self.context.values.iter().filter(|value| !other.values.contains(value)) {
            files.extend(self.value(value.name.pascal()));
        }
        for aggregate in &self.context.aggregates {
            let name = aggregate.name.pascal();
            if other.aggregate(name) != Some(aggregate) {
                files.extend(self.aggregate(name));
            }
        }
        let has_other = |name: &&TypeName| !other.services.contains(name);
        files.extend(self.context.services.iter().filter(has_other).map(|name| self.service(name)));
        if rule_features(self.context) != rule_features(other) {
            files.push(self.manifest());
        }
        if builders(self.context) != builders(other) {
            files.push(self.services(&self.context.module));
        }
        for (number, name) in &self.context.migrations {
            if !other.migrations.contains(&(*number, name.clone())) {
                files.extend(self.migration(name));
            }
        }
        files.extend(self.bodies());
        files
    }

    /// The bodies of value objects, each once something that travels holds it.
    fn bodies(&self) -> Vec<PlannedFile> {
        let mut files = Vec::new();
        if self.settings.web {
            let in_use = bodies_in_use(self.context);
            for value in &self.context.values {
                let snake = value.name.snake();
                if in_use.contains(&snake) {
                    let path = format!("src/{}/adapters/http/{snake}.rs", self.context.module);
                    files.push(self.file(
                        path,
                        "value_object/http.rs.j2",
                        context! { v => Serde(ValueView::new(value)) },
                    ));
                }
            }
        }
        files
    }

    /// A step of the schema that somebody writes.
    fn migration(&self, name: &FieldName) -> Option<PlannedFile> {
        let (number, name) = self.context.migrations.iter().rfind(|(_, other)| other == name)?;
        let path = format!("migrations/{}.sql", own_migration(*number, name));
        let words = heck::ToTitleCase::to_title_case(name.plain());
        let m = context! { words };
        Some(self.file(path, "migration/migration.sql.j2", context! { m }))
    }

    fn value(&self, name: &str) -> Vec<PlannedFile> {
        // What people wrote is theirs.
        let mut own = self.context.values.iter().filter(|value| !value.by_hand);
        let Some(value) = own.find(|value| value.name.pascal() == name) else {
            return Vec::new();
        };
        let view = ValueView::new(value);
        let path = format!("src/{}/domain/{}.rs", self.context.module, view.snake);
        vec![self.file(path, "value_object/domain.rs.j2", context! { v => Serde(view) })]
    }
}

/// `0.1`: the series of versions that a generated manifest asks for.
fn bloom_series() -> String {
    let version = env!("CARGO_PKG_VERSION");
    version.rsplit_once('.').map_or(version, |(series, _)| series).to_owned()
}

/// Every service and factory.
fn builders(context: &Context) -> Vec<&TypeName> {
    let factories = context.aggregates.iter().flat_map(|aggregate| &aggregate.factories);
    context.services.iter().chain(factories).collect()
}

/// `"sqlite", "web"`
fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
