//! The tokens of a file in a row, each with its place and what stands around it.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};

/// One token.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) word: String,
    pub(super) range: Range<usize>,
    /// The first name of the path that it is in.
    pub(super) root: Option<String>,
    /// How many names of the path stand before it.
    pub(super) depth: usize,
    /// Whether it stands in `path::{ .. }`.
    pub(super) in_group: bool,
    /// The enum whose variant it declares.
    pub(super) variant_of: Option<String>,
}

impl Token {
    /// The identifier without `r#`.
    pub(super) fn plain(&self) -> &str {
        self.word.strip_prefix("r#").unwrap_or(&self.word)
    }
}

/// Where a row of tokens stands.
#[derive(Clone)]
pub(super) enum Around {
    /// In the braces behind a path that begins with this name and has so many.
    Path(String, usize),
    /// In the braces of this enum.
    Enum(String),
}

/// Appends every token; brackets are tokens, too.
pub(super) fn flatten(stream: TokenStream, around: Option<&Around>, tokens: &mut Vec<Token>) {
    let first = tokens.len();
    let (inherited, of_enum) = match around {
        Some(Around::Path(root, depth)) => (Some((root, *depth)), None),
        Some(Around::Enum(name)) => (None, Some(name)),
        None => (None, None),
    };
    let mut root: Option<String> = None;
    let mut depth = 0;
    let mut behind_attribute = false;
    for tree in stream {
        let word = |distance: usize| {
            let at = tokens.len().checked_sub(distance).filter(|at| *at >= first);
            at.map_or("", |at| tokens[at].word.as_str())
        };
        let behind_path = word(1) == ":" && word(2) == ":";
        match tree {
            TokenTree::Group(group) => {
                let inner = if behind_path {
                    root.clone().map(|root| Around::Path(root, depth + 1))
                } else if word(2) == "enum" {
                    Some(Around::Enum(word(1).to_owned()))
                } else {
                    None
                };
                behind_attribute = word(1) == "#";
                let plain = |word: &str, range| Token {
                    word: word.to_owned(),
                    range,
                    root: None,
                    depth: 0,
                    in_group: false,
                    variant_of: None,
                };
                tokens.push(plain("(", group.span_open().byte_range()));
                flatten(group.stream(), inner.as_ref(), tokens);
                tokens.push(plain(")", group.span_close().byte_range()));
            }
            TokenTree::Ident(ident) => {
                let begins = tokens.len() == first || word(1) == ",";
                let variant_of = of_enum.filter(|_| begins || behind_attribute).cloned();
                if behind_path {
                    depth += 1;
                } else {
                    let (begins, names) = match inherited {
                        Some((root, names)) => (root.clone(), names),
                        None => (ident.to_string(), 0),
                    };
                    (root, depth) = (Some(begins), names);
                }
                behind_attribute = false;
                tokens.push(Token {
                    word: ident.to_string(),
                    range: ident.span().byte_range(),
                    root: root.clone(),
                    depth,
                    in_group: inherited.is_some(),
                    variant_of,
                });
            }
            TokenTree::Punct(punct) => tokens.push(Token {
                word: punct.as_char().to_string(),
                range: punct.span().byte_range(),
                root: None,
                depth: 0,
                in_group: false,
                variant_of: None,
            }),
            TokenTree::Literal(literal) => tokens.push(Token {
                word: String::new(),
                range: literal.span().byte_range(),
                root: None,
                depth: 0,
                in_group: false,
                variant_of: None,
            }),
        }
    }
}
