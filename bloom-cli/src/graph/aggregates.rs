//! Each aggregate: its fields, entities and values, and the states it goes through.

use super::picture::{Card, GAP, Kind, Picture, Words, width_of};
use crate::catalog::{AggregateEntry, Catalog, ContextEntry, FieldEntry};

pub(super) fn picture(catalog: &Catalog) -> Picture {
    let mut picture = Picture::default();
    let mut y = GAP;
    for context in &catalog.contexts {
        for aggregate in &context.aggregates {
            y = one(&mut picture, context, aggregate, y) + 2 * GAP;
        }
        if context.aggregates.is_empty() {
            picture.label(GAP, y + 14, Words::Note, "no aggregate yet");
        }
    }
    picture
}

fn lines(fields: &[FieldEntry]) -> Vec<String> {
    let line = |field: &FieldEntry| {
        let unique = if field.unique { " (unique)" } else { "" };
        format!("{}: {}{unique}", field.name, field.ty)
    };
    fields.iter().map(line).collect()
}

/// One aggregate; where it ends.
fn one(picture: &mut Picture, context: &ContextEntry, aggregate: &AggregateEntry, top: i32) -> i32 {
    const APART: i32 = 5 * GAP;
    let root = Card::new(Kind::Aggregate, &aggregate.name, lines(&aggregate.fields)).at(GAP, top);
    let (right, side) = (root.right(), root.y + 15);
    let mut bottom = root.bottom();
    picture.add(root);

    let mut y = top;
    let mut entities_right = right;
    let mut owners: Vec<(&[FieldEntry], i32, i32)> = vec![(&aggregate.fields, right, side)];
    for entity in &aggregate.entities {
        let mut about = lines(&entity.fields);
        if !entity.states.is_empty() {
            about.push(format!("while {}", entity.states.join(" | ")));
        }
        let card = Card::new(Kind::Entity, &entity.name, about).at(right + APART, y);
        connect(picture, (right, side), (card.x, card.y + 15), &entity.list);
        owners.push((&entity.fields, card.right(), card.y + 15));
        entities_right = entities_right.max(card.right());
        y = card.bottom() + GAP;
        bottom = bottom.max(card.bottom());
        picture.add(card);
    }
    let (mut y, x) = (top, entities_right + APART);
    let low = bottom;
    for value in &context.values {
        let users: Vec<(i32, i32, &str)> = owners
            .iter()
            .filter_map(|(fields, right, side)| {
                let field = fields.iter().find(|field| field.leaf == value.name)?;
                Some((*right, *side, field.name.as_str()))
            })
            .collect();
        if users.is_empty() {
            continue;
        }
        let card = Card::new(Kind::Value, &value.name, lines(&value.fields)).at(x, y);
        let behind_entities = entities_right > right;
        for (owner_right, owner_side, name) in users {
            if owner_right == right && behind_entities {
                // Around what stands between.
                let depth = low + 2 * GAP;
                let (start, end) = ((right, side + 12), (card.x - 4, card.bottom() - 12));
                picture.link(
                    format!(
                        "M{},{} C{},{depth} {},{depth} {},{}",
                        start.0,
                        start.1,
                        start.0 + APART,
                        end.0 - APART,
                        end.0,
                        end.1
                    ),
                    false,
                );
                let middle = (start.1 + 6 * depth + end.1) / 8;
                picture.label(i32::midpoint(start.0, end.0), middle + 4, Words::OnLine, name);
                bottom = bottom.max(middle + GAP / 2);
            } else {
                connect(picture, (owner_right, owner_side), (card.x, card.y + 15), name);
            }
        }
        y = card.bottom() + GAP;
        bottom = bottom.max(card.bottom());
        picture.add(card);
    }
    states(picture, aggregate, bottom).unwrap_or(bottom)
}

fn connect(picture: &mut Picture, from: (i32, i32), to: (i32, i32), name: &str) {
    let bend = (from.0 + to.0) / 2;
    picture.link(
        format!("M{},{} C{bend},{} {bend},{} {},{}", from.0, from.1, from.1, to.1, to.0 - 4, to.1),
        false,
    );
    picture.label(bend, (from.1 + to.1) / 2 - 6, Words::OnLine, name);
}

/// The states in a row, with an arc for each transition; where they end.
fn states(picture: &mut Picture, aggregate: &AggregateEntry, bottom: i32) -> Option<i32> {
    let state = aggregate.state.as_ref()?;
    let mut arcs: Vec<(usize, usize, &str)> = Vec::new();
    for one in &aggregate.behaviours {
        let Some(to) = one.to.as_ref().and_then(|to| state.states.iter().position(|s| s == to))
        else {
            continue;
        };
        for from in one.from.iter().filter_map(|from| state.states.iter().position(|s| s == from)) {
            arcs.push((from, to, &one.command));
        }
    }
    if arcs.is_empty() {
        return None;
    }
    let longest = arcs.iter().map(|(_, _, command)| width_of(command)).max().unwrap_or_default();
    // The widest arcs lie outside.
    arcs.sort_by_key(|(from, to, _)| from.abs_diff(*to));
    let (forward, back): (Vec<_>, Vec<_>) = arcs.iter().partition(|(from, to, _)| from < to);
    let rows = |arcs: &[&(usize, usize, &str)]| i32::try_from(arcs.len()).unwrap_or_default();
    const STEP: i32 = 26;
    let y = bottom + 2 * GAP + rows(&forward) * STEP;
    let mut x = GAP;
    let mut middles = Vec::new();
    let mut height = 0;
    for name in &state.states {
        let kind = if *name == state.initial { Kind::Initial } else { Kind::State };
        let card = Card::new(kind, name, Vec::new()).at(x, y);
        height = card.height;
        middles.push(card.middle().0);
        x = card.right() + (longest - card.width / 2).max(3 * GAP);
        picture.add(card);
    }
    let mut arc = |row: usize, from: usize, to: usize, command: &str, above: bool| {
        let row = i32::try_from(row).unwrap_or_default();
        let shift = 10 + row * 5;
        let (side, sign) = if above { (y, -1) } else { (y + height, 1) };
        let depth = side + sign * (20 + row * STEP);
        let (start, end) = (middles[from] + shift, middles[to] - shift);
        let control = side + sign * (20 + row * STEP) * 4 / 3;
        picture.link(
            format!("M{start},{side} C{start},{control} {end},{control} {end},{}", side + sign * 4),
            false,
        );
        picture.label((start + end) / 2, depth - sign * 2, Words::OnLine, command);
    };
    for (row, (from, to, command)) in forward.iter().enumerate() {
        arc(row, *from, *to, command, true);
    }
    for (row, (from, to, command)) in back.iter().enumerate() {
        arc(row, *from, *to, command, false);
    }
    Some(y + height + rows(&back) * STEP)
}
