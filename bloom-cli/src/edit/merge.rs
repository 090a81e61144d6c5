//! Merging by syntax.

use std::ops::Range;

use syn::spanned::Spanned;

use super::{
    SyntaxError,
    imports::{imported, with_needed},
    outline::{Inside, Node, Separator, parse},
    pairing::paired,
    sameness::same,
    uses::{leaves, without},
};

/// A place that a person changed and the new request changes, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// In the file as it is.
    pub(crate) line: usize,
    /// What the place is.
    pub(crate) what: String,
}

/// Why a file could not be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmerged {
    Syntax(SyntaxError),
    Conflicts(Vec<Conflict>),
}

/// Does to `ours` what leads from `base` to `new`.
pub(crate) fn merge(base: &str, ours: &str, new: &str) -> Result<String, Unmerged> {
    if base == new || ours == new {
        return Ok(ours.to_owned());
    }
    if base == ours {
        return Ok(new.to_owned());
    }
    let outline = |text: &str| parse(text).map_err(Unmerged::Syntax);
    let mut merge = Merge { base, ours, new, edits: Vec::new(), conflicts: Vec::new() };
    let (base, ours, new) = (outline(base)?, outline(ours)?, outline(new)?);
    merge.opening(&base, &ours, &new);
    merge.row(&base, &ours, &new);
    if !merge.conflicts.is_empty() {
        return Err(Unmerged::Conflicts(merge.conflicts));
    }
    let there = imported(&ours);
    let still = imported(&new);
    let gone: Vec<String> = imported(&base)
        .into_iter()
        .filter(|leaf| there.contains(leaf) && !still.contains(leaf))
        .collect();
    Ok(with_needed(merge.applied(), &gone))
}

struct Merge<'t> {
    base: &'t str,
    ours: &'t str,
    new: &'t str,
    edits: Vec<(Range<usize>, String)>,
    conflicts: Vec<Conflict>,
}

impl Merge<'_> {
    /// What stands before the first item: what the file says of itself.
    fn opening(&mut self, base: &Inside, ours: &Inside, new: &Inside) {
        let until = |inside: &Inside, text: &str| {
            0..inside.nodes.first().map_or(text.len(), |node| node.range.start)
        };
        let there = until(ours, self.ours);
        let (before, now) = (&self.base[until(base, self.base)], &self.new[until(new, self.new)]);
        if same(before, now) || same(&self.ours[there.clone()], now) {
            return;
        }
        if same(before, &self.ours[there.clone()]) {
            self.edits.push((there, now.to_owned()));
        } else {
            let what = "what stands before the first item".to_owned();
            self.conflicts.push(Conflict { line: 1, what });
        }
    }

    fn row(&mut self, base: &Inside, ours: &Inside, new: &Inside) {
        let ours = &paired(base, ours);
        let find = |nodes: &[Node], key: &str| nodes.iter().position(|node| node.key == key);
        for (index, node) in new.nodes.iter().enumerate() {
            let before = find(&base.nodes, &node.key).map(|index| &base.nodes[index]);
            let there = find(&ours.nodes, &node.key).map(|index| &ours.nodes[index]);
            match (before, there) {
                (None, None) => self.insert(index, new, ours),
                (None, Some(there)) => {
                    if !same(&self.ours[there.range.clone()], &self.new[node.range.clone()]) {
                        match (&there.uses, &node.uses) {
                            (Some(_), Some(_)) => self.add_uses(None, there, node),
                            _ => self.conflict(there),
                        }
                    }
                }
                (Some(before), Some(there)) => {
                    self.node(before, there, node);
                    if before.uses.is_some() && !self.replaced(there) {
                        self.drop_uses(before, there, new);
                    }
                }
                // What a person removed stays removed, unless it is to change.
                (Some(before), None) => {
                    let changed =
                        !same(&self.base[before.range.clone()], &self.new[node.range.clone()]);
                    if changed {
                        match &node.uses {
                            Some(_) => self.insert_new_uses(before, node, ours),
                            None => {
                                let line = self.line_of_gap(index, new, ours);
                                let what = format!("{} (removed)", node.key);
                                self.conflicts.push(Conflict { line, what });
                            }
                        }
                    }
                }
            }
        }
        for before in &base.nodes {
            let gone = find(&new.nodes, &before.key).is_none();
            let there = find(&ours.nodes, &before.key).map(|index| &ours.nodes[index]);
            if let (true, Some(there)) = (gone, there) {
                if same(&self.base[before.range.clone()], &self.ours[there.range.clone()]) {
                    self.remove(there);
                } else if before.uses.is_some() {
                    self.drop_uses(before, there, new);
                } else {
                    self.conflict(there);
                }
            }
        }
    }

    fn node(&mut self, before: &Node, there: &Node, node: &Node) {
        let (base, ours, new) = (
            &self.base[before.range.clone()],
            &self.ours[there.range.clone()],
            &self.new[node.range.clone()],
        );
        if same(base, new) || same(ours, new) {
            return;
        }
        if same(base, ours) {
            let comma = if ours.ends_with(',') { "," } else { "" };
            let text = format!("{}{comma}", new.strip_suffix(',').unwrap_or(new));
            self.edits.push((there.range.clone(), text));
            return;
        }
        match (&before.inside, &there.inside, &node.inside) {
            (Some(before_inside), Some(there_inside), Some(node_inside)) => {
                let base = &self.base[head(before, before_inside)];
                let new = &self.new[head(node, node_inside)];
                let ours = head(there, there_inside);
                if !same(base, new) && !same(&self.ours[ours.clone()], new) {
                    if same(base, &self.ours[ours.clone()]) {
                        self.edits.push((ours, new.to_owned()));
                    } else {
                        self.conflict(there);
                    }
                }
                self.row(before_inside, there_inside, node_inside);
            }
            _ if node.uses.is_some() => self.add_uses(Some(before), there, node),
            _ => self.conflict(there),
        }
    }

    /// Puts a new piece after the one that it follows in the new text, or before the one that it precedes.
    fn insert(&mut self, index: usize, new: &Inside, ours: &Inside) {
        let node = &new.nodes[index];
        let there = |node: &Node| ours.nodes.iter().find(|other| other.key == node.key);
        let after = new.nodes[..index].iter().rev().find_map(there);
        let before = new.nodes[index + 1..].iter().find_map(there);
        let core = &self.new[node.range.clone()];
        match (after, before) {
            (Some(anchor), _) if new.separator == Separator::Comma => {
                let has_comma = self.ours[anchor.range.clone()].ends_with([',', '}']);
                let comma = if has_comma { "" } else { "," };
                let space = self.space_before(anchor);
                let core = core.strip_suffix(',').unwrap_or(core);
                let at = anchor.range.end;
                self.edits.push((at..at, format!("{comma}{space}{core},")));
            }
            (Some(anchor), _) => {
                let previous = &new.nodes[index - 1];
                let text = self.new[previous.range.end..node.range.end].to_owned();
                let at = anchor.range.end;
                self.edits.push((at..at, text));
            }
            (None, Some(anchor)) => {
                let at = anchor.range.start;
                let space = self.space_before(anchor);
                let core = if new.separator == Separator::Comma {
                    format!("{},", core.strip_suffix(',').unwrap_or(core))
                } else {
                    core.to_owned()
                };
                self.edits.push((at..at, format!("{core}{space}")));
            }
            (None, None) => {
                let line = ours.nodes.first().map_or(1, |first| self.line(first.range.start));
                self.conflicts.push(Conflict { line, what: node.key.clone() });
            }
        }
    }

    /// Where a piece of the new text would stand in the file: the line of what comes before it there, or after it.
    fn line_of_gap(&self, index: usize, new: &Inside, ours: &Inside) -> usize {
        let there = |node: &Node| ours.nodes.iter().find(|other| other.key == node.key);
        let before = new.nodes[..index].iter().rev().find_map(there);
        let after = || new.nodes[index + 1..].iter().find_map(there).or(ours.nodes.first());
        before.or_else(after).map_or(1, |node| self.line(node.range.start))
    }

    /// What separates a piece from the one before: a line end with its indentation, or a blank.
    fn space_before(&self, node: &Node) -> String {
        let text = &self.ours[..node.range.start];
        let blank = text.len() - text.trim_end_matches([' ', '\t']).len();
        if text[..text.len() - blank].ends_with('\n') {
            format!("\n{}", &text[text.len() - blank..])
        } else {
            " ".to_owned()
        }
    }

    fn remove(&mut self, node: &Node) {
        let mut range = node.range.clone();
        let before = &self.ours[..range.start];
        let indented = before.trim_end_matches([' ', '\t']);
        let rest = &self.ours[range.end..];
        if indented.ends_with('\n') && rest.starts_with('\n') {
            range = indented.len()..range.end + 1;
            // One blank line is enough where something was taken out between two.
            if indented.ends_with("\n\n") && self.ours[range.end..].starts_with('\n') {
                range.end += 1;
            }
        }
        self.edits.push((range, String::new()));
    }

    /// Brings in what the new text imports and the file does not.
    fn add_uses(&mut self, before: Option<&Node>, there: &Node, node: &Node) {
        let of = |node: &Node| node.uses.as_ref().map(leaves).unwrap_or_default();
        let (had, has) = (before.map(of).unwrap_or_default(), of(there));
        let added = of(node).into_iter().filter(|leaf| !had.contains(leaf) && !has.contains(leaf));
        let lines: String = added.map(|leaf| format!("\nuse {leaf};")).collect();
        let at = there.range.end;
        self.edits.push((at..at, lines));
    }

    /// Takes out what Bloom imported and the new text imports nowhere.
    fn drop_uses(&mut self, before: &Node, there: &Node, new: &Inside) {
        let of = |node: &Node| node.uses.as_ref().map(leaves).unwrap_or_default();
        let needed: Vec<String> = new.nodes.iter().flat_map(of).collect();
        let has = of(there);
        let gone: Vec<String> = of(before)
            .into_iter()
            .filter(|leaf| !needed.contains(leaf) && has.contains(leaf))
            .collect();
        let Some(tree) = there.uses.as_ref().filter(|_| !gone.is_empty()) else { return };
        match without(tree, &gone) {
            Some(rest) => self.edits.push((tree.span().byte_range(), rest)),
            None => self.remove(there),
        }
    }

    /// Whether the whole piece is replaced already.
    fn replaced(&self, node: &Node) -> bool {
        self.edits.iter().any(|(range, _)| *range == node.range)
    }

    fn insert_new_uses(&mut self, before: &Node, node: &Node, ours: &Inside) {
        let of = |node: &Node| node.uses.as_ref().map(leaves).unwrap_or_default();
        let had = of(before);
        let elsewhere: Vec<String> = ours.nodes.iter().flat_map(of).collect();
        let added =
            of(node).into_iter().filter(|leaf| !had.contains(leaf) && !elsewhere.contains(leaf));
        let lines: String = added.map(|leaf| format!("use {leaf};\n")).collect();
        let anchor = ours.nodes.iter().find(|node| node.uses.is_some()).or(ours.nodes.first());
        let at = anchor.map_or(self.ours.len(), |anchor| anchor.range.start);
        self.edits.push((at..at, lines));
    }

    fn conflict(&mut self, there: &Node) {
        self.conflicts
            .push(Conflict { line: self.line(there.range.start), what: there.key.clone() });
    }

    fn line(&self, offset: usize) -> usize {
        self.ours[..offset].matches('\n').count() + 1
    }

    fn applied(mut self) -> String {
        // Stable, so that what is put at one place stays in order.
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::with_capacity(self.ours.len());
        let mut at = 0;
        for (range, replacement) in self.edits {
            text.push_str(&self.ours[at..range.start.max(at)]);
            text.push_str(&replacement);
            at = range.end.max(at);
        }
        text.push_str(&self.ours[at..]);
        text
    }
}

/// What stands before the first piece inside.
fn head(node: &Node, inside: &Inside) -> Range<usize> {
    node.range.start..inside.nodes.first().map_or(node.range.end, |first| first.range.start)
}
