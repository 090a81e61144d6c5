//! How the lines of a file end. Bloom writes LF; a file with other ends keeps them.

/// The line ends of a file, and whether it begins with a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LineEnds {
    crlf: bool,
    mark: bool,
}

const MARK: char = '\u{feff}';

impl LineEnds {
    /// Those of this text; where they are mixed, each stays as it is.
    pub(super) fn of(text: &str) -> Self {
        let all = text.matches('\n').count();
        let crlf = text.matches("\r\n").count();
        Self { crlf: all > 0 && crlf == all, mark: text.starts_with(MARK) }
    }

    /// The text as Bloom would write it.
    pub(super) fn taken_out(self, text: &str) -> String {
        let text = if self.mark { text.trim_start_matches(MARK) } else { text };
        if self.crlf { text.replace("\r\n", "\n") } else { text.to_owned() }
    }

    /// The text as the file has it.
    pub(super) fn put_back(self, text: &str) -> String {
        let text = if self.crlf { text.replace('\n', "\r\n") } else { text.to_owned() };
        if self.mark { format!("{MARK}{text}") } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::LineEnds;

    #[test]
    fn a_file_keeps_its_line_ends() {
        for text in ["a\nb\n", "a\r\nb\r\n", "\u{feff}a\r\nb", "\u{feff}a\n", ""] {
            let ends = LineEnds::of(text);
            let plain = ends.taken_out(text);
            assert!(!plain.contains('\r') && !plain.starts_with('\u{feff}'), "{plain:?}");
            assert_eq!(ends.put_back(&plain), text);
        }
    }
}
