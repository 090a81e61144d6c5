//! Commands, events and read models along a line, a lane for each aggregate.

use super::picture::{Card, GAP, Kind, Picture, Words, fitting};
use crate::catalog::{AggregateEntry, Catalog};

pub(super) fn picture(catalog: &Catalog) -> Picture {
    let mut picture = Picture::default();
    let mut y = GAP;
    for context in &catalog.contexts {
        picture.label(GAP, y + 14, Words::Heading, context.name.clone());
        y += 34;
        for aggregate in &context.aggregates {
            y = lane(&mut picture, aggregate, y) + GAP;
        }
        if context.aggregates.is_empty() {
            picture.label(GAP, y + 14, Words::Note, "no aggregate yet");
            y += 34;
        }
    }
    // The lanes reach as far as the longest.
    let width = picture.width - 2 * GAP;
    for card in picture.boxes.iter_mut().filter(|card| card.kind == Kind::Lane) {
        card.width = width;
    }
    picture
}

/// The lane of one aggregate; where it ends.
fn lane(picture: &mut Picture, aggregate: &AggregateEntry, top: i32) -> i32 {
    const HEAD: i32 = 34;
    let place = picture.boxes.len();
    let mut x = 2 * GAP;
    let y = top + HEAD;
    let first = x;
    let mut event_bottom = y;
    let mut from = y;
    for one in &aggregate.behaviours {
        let route = one.route.iter().cloned().collect::<Vec<_>>();
        let mut about = Vec::new();
        if let Some(to) = &one.to {
            about.push(format!("{} → {to}", one.from.join(" | ")));
        }
        if !one.guards.is_empty() {
            about.push(format!("if {}", one.guards.join(", ")));
        }
        let followed = aggregate.policies.iter().filter(|policy| policy.event == one.event);
        let policies: Vec<&str> = followed.map(|policy| policy.name.as_str()).collect();
        let texts = [one.command.as_str(), one.stored.as_str()].into_iter().chain(policies.clone());
        let width = fitting(texts.chain(route.iter().chain(&about).map(String::as_str)), 150);
        let command = Card::new(Kind::Command, &one.command, route).at(x, y).wide(width);
        let event = Card::new(Kind::Event, &one.stored, about).at(x, y + 54 + GAP + 12).wide(width);
        let middle = x + width / 2;
        picture.link(format!("M{middle},{} L{middle},{}", command.bottom(), event.y - 3), false);
        if x == first {
            from = event.bottom();
        }
        x = command.right() + GAP;
        event_bottom = event_bottom.max(event.bottom());
        let mut above = event.bottom();
        for name in policies {
            let policy = Card::new(Kind::Policy, name, Vec::new()).at(event.x, above + GAP);
            let policy = policy.wide(width);
            picture.link(format!("M{middle},{above} L{middle},{}", policy.y - 3), true);
            above = policy.bottom();
            event_bottom = event_bottom.max(above);
            picture.add(policy);
        }
        picture.add(command);
        picture.add(event);
    }
    let right = x - GAP;
    let mut bottom = event_bottom;
    let queries: Vec<&str> = aggregate.questions.iter().map(|one| one.query.as_str()).collect();
    let mut asked: Vec<&str> = Vec::new();
    for query in queries {
        if !asked.contains(&query) {
            asked.push(query);
        }
    }
    let views = aggregate.projections.iter().map(|one| (Kind::View, one.name.clone()));
    for (kind, title) in views.chain([(Kind::Query, asked.join("  ·  "))]) {
        let bar = Card::new(kind, title, Vec::new()).at(first, bottom + GAP);
        let middle = first + 40;
        picture.link(format!("M{middle},{from} L{middle},{}", bottom + GAP - 3), true);
        let width = bar.width.max(right - first);
        let bar = bar.wide(width);
        bottom = bar.bottom();
        from = bottom;
        picture.add(bar);
    }
    let kept = if aggregate.event_sourced { "  ·  from its events" } else { "" };
    let title = format!("{}{kept}", aggregate.name);
    let mut lane = Card::new(Kind::Lane, title, Vec::new()).at(GAP, top);
    lane.height = bottom + GAP - top;
    lane.width = lane.width.max(right);
    picture.add(lane);
    // It lies behind what is in it.
    picture.boxes[place..].rotate_right(1);
    bottom + GAP
}
