//! Imports: trees of names.

use syn::UseTree;

/// The path up to the first `{` or the last name: what tells one `use` from another.
pub(super) fn stem(tree: &UseTree) -> String {
    match tree {
        UseTree::Path(path) => format!("{}::{}", path.ident, stem(&path.tree)),
        UseTree::Group(_) | UseTree::Glob(_) | UseTree::Name(_) | UseTree::Rename(_) => {
            String::new()
        }
    }
}

/// Every full path that the tree brings in.
pub(super) fn leaves(tree: &UseTree) -> Vec<String> {
    match tree {
        UseTree::Path(path) => {
            leaves(&path.tree).into_iter().map(|leaf| format!("{}::{leaf}", path.ident)).collect()
        }
        UseTree::Name(name) => vec![name.ident.to_string()],
        UseTree::Rename(rename) => vec![format!("{} as {}", rename.ident, rename.rename)],
        UseTree::Glob(_) => vec!["*".to_owned()],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
    }
}

/// The tree without these full paths; `None` when nothing is left.
pub(super) fn without(tree: &UseTree, gone: &[String]) -> Option<String> {
    match tree {
        UseTree::Path(path) => {
            let prefix = format!("{}::", path.ident);
            let inner: Vec<String> = gone
                .iter()
                .filter_map(|leaf| leaf.strip_prefix(&prefix).map(str::to_owned))
                .collect();
            without(&path.tree, &inner).map(|rest| format!("{prefix}{rest}"))
        }
        UseTree::Group(group) => {
            let rest: Vec<String> =
                group.items.iter().filter_map(|item| without(item, gone)).collect();
            match rest.as_slice() {
                [] => None,
                [one] if one != "self" => Some(one.clone()),
                several => Some(format!("{{{}}}", several.join(", "))),
            }
        }
        UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => {
            let leaf = leaves(tree).concat();
            (!gone.contains(&leaf)).then_some(leaf)
        }
    }
}
