//! What a file imports, before and after.

use super::{
    outline::{Inside, parse},
    tokens::tokens,
    uses::leaves,
};

/// Every full path that a file imports.
pub(super) fn imported(inside: &Inside) -> Vec<String> {
    inside
        .nodes
        .iter()
        .flat_map(|node| node.uses.as_ref().map(leaves).unwrap_or_default())
        .collect()
}

/// Brings back the imports of what Bloom needs no longer and people do.
pub(super) fn with_needed(text: String, gone: &[String]) -> String {
    let Ok(outline) = parse(&text) else { return text };
    let mut code = text.clone();
    for node in outline.nodes.iter().rev().filter(|node| node.uses.is_some()) {
        code.replace_range(node.range.clone(), "");
    }
    let Ok(tokens) = tokens(&code) else { return text };
    let there = imported(&outline);
    let last = |leaf: &str| leaf.rsplit([':', ' ']).next().unwrap_or_default().to_owned();
    let is_needed = |leaf: &&String| {
        let name = last(leaf);
        let stands_alone = |index: usize| {
            let before = |distance: usize| {
                index.checked_sub(distance).map_or("", |at| tokens[at].word.as_str())
            };
            let in_path = before(1) == ":" && before(2) == ":";
            tokens[index].plain() == name && before(1) != "." && !in_path
        };
        there.iter().all(|other| last(other) != name) && (0..tokens.len()).any(stands_alone)
    };
    let needed: String =
        gone.iter().filter(is_needed).map(|leaf| format!("use {leaf};\n")).collect();
    if needed.is_empty() {
        return text;
    }
    let anchor = outline.nodes.iter().find(|node| node.uses.is_some()).or(outline.nodes.first());
    let at = anchor.map_or(text.len(), |anchor| anchor.range.start);
    format!("{}{needed}{}", &text[..at], &text[at..])
}
