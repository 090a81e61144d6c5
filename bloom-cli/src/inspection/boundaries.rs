//! Who names whom.

use proc_macro2::Span;
use syn::{ItemMod, ItemUse, Path, UseTree, spanned::Spanned, visit::Visit};

use super::{
    Notes, Rule,
    source::{Layer, Source, is_for_tests},
};

/// Every path that code outside of tests names, with the modules inside the file that it stands in.
pub(super) fn paths(source: &Source) -> Vec<(Vec<String>, Vec<String>, Span)> {
    let mut paths = Paths { within: Vec::new(), found: Vec::new() };
    if !source.is_test() {
        paths.visit_file(&source.file);
    }
    paths.found
}

struct Paths {
    within: Vec<String>,
    found: Vec<(Vec<String>, Vec<String>, Span)>,
}

impl Paths {
    fn uses(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.uses(&with(path.ident.to_string()), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.uses(before, item)),
            UseTree::Name(name) => self.add(with(name.ident.to_string()), name.span()),
            UseTree::Rename(rename) => self.add(with(rename.ident.to_string()), rename.span()),
            UseTree::Glob(glob) => self.add(before.to_vec(), glob.span()),
        }
    }

    fn add(&mut self, segments: Vec<String>, at: Span) {
        self.found.push((self.within.clone(), segments, at));
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.uses(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(segments, path.span());
        syn::visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if is_for_tests(&module.attrs) {
            return;
        }
        self.within.push(module.ident.to_string());
        syn::visit::visit_item_mod(self, module);
        self.within.pop();
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !is_for_tests(&function.attrs) {
            syn::visit::visit_item_fn(self, function);
        }
    }
}

pub(super) fn inspect(source: &Source, notes: &mut Notes<'_>) {
    let Some((context, layer)) = source.place() else { return };
    for (within, segments, at) in paths(source) {
        let Some(target) = source.absolute(&within, &segments) else { continue };
        let Some(first) = target.first() else { continue };
        if first == "app" {
            let message = format!("`{}` knows `app`, which puts it together", layer.name());
            notes.add(Rule::LayerDirection, source, at, message);
        } else if first == context {
            let known = target.get(1).and_then(|name| Layer::named(name));
            if let Some(known) = known.filter(|known| *known > layer) {
                let message = format!("`{}` knows `{}`", layer.name(), known.name());
                notes.add(Rule::LayerDirection, source, at, message);
            }
        } else if source.contexts.contains(first) {
            let known = target.get(1).and_then(|name| Layer::named(name));
            let event = target.last().is_some_and(|last| last.ends_with("Event"));
            let published = known == Some(Layer::Domain) && event;
            if known.is_some() && known != Some(Layer::Ports) && !published {
                let message = format!(
                    "the context `{context}` knows `{}`, which is no event and no port of `{first}`",
                    target[1..].join("::")
                );
                notes.add(Rule::ContextBoundary, source, at, message);
            }
        }
    }
}
