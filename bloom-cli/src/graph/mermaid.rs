//! Pictures as Mermaid, which code hosts draw in Markdown.

use std::fmt::Write;

use super::View;
use crate::catalog::{Catalog, FieldEntry, PolicyEntry};

/// One view.
pub(crate) fn mermaid(catalog: &Catalog, view: View) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = match view {
        View::Events => events(catalog, &mut text),
        View::Contexts => contexts(catalog, &mut text),
        View::Aggregates => aggregates(catalog, &mut text),
    };
    text
}

fn events(catalog: &Catalog, text: &mut String) -> std::fmt::Result {
    writeln!(text, "flowchart LR")?;
    for (class, fill, stroke) in [
        ("command", "#d6e6ff", "#6f9fe0"),
        ("event", "#ffdcbb", "#e39a4f"),
        ("view", "#d3f0d6", "#68b06f"),
        ("policy", "#e6d9f5", "#9a78c9"),
    ] {
        writeln!(text, "  classDef {class} fill:{fill},stroke:{stroke},color:#23211c")?;
    }
    for aggregate in catalog.contexts.iter().flat_map(|context| &context.aggregates) {
        let name = &aggregate.name;
        writeln!(text, "  subgraph {name}")?;
        for one in &aggregate.behaviours {
            let (command, event) = (&one.command, format!("{name}_{}", one.event));
            writeln!(
                text,
                "    {command}[\"{command}\"]:::command --> {event}([\"{}\"]):::event",
                one.stored
            )?;
        }
        writeln!(text, "  end")?;
        for PolicyEntry { name: policy, event, .. } in &aggregate.policies {
            writeln!(text, "  {name}_{event} -.-> {policy}_policy[[\"{policy}\"]]:::policy")?;
        }
        for projection in &aggregate.projections {
            let view = &projection.name;
            writeln!(text, "  {name} -.-> {view}[/\"{view}\"/]:::view")?;
        }
    }
    Ok(())
}

fn contexts(catalog: &Catalog, text: &mut String) -> std::fmt::Result {
    writeln!(text, "flowchart LR")?;
    for context in &catalog.contexts {
        writeln!(text, "  subgraph {}_context[\"{}\"]", context.name, context.name)?;
        for aggregate in &context.aggregates {
            writeln!(text, "    {}", aggregate.name)?;
        }
        writeln!(text, "  end")?;
        for aggregate in &context.aggregates {
            let of_entities = aggregate.entities.iter().flat_map(|entity| &entity.fields);
            for field in aggregate.fields.iter().chain(of_entities) {
                let known = |other: &&crate::catalog::AggregateEntry| {
                    other.name != aggregate.name && format!("{}Id", other.name) == field.leaf
                };
                if let Some(other) = context.aggregates.iter().find(known) {
                    writeln!(text, "  {} -- {} --> {}", aggregate.name, field.name, other.name)?;
                }
            }
        }
    }
    Ok(())
}

fn aggregates(catalog: &Catalog, text: &mut String) -> std::fmt::Result {
    writeln!(text, "classDiagram")?;
    let mut class = |name: &str, kind: &str, fields: &[FieldEntry]| -> std::fmt::Result {
        writeln!(text, "  class {name} {{\n    <<{kind}>>")?;
        for field in fields {
            // Mermaid writes what is generic between tildes.
            let ty = field.ty.replace(['<', '>'], "~");
            writeln!(text, "    {ty} {}", field.name)?;
        }
        writeln!(text, "  }}")
    };
    for context in &catalog.contexts {
        for aggregate in &context.aggregates {
            class(&aggregate.name, "aggregate", &aggregate.fields)?;
            for entity in &aggregate.entities {
                class(&entity.name, "entity", &entity.fields)?;
            }
        }
        for value in &context.values {
            class(&value.name, "value object", &value.fields)?;
        }
    }
    for context in &catalog.contexts {
        for aggregate in &context.aggregates {
            for entity in &aggregate.entities {
                writeln!(text, "  {} *-- \"*\" {} : {}", aggregate.name, entity.name, entity.list)?;
            }
            let of_entities =
                aggregate.entities.iter().map(|entity| (&entity.name, &entity.fields));
            for (owner, fields) in
                std::iter::once((&aggregate.name, &aggregate.fields)).chain(of_entities)
            {
                for field in fields {
                    if context.values.iter().any(|value| value.name == field.leaf) {
                        writeln!(text, "  {owner} --> {} : {}", field.leaf, field.name)?;
                    }
                }
            }
        }
    }
    Ok(())
}
