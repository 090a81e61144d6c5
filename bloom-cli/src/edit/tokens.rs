//! The tokens of a file in a row, each with its place and what stands around it.

use std::ops::Range;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{SyntaxError, outline};

/// One token.
#[derive(Debug, Default)]
pub(super) struct Token {
    pub(super) word: String,
    pub(super) range: Range<usize>,
    /// The first name of the path that it is in.
    pub(super) root: Option<String>,
    /// How many names of the path stand before it.
    pub(super) depth: usize,
    /// Whether it stands in `path::{ .. }`.
    pub(super) in_group: bool,
    /// The type whose variant it is, in the enum itself or in `Type::{ .. }`.
    pub(super) variant_of: Option<String>,
}

impl Token {
    /// The identifier without `r#`.
    pub(super) fn plain(&self) -> &str {
        self.word.strip_prefix("r#").unwrap_or(&self.word)
    }
}

/// The tokens of a file.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let stream: TokenStream = text.parse().map_err(|_| {
        // Parsed as a file the mistake has a place.
        outline::syntax(text).err().unwrap_or(SyntaxError {
            line: 1,
            column: 1,
            message: "this is not Rust".to_owned(),
        })
    })?;
    let mut tokens = Vec::new();
    flatten(stream, &Around::default(), &mut tokens);
    Ok(tokens)
}

/// Whether a name is spelled as one of a type.
pub(super) fn is_type(word: &str) -> bool {
    word.starts_with(|sign: char| sign.is_uppercase())
}

/// Where a row of tokens stands.
#[derive(Default)]
struct Around {
    /// In the braces behind a path that begins with this name and has so many.
    path: Option<(String, usize)>,
    /// In the braces of this enum, or behind this type.
    owner: Option<String>,
    /// Whether only what begins a variant is one.
    is_enum: bool,
}

/// Appends every token; brackets are tokens, too.
fn flatten(stream: TokenStream, around: &Around, tokens: &mut Vec<Token>) {
    let first = tokens.len();
    let mut root: Option<String> = None;
    let mut depth = 0;
    let mut behind_attribute = false;
    // The enum that was named and whose braces are still to come.
    let mut named: Option<String> = None;
    for tree in stream {
        let word = |distance: usize| {
            let at = tokens.len().checked_sub(distance).filter(|at| *at >= first);
            at.map_or("", |at| tokens[at].word.as_str())
        };
        let behind_path = word(1) == ":" && word(2) == ":";
        match tree {
            TokenTree::Group(group) => {
                let is_brace = group.delimiter() == Delimiter::Brace;
                let inner = if behind_path {
                    Around {
                        path: root.clone().map(|root| (root, depth + 1)),
                        owner: Some(word(3)).filter(|last| is_type(last)).map(str::to_owned),
                        is_enum: false,
                    }
                } else if is_brace && named.is_some() {
                    Around { path: None, owner: named.take(), is_enum: true }
                } else {
                    Around::default()
                };
                behind_attribute = word(1) == "#";
                let bracket =
                    |word: &str, range| Token { word: word.to_owned(), range, ..Token::default() };
                tokens.push(bracket("(", group.span_open().byte_range()));
                flatten(group.stream(), &inner, tokens);
                tokens.push(bracket(")", group.span_close().byte_range()));
            }
            TokenTree::Ident(ident) => {
                let begins = tokens.len() == first || word(1) == ",";
                let is_variant = !around.is_enum || begins || behind_attribute;
                let variant_of = around.owner.clone().filter(|_| is_variant);
                if word(1) == "enum" {
                    named = Some(ident.to_string());
                }
                if behind_path {
                    depth += 1;
                } else {
                    let begins = around.path.clone();
                    let (begins, names) = begins.unwrap_or_else(|| (ident.to_string(), 0));
                    (root, depth) = (Some(begins), names);
                }
                behind_attribute = false;
                tokens.push(Token {
                    word: ident.to_string(),
                    range: ident.span().byte_range(),
                    root: root.clone(),
                    depth,
                    in_group: around.path.is_some(),
                    variant_of,
                });
            }
            TokenTree::Punct(punct) => {
                if punct.as_char() == ';' {
                    named = None;
                }
                tokens.push(Token {
                    word: punct.as_char().to_string(),
                    range: punct.span().byte_range(),
                    ..Token::default()
                });
            }
            TokenTree::Literal(literal) => {
                tokens.push(Token { range: literal.span().byte_range(), ..Token::default() })
            }
        }
    }
}
