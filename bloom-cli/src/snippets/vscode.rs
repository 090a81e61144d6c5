//! Snippets of Visual Studio Code, and of what reads the same.

use serde_json::{Map, Value, json};

use super::bodies::ALL;

/// The file of snippets, which stands in a project as `.vscode/bloom.code-snippets`.
pub(crate) fn vscode() -> String {
    let all: Map<String, Value> = ALL
        .iter()
        .map(|snippet| {
            let body: Vec<&str> = snippet.body.trim().lines().collect();
            let snippet = json!({
                "scope": "rust",
                "prefix": snippet.prefix,
                "description": snippet.description,
                "body": body,
            });
            (snippet["description"].as_str().unwrap_or_default().to_owned(), snippet)
        })
        .collect();
    serde_json::to_string_pretty(&all).unwrap_or_default()
}
