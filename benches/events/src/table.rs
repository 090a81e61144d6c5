//! The results as a table in Markdown.

use std::fmt::Write;

use crate::lineup::{Entry, Role};

/// A rate for each column; `None` where somebody did not take part.
pub struct Row {
    /// Whose it is.
    pub entry: Entry,
    /// What it did a second.
    pub rates: Vec<Option<f64>>,
}

/// The middle of several figures; of an even number of them, the higher one.
pub fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied()
}

/// Everybody's rates, and below them how Bloom stands to the limit and to the best peer.
pub fn render(title: &str, columns: &[String], rows: &[Row]) -> String {
    let mut table = format!("\n| {title}, a second | {} |\n", columns.join(" | "));
    line(&mut table, "---", columns.iter().map(|_| "---:".to_owned()));
    for row in rows {
        line(
            &mut table,
            row.entry.name,
            row.rates.iter().map(|rate| rate.map_or_else(none, whole)),
        );
    }
    let of = |role: Role, column: usize| {
        let rows = rows.iter().filter(move |row| row.entry.role == role);
        rows.filter_map(move |row| Some((row.entry.name, row.rates[column]?)))
            .max_by(|(_, one), (_, other)| one.total_cmp(other))
    };
    let ratio = |role, column| {
        let ((_, ours), (name, theirs)) = (of(Role::Bloom, column)?, of(role, column)?);
        Some((ours / theirs, name))
    };
    let columns = 0..columns.len();
    if rows.iter().any(|row| row.entry.role == Role::Limit) {
        let ratios = columns.clone().map(|column| ratio(Role::Limit, column));
        let ratios =
            ratios.map(|found| found.map_or_else(none, |(ratio, _)| format!("{ratio:.2}")));
        line(&mut table, "**Bloom to by hand**", ratios);
    }
    let ratios = columns.map(|column| ratio(Role::Peer, column));
    let ratios =
        ratios.map(|found| found.map_or_else(none, |(ratio, name)| format!("{ratio:.2} ({name})")));
    line(&mut table, "**Bloom to the best peer**", ratios);
    table
}

/// Adds a row.
fn line(table: &mut String, head: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    // A string takes all that is written.
    let _ = writeln!(table, "| {head} | {} |", cells.join(" | "));
}

/// What stands where there is no figure.
fn none() -> String {
    "-".to_owned()
}

/// Thousands apart: 12 345.
fn whole(rate: f64) -> String {
    let digits = format!("{rate:.0}");
    let mut apart = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            apart.push(' ');
        }
        apart.push(digit);
    }
    apart
}
