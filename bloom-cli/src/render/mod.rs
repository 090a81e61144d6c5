//! From a plan to text: the templates, and the small structs they are given.

mod aggregate;
mod behaviour;
mod change;
mod command;
mod create;
mod entity;
mod errors;
mod exports;
mod factory;
mod field;
mod finder;
mod http;
mod index;
mod invalid;
mod layout;
mod names;
mod pattern;
mod policy;
mod project;
mod projection;
mod query;
mod rule_features;
mod sample;
mod specification;
mod state;
mod statement;
mod tables;
mod use_case;
mod value;

use std::{collections::HashMap, path::Path};

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, syntax::SyntaxConfig};

pub(crate) use aggregate::AggregateView;
pub(crate) use behaviour::{behaviours, questions};
pub(crate) use layout::WIDTH;
pub(crate) use names::names_of;
pub(crate) use project::{
    ContextView, ProjectView, bodies_in_use, laid_out, migration, own_migration, runtime_uses,
    tables_migration,
};
pub(crate) use rule_features::rule_features;
pub(crate) use sample::exists as has_valid_value;
pub(crate) use tables::tables;
pub(crate) use value::ValueView;

/// What a template does not do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenderError {
    #[error("there is no template `{0}`")]
    Missing(String),
    #[error("the template `{path}` does not work: {detail}")]
    Broken { path: String, detail: String },
}

/// The templates, each overridden by a project's own of the same path.
pub(crate) struct Templates {
    overrides: HashMap<String, String>,
    environment: Environment<'static>,
}

impl Templates {
    pub(crate) fn new(overrides: HashMap<String, String>) -> Self {
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .unwrap_or_default();
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_syntax(syntax);
        environment.add_function("assert_eq", assert_eq);
        Self { overrides, environment }
    }

    /// Whether the project has a template of its own in the place of this one.
    pub(crate) fn is_overridden(&self, path: &str) -> bool {
        self.overrides.contains_key(path)
    }

    fn source(&self, path: &str) -> Result<&str, RenderError> {
        match self.overrides.get(path) {
            Some(text) => Ok(text),
            None => bloom_templates::get(path).ok_or_else(|| RenderError::Missing(path.to_owned())),
        }
    }

    /// The text of a template; what does not end in `.j2` is taken as it is.
    pub(crate) fn render(&self, path: &str, context: &Value) -> Result<String, RenderError> {
        let source = self.source(path)?;
        if Path::new(path).extension().is_none_or(|extension| extension != "j2") {
            return Ok(source.to_owned());
        }
        self.environment
            .template_from_named_str(path, source)
            .and_then(|template| template.render(context))
            .map_err(|error| RenderError::Broken {
                path: path.to_owned(),
                detail: format!("{error:#}"),
            })
    }
}

/// An assertion as a person writes it: comparing with `true` is asking.
fn assert_eq(left: &str, right: &str) -> String {
    match right {
        "true" => format!("assert!({left});"),
        "false" => format!("assert!(!{left});"),
        _ => format!("assert_eq!({left}, {right});"),
    }
}

/// Names for an import list, sorted, each once.
fn imports(names: impl IntoIterator<Item = String>) -> String {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort();
    names.dedup();
    names.join(", ")
}
