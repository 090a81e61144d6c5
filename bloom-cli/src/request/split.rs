//! Splitting at a separator outside parentheses, with `::` as one token.

/// The parts of `text` between `separator`s that stand outside of parentheses.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ':' if chars.peek().is_some_and(|&(_, next)| next == ':') => {
                chars.next();
            }
            c if c == separator && depth == 0 => {
                parts.push(&text[start..index]);
                start = index + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn parentheses_and_paths_are_kept_together() {
        assert_eq!(
            split("tags:String:list(1..5),1..20", ':'),
            ["tags", "String", "list(1..5),1..20"]
        );
        assert_eq!(split("list(1,5),1..20", ','), ["list(1,5)", "1..20"]);
        assert_eq!(split("a:b::C", ':'), ["a", "b::C"]);
        assert_eq!(split("", ':'), [""]);
    }
}
