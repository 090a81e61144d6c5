//! The JSON Schema of the model file, with which editors complete and check it.

use serde_json::{Value, json};

/// The schema.
pub(crate) fn schema() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let flag = |description: &str| json!({ "type": "boolean", "description": description });
    let texts = |description: &str| json!({ "type": "array", "items": { "type": "string" }, "uniqueItems": true, "description": description });
    let fields = json!({
        "type": "object",
        "description": "Fields by name, each with its type and its rules.",
        "propertyNames": { "pattern": "^[a-z][a-z0-9_]*$" },
        "additionalProperties": { "$ref": "#/$defs/field" },
    });
    let types = json!({ "pattern": "^[A-Z][A-Za-z0-9]*$" });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bloom model file",
        "description": "What a project consists of: `bloom model apply FILE` makes the code follow it.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "context": {
                "type": "object",
                "description": "Bounded contexts by name.",
                "additionalProperties": { "$ref": "#/$defs/context" },
            },
        },
        "$defs": {
            "field": {
                "type": "string",
                "description": "`Type`, or `Type:rules`: String bool i32 i64 u32 u64 f64 Decimal Uuid Date Timestamp Json, a type of the context, or `enum:a,b`; rules are `1..100`, optional, list, list(1..5), email, url, unique, index, =default and, always last, matches=^[A-Z]+$.",
                "examples": ["String:1..100", "String:email,unique", "enum:draft,placed", "Money", "CustomerId", "i64:optional"],
            },
            "context": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "value": {
                        "type": "object",
                        "description": "Value objects by name.",
                        "propertyNames": types,
                        "additionalProperties": fields,
                    },
                    "aggregate": {
                        "type": "object",
                        "description": "Aggregates by name.",
                        "propertyNames": types,
                        "additionalProperties": { "$ref": "#/$defs/aggregate" },
                    },
                    "policy": {
                        "type": "object",
                        "description": "What follows from events, each with the event it hears of.",
                        "propertyNames": types,
                        "additionalProperties": {
                            "type": "string",
                            "pattern": "^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$",
                            "examples": ["order.placed"],
                        },
                    },
                    "services": texts("Rules that belong to no one aggregate."),
                    "migrations": texts("Steps of the schema that people write."),
                },
            },
            "aggregate": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "field": fields,
                    "plural": text("Its plural, when English would say another."),
                    "create": text("What beginning one is called; `create` when left out."),
                    "change": flag("Whether its fields change one by one; true when left out."),
                    "event-sourced": flag("Whether it is loaded from its events instead of a document."),
                    "stored": {
                        "type": "object",
                        "description": "What it was called before it was renamed, where it is stored.",
                        "additionalProperties": false,
                        "required": ["kind", "table"],
                        "properties": {
                            "kind": text("With which the names of its events begin."),
                            "table": text("The table of its documents."),
                        },
                    },
                    "repository": flag("Whether the context has a repository of its own for it."),
                    "relational": flag("Whether it is kept in tables of its own."),
                    "entity": {
                        "type": "object",
                        "description": "Lists of entities, by the name of the entity.",
                        "propertyNames": types,
                        "additionalProperties": { "$ref": "#/$defs/entity" },
                    },
                    "commands": {
                        "type": "array",
                        "description": "Behaviours: `verb(argument:Type): state|state -> state if field emits Event`.",
                        "items": { "type": "string", "examples": ["place: draft -> placed if lines"] },
                    },
                    "specification": {
                        "type": "object",
                        "description": "Named questions, each with the fields it asks for.",
                        "additionalProperties": texts("The fields."),
                    },
                    "query": {
                        "type": "object",
                        "description": "Queries with a route, each with the fields by which it finds; all when none is named.",
                        "propertyNames": types,
                        "additionalProperties": texts("The fields."),
                    },
                    "factories": texts("Types that build one, where it takes more than the constructor should know."),
                    "projections": texts("Read models with a row for each."),
                },
            },
            "entity": {
                "type": "object",
                "additionalProperties": false,
                "required": ["field"],
                "properties": {
                    "field": fields,
                    "list": text("The name of the list."),
                    "while": texts("The states in which the list may change."),
                    "count": text("How many there may be, such as `1..50`."),
                },
            },
        },
    })
}
