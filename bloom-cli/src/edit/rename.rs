//! Other names in a file that people have edited: identifiers alone, so that texts, comments and what is stored stay.

use std::{collections::HashMap, ops::Range};

use proc_macro2::{TokenStream, TokenTree};

use super::{SyntaxError, outline};

/// What is called otherwise from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Types, which are told by their spelling wherever they stand.
    pub(crate) types: HashMap<String, String>,
    /// Modules and functions, which are told by their place as well: a variable may have the same name.
    pub(crate) words: HashMap<String, String>,
}

impl Names {
    /// Notes a type and what goes by its name.
    pub(crate) fn add_type(&mut self, from: &str, to: &str) {
        if from != to {
            self.types.insert(from.to_owned(), to.to_owned());
        }
    }

    pub(crate) fn add_word(&mut self, from: &str, to: &str) {
        if from != to {
            self.words.insert(from.to_owned(), to.to_owned());
        }
    }

    /// Where a file is from now on: a file or folder that is called like a module is called like it still.
    pub(crate) fn path(&self, path: &str) -> String {
        let renamed = path.split('/').map(|part| {
            let (stem, end) = part.rsplit_once('.').unwrap_or((part, ""));
            match self.words.get(stem) {
                Some(to) if end.is_empty() => to.clone(),
                Some(to) if end == "rs" => format!("{to}.{end}"),
                _ => part.to_owned(),
            }
        });
        renamed.collect::<Vec<_>>().join("/")
    }

    /// The text of a Rust file with the names that count from now on.
    pub(crate) fn text(&self, text: &str) -> Result<String, SyntaxError> {
        let stream: TokenStream = text.parse().map_err(|_| {
            // Parsed as a file the mistake has a place.
            outline::syntax(text).err().unwrap_or(SyntaxError {
                line: 1,
                column: 1,
                message: "this is not Rust".to_owned(),
            })
        })?;
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        let mut renamed = String::with_capacity(text.len());
        let mut at = 0;
        for (index, (word, range)) in tokens.iter().enumerate() {
            let neighbour = |distance: isize| {
                let index = index.checked_add_signed(distance);
                index.and_then(|index| tokens.get(index)).map_or("", |(word, _)| word.as_str())
            };
            let plain = word.strip_prefix("r#").unwrap_or(word);
            let in_path = neighbour(-1) == ":" && neighbour(-2) == ":"
                || neighbour(1) == ":" && neighbour(2) == ":"
                || matches!(neighbour(-1), "mod" | "fn")
                || neighbour(-1) == "." && neighbour(1) == "(";
            let to = match self.types.get(plain) {
                Some(to) => Some(to),
                None => self.words.get(plain).filter(|_| in_path),
            };
            if let Some(to) = to {
                renamed.push_str(&text[at..range.start]);
                renamed.push_str(&crate::request::name::identifier(to));
                at = range.end;
            }
        }
        renamed.push_str(&text[at..]);
        Ok(renamed)
    }
}

/// Every token with its place; brackets are tokens, too.
fn flatten(stream: TokenStream, tokens: &mut Vec<(String, Range<usize>)>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                tokens.push(("(".to_owned(), group.span_open().byte_range()));
                flatten(group.stream(), tokens);
                tokens.push((")".to_owned(), group.span_close().byte_range()));
            }
            TokenTree::Ident(ident) => tokens.push((ident.to_string(), ident.span().byte_range())),
            TokenTree::Punct(punct) => {
                tokens.push((punct.as_char().to_string(), punct.span().byte_range()));
            }
            TokenTree::Literal(literal) => {
                tokens.push((String::new(), literal.span().byte_range()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn names_are_changed_and_texts_are_not() {
        let mut names = Names::default();
        names.add_type("Order", "Purchase");
        names.add_type("OrderId", "PurchaseId");
        names.add_word("order", "purchase");
        names.add_word("orders", "purchases");
        let text = r#"
// An Order is an order.
use crate::shop::{domain::{Order, order::OrderId}, ports::orders};
mod order;
fn f(order: Order, other: OrderLine) -> Vec<OrderId> {
    let text = "an Order: order.placed";
    uow.orders().get(order.order, "orders");
    order.order.id(text)
}
"#;
        let expected = r#"
// An Order is an order.
use crate::shop::{domain::{Purchase, purchase::PurchaseId}, ports::purchases};
mod purchase;
fn f(order: Purchase, other: OrderLine) -> Vec<PurchaseId> {
    let text = "an Order: order.placed";
    uow.purchases().get(order.order, "orders");
    order.order.id(text)
}
"#;
        assert_eq!(names.text(text).expect("it is Rust"), expected);
        assert_eq!(names.path("src/shop/domain/order/mod.rs"), "src/shop/domain/purchase/mod.rs");
        assert_eq!(names.path("src/shop/ports/orders.rs"), "src/shop/ports/purchases.rs");
        assert_eq!(names.path("migrations/0001_orders.sql"), "migrations/0001_orders.sql");
        assert!(names.text("fn (").is_err());
    }
}
