//! Declarations of modules, which rustfmt would follow into their files.

use std::borrow::Cow;

/// What stands in for `mod` where a file declares a module: rustfmt sorts both alike, and looks for the
/// file of a module only.
pub(super) const CRATE: &str = "extern crate ";

/// The text with nothing that rustfmt would look for elsewhere. One that has such crates of its own is left to
/// its owner.
pub(super) fn without_modules(text: &str) -> Cow<'_, str> {
    if text.contains(CRATE) || !text.lines().any(|line| declared_module(line).is_some()) {
        return Cow::Borrowed(text);
    }
    let lines = text.split_inclusive('\n').map(|line| match declared_module(line) {
        Some((before, name)) => format!("{before}{CRATE}{name}"),
        None => line.to_owned(),
    });
    Cow::Owned(lines.collect())
}

/// What stands before `mod`, and what stands behind it, in a line that declares a module in another file.
fn declared_module(line: &str) -> Option<(&str, &str)> {
    let code = line.trim();
    let bare = code.strip_prefix("pub ").or_else(|| {
        let restricted = code.strip_prefix("pub(")?;
        Some(restricted.split_once(')')?.1.trim_start())
    });
    bare.unwrap_or(code).strip_prefix("mod ")?.strip_suffix(';')?;
    let at = line.find("mod ")?;
    Some((&line[..at], &line[at + "mod ".len()..]))
}
