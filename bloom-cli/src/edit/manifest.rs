//! The features of the runtime in a `Cargo.toml` that people have edited around them.

use std::collections::BTreeSet;

use toml_edit::{Array, DocumentMut, InlineTable, Item, TableLike, Value, value};

const RUNTIME: &str = "bloom-runtime";

/// `ours` with the features that `new` has and `base` has not, and without those that it has no more; nothing where these two
/// differ in anything else, or where it cannot be said.
pub(crate) fn with_features(base: &str, ours: &str, new: &str) -> Option<String> {
    let (mut before, after) = (document(base)?, document(new)?);
    let mut ours = document(ours)?;
    let (had, has) = (features(runtime(&before)?), features(runtime(&after)?));
    *before.get_mut("dependencies")?.get_mut(RUNTIME)? = runtime(&after)?.clone();
    if before.to_string() != new {
        return None;
    }
    let item = ours.get_mut("dependencies")?.get_mut(RUNTIME)?;
    let added: Vec<&String> = has.difference(&had).collect();
    if let Some(version) = item.as_value().filter(|value| value.is_str()) {
        if added.is_empty() {
            return Some(ours.to_string());
        }
        let decor = version.decor().clone();
        let mut table = InlineTable::new();
        table.insert("version", Value::from(version.as_str()?));
        let mut table = Value::InlineTable(table);
        *table.decor_mut() = decor;
        *item = Item::Value(table);
    }
    let table = item.as_table_like_mut()?;
    let mut named: Vec<String> = list(table).iter().map(|name| (*name).to_owned()).collect();
    named.retain(|name| has.contains(name) || !had.contains(name));
    named.extend(added.into_iter().filter(|name| !list(table).contains(&name.as_str())).cloned());
    if named.is_empty() {
        table.remove("features");
    } else {
        table.insert("features", value(named.iter().collect::<Array>()));
    }
    let is_one = table.len() == 1;
    if let Some(table) = item.as_inline_table_mut() {
        table.fmt();
    }
    // As it stands where nothing is said of it but the version.
    if is_one
        && item.is_inline_table()
        && let Some(version) = item.get("version").and_then(Item::as_str)
    {
        let mut plain = Value::from(version);
        *plain.decor_mut() = item.as_value()?.decor().clone();
        *item = Item::Value(plain);
    }
    Some(ours.to_string())
}

fn document(text: &str) -> Option<DocumentMut> {
    text.parse().ok()
}

fn runtime(document: &DocumentMut) -> Option<&Item> {
    document.get("dependencies")?.get(RUNTIME)
}

fn features(item: &Item) -> BTreeSet<String> {
    let table = item.as_table_like();
    table.map(list).unwrap_or_default().into_iter().map(ToOwned::to_owned).collect()
}

fn list(table: &dyn TableLike) -> Vec<&str> {
    let features = table.get("features").and_then(Item::as_array);
    features.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::with_features;

    fn manifest(runtime: &str) -> String {
        format!("[package]\nname = \"shop\"\n\n[dependencies]\n{runtime}\nserde = \"1\"\n")
    }

    const PLAIN: &str = "bloom-runtime = \"0.1\"";
    const URL: &str = "bloom-runtime = { version = \"0.1\", features = [\"url\"] }";

    /// What becomes of the line when a rule comes, and when it goes again.
    fn there_and_back(ours: &str) -> [Option<String>; 2] {
        let (plain, url) = (manifest(PLAIN), manifest(URL));
        let there = with_features(&plain, &manifest(ours), &url);
        let back = there.as_ref().and_then(|there| with_features(&url, there, &plain));
        [there, back]
    }

    #[test]
    fn whatever_stands_around_it_stays() {
        for (ours, there) in [
            (PLAIN, URL),
            (
                "bloom-runtime = \"0.1.7\" # ours",
                "bloom-runtime = { version = \"0.1.7\", features = [\"url\"] } # ours",
            ),
            (
                "bloom-runtime = \"0.1\"\nregex = \"1\"",
                "bloom-runtime = { version = \"0.1\", features = [\"url\"] }\nregex = \"1\"",
            ),
            (
                "bloom-runtime = { workspace = true }",
                "bloom-runtime = { workspace = true, features = [\"url\"] }",
            ),
            (
                "bloom-runtime.workspace = true",
                "bloom-runtime.workspace = true\nbloom-runtime.features = [\"url\"]",
            ),
            (
                "bloom-runtime = { path = \"../runtime\", features = [\"conformance\"] }",
                "bloom-runtime = { path = \"../runtime\", features = [\"conformance\", \"url\"] }",
            ),
        ] {
            let expected = [Some(manifest(there)), Some(manifest(ours))];
            assert_eq!(there_and_back(ours), expected, "{ours}");
        }
    }

    #[test]
    fn what_differs_in_more_is_left_to_others() {
        let other = manifest(URL).replace("serde = \"1\"", "serde = \"2\"");
        assert_eq!(with_features(&manifest(PLAIN), &manifest(PLAIN), &other), None);
        assert_eq!(with_features(&manifest(PLAIN), "[dependencies]\n", &manifest(URL)), None);
        assert_eq!(with_features(&manifest(PLAIN), "[dependencies", &manifest(URL)), None);
    }
}
