//! What a file imports, before and after.

use super::{
    outline::{Inside, parse},
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
    let is_needed = |leaf: &&String| {
        let name = leaf.rsplit([':', ' ']).next().unwrap_or_default();
        let word = |sign: char| sign.is_alphanumeric() || sign == '_';
        let comment_free = code.lines().map(|line| line.split("//").next().unwrap_or_default());
        comment_free.into_iter().any(|line| line.split(|sign| !word(sign)).any(|part| part == name))
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
