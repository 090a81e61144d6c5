//! A source file of the project, and where it belongs.

use syn::File;

use super::Rule;

/// One parsed file below `src`.
pub(crate) struct Source {
    /// Relative to the project.
    pub(crate) path: String,
    pub(crate) file: File,
    /// The names of the modules it is in, from the root of the crate.
    pub(super) module: Vec<String>,
    /// The contexts of the project.
    pub(super) contexts: Vec<String>,
    lines: Vec<String>,
}

/// A layer of a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    Domain,
    Ports,
    Application,
    Adapters,
}

impl Layer {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "domain" => Self::Domain,
            "ports" => Self::Ports,
            "application" => Self::Application,
            "adapters" => Self::Adapters,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Ports => "ports",
            Self::Application => "application",
            Self::Adapters => "adapters",
        }
    }
}

impl Source {
    /// The file at a path such as `src/shop/domain/order/mod.rs`.
    pub(crate) fn new(path: &str, text: &str, file: File, contexts: &[String]) -> Self {
        let inner = path.strip_prefix("src/").unwrap_or(path);
        let inner = inner.strip_suffix(".rs").unwrap_or(inner);
        let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            module.pop();
        }
        Self {
            path: path.to_owned(),
            file,
            module,
            contexts: contexts.to_vec(),
            lines: text.lines().map(str::to_owned).collect(),
        }
    }

    /// The context and the layer that it is in.
    pub(super) fn place(&self) -> Option<(&str, Layer)> {
        match self.module.as_slice() {
            [context, layer, ..] if self.contexts.contains(context) => {
                Some((context, Layer::named(layer)?))
            }
            _ => None,
        }
    }

    /// Whether it holds tests alone.
    pub(super) fn is_test(&self) -> bool {
        self.module.iter().any(|module| module == "tests")
    }

    /// Whether a comment on this line or the one above allows it: `// bloom: allow(domain-purity)`.
    pub(super) fn allows(&self, rule: Rule, line: usize) -> bool {
        let mark = format!("bloom: allow({})", rule.name());
        let has = |line: usize| {
            let text = line.checked_sub(1).and_then(|index| self.lines.get(index));
            text.is_some_and(|text| {
                text.split_once("//").is_some_and(|(_, comment)| comment.contains(&mark))
            })
        };
        has(line) || line > 1 && has(line - 1)
    }

    /// The path from the root of the crate; `None` for what is not in the crate.
    pub(super) fn absolute(&self, within: &[String], segments: &[String]) -> Option<Vec<String>> {
        let mut place: Vec<String> = self.module.iter().chain(within).cloned().collect();
        let mut rest = segments;
        match rest.first().map(String::as_str) {
            Some("crate") => {
                place.clear();
                rest = &rest[1..];
            }
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|first| first == "super") {
                    place.pop()?;
                    rest = &rest[1..];
                }
            }
            _ => return None,
        }
        place.extend(rest.iter().cloned());
        Some(place)
    }
}

/// Whether an item is there for tests alone.
pub(super) fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && asks_for_tests(attribute)
            || attribute.path().is_ident("test")
            || attribute.path().segments.last().is_some_and(|last| last.ident == "test")
    })
}

/// `cfg(test)`, `cfg(any(test, ..))` and their like, but not `cfg(not(test))`.
fn asks_for_tests(attribute: &syn::Attribute) -> bool {
    fn has(tokens: proc_macro2::TokenStream) -> bool {
        let mut negated = false;
        for tree in tokens {
            match tree {
                proc_macro2::TokenTree::Ident(ident) => {
                    if ident == "test" {
                        return true;
                    }
                    negated = ident == "not";
                }
                proc_macro2::TokenTree::Group(group) => {
                    if !negated && has(group.stream()) {
                        return true;
                    }
                    negated = false;
                }
                _ => {}
            }
        }
        false
    }
    attribute.meta.require_list().is_ok_and(|list| has(list.tokens.clone()))
}

/// Whether the item derives something of this name.
pub(super) fn derives(attributes: &[syn::Attribute], name: &str) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| {
        let mut found = false;
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.segments.last().is_some_and(|last| last.ident == name);
            Ok(())
        });
        found
    })
}
