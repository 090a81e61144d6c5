//! Texts that match a regular expression.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Texts that match, made by taking the first or the last way through the expression, and each repetition as often as it must or some
/// times more.
pub(super) fn matching(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(pattern) else { return Vec::new() };
    let mut texts: Vec<String> = Vec::new();
    for times in [0, 1, 2, 3, 4, 6, 9, 15, 30] {
        for last in [false, true] {
            let mut text = String::new();
            if walk(&hir, Way { last, times }, &mut text) && !texts.contains(&text) {
                texts.push(text);
            }
        }
    }
    texts
}

/// Which of all ways through an expression.
#[derive(Clone, Copy)]
struct Way {
    /// The last alternative and character, and not the first.
    last: bool,
    /// How often at least what may be repeated is.
    times: u32,
}

fn walk(hir: &Hir, way: Way, text: &mut String) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(literal) => {
                text.push_str(literal);
                true
            }
            Err(_) => false,
        },
        HirKind::Class(Class::Unicode(class)) => {
            let printable = |c: &char| {
                c.is_ascii_alphanumeric() || (c.is_ascii_graphic() && !"\"\\{}".contains(*c))
            };
            let mut chars =
                class.ranges().iter().flat_map(|range| (range.start()..=range.end()).take(200));
            let found = if way.last {
                let all: Vec<char> = chars.filter(printable).collect();
                all.last().copied()
            } else {
                chars.find(printable)
            };
            found.map(|c| text.push(c)).is_some()
        }
        HirKind::Class(Class::Bytes(_)) => false,
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            (0..repetition.min.max(way.times).min(most)).all(|_| walk(&repetition.sub, way, text))
        }
        HirKind::Capture(capture) => walk(&capture.sub, way, text),
        HirKind::Concat(parts) => parts.iter().all(|part| walk(part, way, text)),
        HirKind::Alternation(parts) => {
            let part = if way.last { parts.last() } else { parts.first() };
            part.is_some_and(|part| walk(part, way, text))
        }
    }
}
