//! Contexts with their aggregates, and who refers to whom by id.

use std::collections::BTreeMap;

use super::picture::{Card, GAP, Kind, Picture, Words};
use crate::catalog::Catalog;

/// How many aggregates stand side by side.
const COLUMNS: usize = 4;

pub(super) fn picture(catalog: &Catalog) -> Picture {
    let mut picture = Picture::default();
    let mut places: BTreeMap<String, (i32, i32, i32, i32)> = BTreeMap::new();
    let mut top = GAP;
    for context in &catalog.contexts {
        let place = picture.boxes.len();
        let (mut x, mut y, mut row_bottom, mut right) = (2 * GAP, top + 40, top + 40, 0);
        for (index, aggregate) in context.aggregates.iter().enumerate() {
            if index > 0 && index % COLUMNS == 0 {
                (x, y) = (2 * GAP, row_bottom + 3 * GAP);
            }
            let mut about = vec![format!("{} events", aggregate.behaviours.len())];
            about
                .extend(aggregate.entities.iter().map(|entity| format!("list of {}", entity.name)));
            about.extend(aggregate.projections.iter().map(|one| format!("shown in {}", one.name)));
            let card = Card::new(Kind::Aggregate, &aggregate.name, about).at(x, y);
            let area = (card.x, card.y, card.width, card.height);
            places.insert(format!("{}Id", aggregate.name), area);
            x = card.right() + 5 * GAP;
            right = right.max(card.right());
            row_bottom = row_bottom.max(card.bottom());
            picture.add(card);
        }
        let mut around = Card::new(Kind::Lane, &context.name, Vec::new()).at(GAP, top);
        around.width = around.width.max(right + GAP - around.x);
        around.height = row_bottom + GAP - top;
        top = around.bottom() + GAP;
        picture.add(around);
        picture.boxes[place..].rotate_right(1);
    }
    let mut linked = Vec::new();
    for aggregate in catalog.contexts.iter().flat_map(|context| &context.aggregates) {
        let of_entities = aggregate.entities.iter().flat_map(|entity| &entity.fields);
        for field in aggregate.fields.iter().chain(of_entities) {
            let Some(from) = places.get(&format!("{}Id", aggregate.name)) else { continue };
            let Some(to) = places.get(&field.leaf).filter(|to| *to != from) else { continue };
            if !linked.contains(&(*from, *to)) {
                linked.push((*from, *to));
                link(&mut picture, *from, *to, &field.name);
            }
        }
    }
    if linked.is_empty() && places.len() > 1 {
        picture.label(GAP, top + 10, Words::Note, "no aggregate refers to another");
    }
    picture
}

type Area = (i32, i32, i32, i32);

/// From one box to another, out of the side that faces it.
fn link(picture: &mut Picture, from: Area, to: Area, name: &str) {
    let middle = |(x, y, width, height): Area| (x + width / 2, y + height / 2);
    let ((fx, fy), (tx, ty)) = (middle(from), middle(to));
    let same_row = (fy - ty).abs() < from.3.max(to.3);
    let (start, end) = if same_row {
        let right = tx > fx;
        let start = if right { from.0 + from.2 } else { from.0 };
        let end = if right { to.0 - 4 } else { to.0 + to.2 + 4 };
        ((start, fy), (end, ty))
    } else {
        let down = ty > fy;
        let start = if down { from.1 + from.3 } else { from.1 };
        let end = if down { to.1 - 4 } else { to.1 + to.3 + 4 };
        ((fx, start), (tx, end))
    };
    // What stands between two in a row is gone around.
    let far = same_row && (end.0 - start.0).abs() > 6 * super::picture::GAP;
    let (path, label) = if far {
        let above = from.1.min(to.1) - 14;
        let (start, end) = ((fx, from.1), (tx, to.1 - 4));
        (
            format!(
                "M{},{} C{},{above} {},{above} {},{}",
                start.0, start.1, start.0, end.0, end.0, end.1
            ),
            ((fx + tx) / 2, above + 2),
        )
    } else {
        let bend = ((start.0 + end.0) / 2, (start.1 + end.1) / 2);
        let path = if same_row {
            format!(
                "M{},{} C{},{} {},{} {},{}",
                start.0, start.1, bend.0, start.1, bend.0, end.1, end.0, end.1
            )
        } else {
            format!(
                "M{},{} C{},{} {},{} {},{}",
                start.0, start.1, start.0, bend.1, end.0, bend.1, end.0, end.1
            )
        };
        (path, (bend.0, bend.1 - 6))
    };
    picture.link(path, false);
    picture.label(label.0, label.1, Words::OnLine, name);
}
