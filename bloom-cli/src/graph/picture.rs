//! Boxes, lines and words with places, in pixels from the top left corner.

use serde::Serialize;

/// A picture.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Picture {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) boxes: Vec<Card>,
    pub(super) links: Vec<Link>,
    pub(super) labels: Vec<Label>,
}

/// A box with a title and some lines below.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Card {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) kind: Kind,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

/// What a box stands for, which is its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Lane,
    Aggregate,
    Command,
    Event,
    View,
    Policy,
    Query,
    Entity,
    Value,
    State,
    Initial,
}

/// A line with an arrow, as an SVG path.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Link {
    pub(super) path: String,
    pub(super) dashed: bool,
}

/// A word that belongs to no box.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Label {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) text: String,
    pub(super) kind: Words,
}

/// How a word is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Words {
    Heading,
    Note,
    /// Centred on its place.
    OnLine,
}

/// Between things.
pub(super) const GAP: i32 = 24;
/// The height of one line of text.
pub(super) const LINE: i32 = 18;
/// The height of a title.
pub(super) const TITLE: i32 = 30;

/// About how wide a text is; a little more than it will be.
pub(super) fn width_of(text: &str) -> i32 {
    i32::try_from(text.chars().count()).unwrap_or(i32::MAX / 16) * 8
}

/// The width of a box with these texts.
pub(super) fn fitting<'t>(texts: impl IntoIterator<Item = &'t str>, least: i32) -> i32 {
    texts.into_iter().map(width_of).max().unwrap_or_default().max(least - 28) + 28
}

impl Card {
    /// As large as its words need.
    pub(super) fn new(kind: Kind, title: impl Into<String>, lines: Vec<String>) -> Self {
        let title = title.into();
        let texts = lines.iter().map(String::as_str).chain([title.as_str()]);
        let width = fitting(texts, 120);
        let below = i32::try_from(lines.len()).unwrap_or_default() * LINE;
        let height = TITLE + below + if lines.is_empty() { 6 } else { 12 };
        Self { x: 0, y: 0, width, height, kind, title, lines }
    }

    pub(super) fn at(mut self, x: i32, y: i32) -> Self {
        (self.x, self.y) = (x, y);
        self
    }

    pub(super) fn wide(mut self, width: i32) -> Self {
        self.width = width;
        self
    }

    pub(super) fn right(&self) -> i32 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> i32 {
        self.y + self.height
    }

    pub(super) fn middle(&self) -> (i32, i32) {
        (self.x + self.width / 2, self.y + self.height / 2)
    }
}

impl Picture {
    /// Adds a box; the picture grows around it.
    pub(super) fn add(&mut self, card: Card) {
        self.grow(card.right(), card.bottom());
        self.boxes.push(card);
    }

    pub(super) fn label(&mut self, x: i32, y: i32, kind: Words, text: impl Into<String>) {
        let text = text.into();
        let right =
            if kind == Words::OnLine { x + width_of(&text) / 2 } else { x + width_of(&text) };
        self.grow(right, y + LINE);
        self.labels.push(Label { x, y, text, kind });
    }

    pub(super) fn link(&mut self, path: String, dashed: bool) {
        self.links.push(Link { path, dashed });
    }

    fn grow(&mut self, right: i32, bottom: i32) {
        self.width = self.width.max(right + GAP);
        self.height = self.height.max(bottom + GAP);
    }
}
