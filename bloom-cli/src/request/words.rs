//! Requests as one would type them.

use super::Sentence;

impl Sentence {
    /// The request as one would type it after `bloom generate`, or `bloom add`.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::ValueObject { name, fields } => {
                format!("value-object {name} {}", fields.join(" "))
            }
            Self::Aggregate { name, fields, plural, create, no_change, event_sourced, .. } => {
                let mut text = format!("aggregate {name} {}", fields.join(" "));
                for (option, value) in [("--plural", plural), ("--create", create)] {
                    if let Some(value) = value {
                        text.push_str(&format!(" {option} {value}"));
                    }
                }
                for (option, said) in
                    [("--no-change", no_change), ("--event-sourced", event_sourced)]
                {
                    if *said {
                        text.push_str(&format!(" {option}"));
                    }
                }
                text
            }
            Self::Entity { name, root, fields, list, states, count } => {
                let mut text = format!("entity {name} --in {root} {}", fields.join(" "));
                for (option, value) in [("--as", list), ("--count", count)] {
                    if let Some(value) = value {
                        text.push_str(&format!(" {option} {value}"));
                    }
                }
                if !states.is_empty() {
                    text.push_str(&format!(" --while {}", states.join(",")));
                }
                text
            }
            Self::Command { root, sentence } => format!("command --in {root} '{sentence}'"),
            Self::Field { owner, field } => format!("field {owner} {field}"),
            Self::Variants { owner, field, variants } => {
                format!("variant {owner} {field} {}", variants.join(" "))
            }
            Self::Rules { owner, field } => format!("rule {owner} {field}"),
            Self::Repository { root } => format!("repository {root}"),
            Self::Tables { root, .. } => format!("repository {root} --relational"),
            Self::Migration { name, .. } => format!("migration {name}"),
            Self::Projection { name, root, .. } => format!("projection {name} --from {root}"),
            Self::Query { name, root, fields } => {
                format!("query {name} --in {root} {}", fields.join(" "))
            }
            Self::Service { name } => format!("service {name}"),
            Self::Policy { name, on } => format!("policy {name} --on {on}"),
            Self::Factory { name, root } => format!("factory {name} --for {root}"),
            Self::Specification { name, root, fields } => {
                format!("specification {name} --for {root} {}", fields.join(" "))
            }
        }
    }
}
