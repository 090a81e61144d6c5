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
