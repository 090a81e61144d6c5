//! Reading `#[aggregate(id, event = OrderEvent)]`: flags and `key = value` pairs.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Ident, LitStr, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use crate::problems::Problems;

/// One `key`, `key = value`, or a bare string.
pub(crate) struct Item {
    pub(crate) key: Ident,
    pub(crate) value: Option<TokenStream>,
}

/// The items of all attributes of one name on one place.
pub(crate) struct Items {
    items: Vec<Item>,
    pub(crate) text: Option<LitStr>,
}

struct Parsed {
    items: Vec<Item>,
    text: Option<LitStr>,
}

impl Parse for Parsed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut items = Vec::new();
        let mut text = None;
        while !input.is_empty() {
            if input.peek(LitStr) {
                text = Some(input.parse()?);
            } else {
                let key = input.call(Ident::parse_any)?;
                let value = if input.peek(Token![=]) {
                    input.parse::<Token![=]>()?;
                    Some(until_comma(input)?)
                } else {
                    None
                };
                items.push(Item { key, value });
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Self { items, text })
    }
}

fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut value = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        value.extend([input.parse::<proc_macro2::TokenTree>()?]);
    }
    if value.is_empty() {
        return Err(input.error("expected a value after `=`"));
    }
    Ok(value)
}

impl Items {
    /// The items of the attributes called `name`; whatever is not among `known` is a problem.
    pub(crate) fn read(
        attributes: &[Attribute],
        name: &str,
        known: &[&str],
        problems: &mut Problems,
    ) -> Self {
        let mut all = Self { items: Vec::new(), text: None };
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
            let Some(parsed) = problems.keep(attribute.parse_args::<Parsed>()) else { continue };
            for item in parsed.items {
                let key = item.key.to_string();
                if !known.contains(&key.as_str()) {
                    let known = known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
                    problems.at(
                        &item.key,
                        format!("`{name}` has no `{key}`; it knows {}", known.join(", ")),
                    );
                } else if all.get(&key).is_some() {
                    problems.at(&item.key, format!("`{key}` is given twice; remove one"));
                } else {
                    all.items.push(item);
                }
            }
            all.text = all.text.or(parsed.text);
        }
        all
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.key == key)
    }

    /// Whether the flag is there.
    pub(crate) fn flag(&self, key: &str, problems: &mut Problems) -> bool {
        let Some(item) = self.get(key) else { return false };
        if let Some(value) = &item.value {
            problems.at(value, format!("`{key}` takes no value; write `{key}` alone"));
        }
        true
    }

    /// The value of `key`, parsed as `T`.
    pub(crate) fn value<T: Parse>(
        &self,
        key: &str,
        example: &str,
        problems: &mut Problems,
    ) -> Option<T> {
        let item = self.get(key)?;
        let Some(value) = &item.value else {
            problems.at(&item.key, format!("`{key}` needs a value: `{key} = {example}`"));
            return None;
        };
        match syn::parse2(value.clone()) {
            Ok(value) => Some(value),
            Err(_) => {
                problems.at(value, format!("this does not fit `{key}`; write `{key} = {example}`"));
                None
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.items.iter()
    }
}

/// The paths of `#[handles(A, B)]`.
pub(crate) fn paths(attribute: &Attribute, problems: &mut Problems) -> Vec<syn::Path> {
    problems
        .keep(attribute.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated))
        .map(|paths| paths.into_iter().collect())
        .unwrap_or_default()
}

/// The name without `r#`.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `OrderLine` as `order_line`.
pub(crate) fn snake(ident: &Ident) -> String {
    let mut snake = String::new();
    let name = plain(ident);
    let chars: Vec<char> = name.chars().collect();
    for (index, &c) in chars.iter().enumerate() {
        let starts_word = c.is_uppercase()
            && index > 0
            && (chars[index - 1].is_lowercase()
                || chars[index - 1].is_numeric()
                || chars.get(index + 1).is_some_and(|next| next.is_lowercase()));
        if starts_word {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// A string literal at the macro's call.
pub(crate) fn literal(text: &str) -> LitStr {
    LitStr::new(text, Span::call_site())
}
