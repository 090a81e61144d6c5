//! rustfmt's layout of lists, for the few files that name everything there is.
//!
//! rustfmt takes longer over a long list than over all the rest of a project. What is laid out here need not be
//! shown to it; a test holds both against each other.

use std::{cmp::Ordering, iter::Peekable, str::Chars};

/// The width of a line.
pub(crate) const WIDTH: usize = 100;
/// The width of the arguments of a call that stay on one line.
const ARGUMENTS: usize = 60;

/// `before` and the names as a group of imports: `pub use money::{Currency, Money};`.
pub(super) fn group(before: &str, names: &[String], end: char, indent: usize) -> String {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_by(|left, right| in_order(left, right));
    names.dedup();
    let margin = " ".repeat(indent);
    if let [name] = names.as_slice() {
        return format!("{margin}{before}::{name}{end}");
    }
    let line = format!("{margin}{before}::{{{}}}{end}", names.join(", "));
    // rustfmt leaves two columns free behind a group, and one behind a name, but for a last one that stands in the first line.
    if line.len() < WIDTH - 1 {
        return line;
    }
    let mut text = format!("{margin}{before}::{{");
    let (mut column, mut lines) = (WIDTH, 0);
    let last = names.len().saturating_sub(1);
    for (index, name) in names.into_iter().enumerate() {
        let free = usize::from(index < last || lines > 1);
        // A space before it, and a comma behind.
        if column + name.len() + 2 + free > WIDTH {
            text.push_str(&format!("\n{margin}    {name},"));
            column = indent + 4 + name.len() + 1;
            lines += 1;
        } else {
            text.push_str(&format!(" {name},"));
            column += name.len() + 2;
        }
    }
    format!("{text}\n{margin}}}{end}")
}

/// Several groups below one path, each on lines of its own; a single one needs no braces around it.
pub(super) fn groups(path: &str, parts: &[(String, Vec<String>)]) -> String {
    if let [(part, names)] = parts {
        return group(&format!("use {path}::{part}"), names, ';', 0);
    }
    let lines = parts.iter().map(|(part, names)| group(part, names, ',', 4) + "\n");
    format!("use {path}::{{\n{}}};", lines.collect::<String>())
}

/// A call of a method in a chain of several, with its arguments on one line if they are short.
pub(super) fn call(method: &str, arguments: &[String], indent: usize) -> String {
    let margin = " ".repeat(indent);
    let line = arguments.join(", ");
    if line.len() <= ARGUMENTS {
        return format!("{margin}.{method}({line})");
    }
    let lines = arguments.iter().map(|argument| format!("{margin}    {argument},\n"));
    format!("{margin}.{method}(\n{}{margin})", lines.collect::<String>())
}

/// A call of a method in a chain of several, whose only argument is a call with one argument: where that is too long for the
/// line, its argument stands on a line of its own.
pub(super) fn call_of_call(method: &str, inner: &str, argument: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let line = format!("{margin}.{method}({inner}({argument}))");
    if line.len() <= WIDTH {
        return line;
    }
    format!("{margin}.{method}({inner}(\n{margin}    {argument},\n{margin}))")
}

/// The body of the function that registers read models: each by its name, with the aggregate that it follows. A line that is too
/// long is left to rustfmt.
pub(super) fn projections(calls: &[(String, String)]) -> String {
    let each: Vec<String> = calls
        .iter()
        .map(|(name, root)| format!(".with(Projected::new(projections::{name}).from::<{root}>())"))
        .collect();
    chain("Projections::new()", &each)
}

/// The body of a function that is a chain of calls.
pub(super) fn chain(receiver: &str, calls: &[String]) -> String {
    const MARGIN: &str = "        ";
    if let [only] = calls {
        let line = format!("{MARGIN}{receiver}{only}");
        if line.len() <= WIDTH {
            return line;
        }
    }
    let lines = calls.iter().map(|call| format!("\n{MARGIN}    {call}"));
    format!("{MARGIN}{receiver}{}", lines.collect::<String>())
}

/// The order in which rustfmt sorts the names of imports; modules it sorts as mere text: digits by the number they make, and `_` before everything else.
pub(super) fn in_order(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.chars().peekable(), right.chars().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return Ordering::Equal,
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let (a, b) = (digits(&mut left), digits(&mut right));
                a.len().cmp(&b.len()).then(a.cmp(&b))
            }
            (a, b) => {
                let rank = |sign: Option<&char>| sign.map(|sign| (*sign != '_', *sign));
                let order = rank(a).cmp(&rank(b));
                left.next();
                right.next();
                order
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The digits of the number that begins here.
fn digits(text: &mut Peekable<Chars<'_>>) -> String {
    let mut number = String::new();
    while let Some(digit) = text.next_if(char::is_ascii_digit) {
        if number == "0" {
            number.clear();
        }
        number.push(digit);
    }
    number
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, path::Path};

    use super::*;
    use crate::format::rustfmt;

    /// The next of a sequence that looks random and is the same in each run.
    fn random(state: &mut u64, below: u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state % below
    }

    fn name(state: &mut u64) -> String {
        const PARTS: [&str; 10] =
            ["Order", "Line", "A1b", "Customer", "12", "2", "Id", "Re", "x", "Invoice"];
        let mut name = "T".to_owned();
        for _ in 0..=random(state, 4) {
            name.push_str(PARTS[usize::try_from(random(state, 10)).unwrap()]);
        }
        name + "e"
    }

    #[test]
    fn rustfmt_has_nothing_to_change() {
        let mut state = 0x2545_f491_4f6c_dd1d;
        let mut text = String::new();
        for file in 0..200 {
            let names = |state: &mut u64, up_to: u64| -> Vec<String> {
                (0..=random(state, up_to)).map(|_| name(state)).collect()
            };
            let lists: Vec<(String, Vec<String>)> =
                (0..3).map(|part| (format!("part{part}"), names(&mut state, 14))).collect();
            writeln!(text, "mod m{file} {{}}\n{}", groups(&format!("crate::m{file}"), &lists))
                .unwrap();
            writeln!(text, "fn f{file}() {{}}").unwrap();
            let mut modules: Vec<String> = names(&mut state, 9)
                .iter()
                .map(|name| heck::ToSnakeCase::to_snake_case(name.as_str()))
                .collect();
            modules.sort_by(|left, right| in_order(left, right));
            modules.dedup();
            let mut sorted = modules.clone();
            sorted.sort();
            let lines: String =
                sorted.iter().map(|module| format!("pub mod {module};\n")).collect();
            writeln!(text, "{lines}").unwrap();
            for module in &modules {
                let list = names(&mut state, 9);
                writeln!(text, "{}", group(&format!("pub use {module}"), &list, ';', 0)).unwrap();
            }
            let calls: String = names(&mut state, 6)
                .iter()
                .chain(&["T".repeat(13), "T".repeat(14)])
                .map(|name| {
                    let path = format!("include_str!(\"../{name}.sql\")");
                    call("with", &[format!("{name:?}"), path], 8) + "\n"
                })
                .collect();
            writeln!(text, "fn c{file}() {{\n    Migrations::new()\n{calls}}}").unwrap();
            let calls: String = (10..40)
                .map(|length| {
                    let (ty, table) = ("T".repeat(length - 2), "t".repeat(length));
                    let method = format!("aggregate::<{ty}>");
                    call_of_call(&method, "Documents::in_table", &format!("{table:?}"), 8) + "\n"
                })
                .collect();
            let read_models: Vec<(String, String)> =
                (0..=random(&mut state, 3)).map(|_| (name(&mut state), name(&mut state))).collect();
            let read_models = projections(&read_models);
            if read_models.lines().all(|line| line.len() <= WIDTH) {
                writeln!(text, "impl P{file} {{\n    fn p() {{\n{read_models}\n    }}\n}}")
                    .unwrap();
            }
            writeln!(text, "fn d{file}() {{\n    StorageStore::shared(s)\n{calls}}}").unwrap();
        }
        let formatted = rustfmt(&[&text], Path::new("/")).unwrap();
        assert!(formatted.all_read);
        let difference = similar::TextDiff::from_lines(&text, &formatted.texts[0]);
        assert_eq!(difference.unified_diff().to_string(), "");
    }

    #[test]
    fn numbers_count_and_underscores_come_first() {
        let mut names = ["a10", "a2", "ab", "a_b", "a", "a1_b", "a01"];
        names.sort_by(|left, right| in_order(left, right));
        assert_eq!(names, ["a", "a_b", "a01", "a1_b", "a2", "a10", "ab"]);
    }
}
