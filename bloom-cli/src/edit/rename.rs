//! Other names in a file that people have edited: identifiers alone, so that texts, comments and what is stored stay.

mod tokens;

use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;

use self::tokens::{Token, flatten};
use super::{SyntaxError, outline};

/// What is called otherwise from now on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Types, which are told by their spelling wherever they stand.
    pub(crate) types: HashMap<String, String>,
    /// Modules and the functions in them, which are told by a path that begins in the project.
    pub(crate) words: HashMap<String, String>,
    /// Methods. Others may have methods of the same name, so they are told by the file alone.
    pub(crate) methods: HashMap<String, String>,
    /// Variants, by the type they belong to.
    pub(crate) variants: HashMap<String, HashMap<String, String>>,
    /// How tests call the project.
    pub(crate) package: String,
}

/// A call that may be of a method which is called otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) line: usize,
    pub(crate) method: String,
}

impl Names {
    /// The text of a Rust file with the names that count from now on. In an `own` file, one of what is renamed, methods
    /// are its methods.
    pub(crate) fn text(&self, text: &str, own: bool) -> Result<String, SyntaxError> {
        // Most files never name it, and parsing takes longer than looking.
        let mut names = self.types.keys().chain(self.words.keys()).chain(self.methods.keys());
        let in_variants = || self.variants.values().flat_map(HashMap::keys);
        if !names.any(|name| text.contains(name)) && !in_variants().any(|name| text.contains(name))
        {
            return Ok(text.to_owned());
        }
        let tokens = read(text)?;
        let mut renamed = String::with_capacity(text.len());
        let mut at = 0;
        for (index, token) in tokens.iter().enumerate() {
            if let Some(to) = self.name(&tokens, index, own) {
                renamed.push_str(&text[at..token.range.start]);
                renamed.push_str(&crate::request::name::identifier(to));
                at = token.range.end;
            }
        }
        renamed.push_str(&text[at..]);
        Ok(renamed)
    }

    /// The calls in a file of somebody else that may mean a method which is called otherwise.
    pub(crate) fn doubts(&self, text: &str) -> Result<Vec<Doubt>, SyntaxError> {
        if !self.methods.keys().any(|name| text.contains(name)) {
            return Ok(Vec::new());
        }
        let tokens = read(text)?;
        let mut doubts = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            let plain = token.plain();
            if self.methods.contains_key(plain)
                && is_call(&tokens, index)
                && self.name(&tokens, index, false).is_none()
            {
                let line = text[..token.range.start].matches('\n').count() + 1;
                doubts.push(Doubt { line, method: plain.to_owned() });
            }
        }
        Ok(doubts)
    }

    /// What an identifier is called from now on; `None` when it stays.
    fn name(&self, tokens: &[Token], index: usize, own: bool) -> Option<&String> {
        let token = &tokens[index];
        let plain = token.plain();
        let before =
            |distance: usize| index.checked_sub(distance).map_or("", |at| &tokens[at].word);
        let after = |distance: usize| tokens.get(index + distance).map_or("", |next| &next.word);
        let behind_path = before(1) == ":" && before(2) == ":";
        // `OrderKind::Order` and what stands in `enum OrderKind { .. }` are variants.
        let owner = match &token.variant_of {
            Some(owner) => Some(owner.as_str()),
            None if behind_path => Some(before(3)).filter(|word| is_type(word)),
            None => None,
        };
        if let Some(owner) = owner {
            return self.variants.get(owner)?.get(plain);
        }
        if let Some(to) = self.types.get(plain) {
            return Some(to);
        }
        let in_path = behind_path || token.in_group || after(1) == ":" && after(2) == ":";
        if let Some(to) = self.words.get(plain) {
            let root = token.root.as_deref().unwrap_or_default();
            // Directly below the crate stand contexts, which may be called like an aggregate.
            let inside = ["self", "super"].contains(&root) && token.depth > 0
                || ["crate", self.package.as_str()].contains(&root) && token.depth > 1;
            let begins = token.depth == 0 && !token.in_group && own;
            let declared = own && matches!(before(1), "mod" | "fn");
            if in_path && (inside || begins) || declared {
                return Some(to);
            }
        }
        let to = self.methods.get(plain)?;
        let known = own || before(2) == "uow";
        let declared = own && before(1) == "fn";
        (declared || known && is_call(tokens, index)).then_some(to)
    }
}

/// Where a file names one of these types: the line, and which.
pub(crate) fn mentions(text: &str, types: &HashSet<String>) -> Vec<(usize, String)> {
    if !types.iter().any(|name| text.contains(name)) {
        return Vec::new();
    }
    let Ok(tokens) = read(text) else { return Vec::new() };
    let mut found: Vec<(usize, String)> = Vec::new();
    for token in tokens.iter().filter(|token| types.contains(token.plain())) {
        if found.iter().all(|(_, name)| name != token.plain()) {
            let line = text[..token.range.start].matches('\n').count() + 1;
            found.push((line, token.plain().to_owned()));
        }
    }
    found
}

fn read(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let stream: TokenStream = text.parse().map_err(|_| {
        // Parsed as a file the mistake has a place.
        outline::syntax(text).err().unwrap_or(SyntaxError {
            line: 1,
            column: 1,
            message: "this is not Rust".to_owned(),
        })
    })?;
    let mut tokens = Vec::new();
    flatten(stream, None, &mut tokens);
    Ok(tokens)
}

/// `.word(`
fn is_call(tokens: &[Token], index: usize) -> bool {
    let before = index.checked_sub(1).map_or("", |at| &tokens[at].word);
    let after = tokens.get(index + 1).map_or("", |next| &next.word);
    before == "." && after == "("
}

fn is_type(word: &str) -> bool {
    word.starts_with(|sign: char| sign.is_uppercase()) && word != "Self"
}

/// Names that mean one thing each.
pub(crate) fn pairs<'n>(
    from: impl IntoIterator<Item = &'n String>,
    to: impl IntoIterator<Item = &'n String>,
) -> HashMap<String, String> {
    let mut seen = HashSet::new();
    let pairs = from.into_iter().zip(to).filter(|(from, to)| from != to);
    pairs
        .filter(|(from, _)| seen.insert(from.as_str()))
        .map(|(from, to)| (from.clone(), to.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{Doubt, Names};

    fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
    }

    fn names() -> Names {
        Names {
            types: map(&[
                ("Order", "Purchase"),
                ("OrderId", "PurchaseId"),
                ("OrderError", "PurchaseError"),
            ]),
            words: map(&[("order", "purchase"), ("orders", "purchases"), ("time", "moment")]),
            methods: map(&[("orders", "purchases"), ("place", "submit")]),
            variants: HashMap::from([(
                "OrderError".to_owned(),
                map(&[("CannotPlace", "CannotSubmit")]),
            )]),
            package: "shop".to_owned(),
        }
    }

    #[test]
    fn names_are_changed_and_texts_are_not() {
        let text = r#"
// An Order is an order.
use std::{time::Duration, collections::{orders, HashMap}};
use crate::shop::{domain::{Order, order::OrderId}, ports::orders};
use shop::{shop::order as _, order as _};
enum Kind { Order, #[x] Credit, OrderId(OrderId) }
fn f(order: Order, other: OrderLine) -> Vec<OrderId> {
    let text = "an Order: order.placed";
    uow.orders().get(order.order, "orders");
    customer.orders().place(Kind::Order);
    order.order.id(text, OrderError::CannotPlace, time::now(), std::time::now())
}
"#;
        let expected = r#"
// An Order is an order.
use std::{time::Duration, collections::{orders, HashMap}};
use crate::shop::{domain::{Purchase, purchase::PurchaseId}, ports::purchases};
use shop::{shop::purchase as _, order as _};
enum Kind { Order, #[x] Credit, OrderId(PurchaseId) }
fn f(order: Purchase, other: OrderLine) -> Vec<PurchaseId> {
    let text = "an Order: order.placed";
    uow.purchases().get(order.order, "orders");
    customer.orders().place(Kind::Order);
    order.order.id(text, PurchaseError::CannotSubmit, time::now(), std::time::now())
}
"#;
        assert_eq!(names().text(text, false).expect("it is Rust"), expected);
        assert_eq!(
            names().doubts(text).expect("it is Rust"),
            ["orders", "place"].map(|method| Doubt { line: 10, method: method.to_owned() })
        );
        assert!(names().text("fn Order(", false).is_err());
    }

    #[test]
    fn in_its_own_file_methods_and_modules_are_its_own() {
        let text = "mod order;\nuse order::Order;\nfn place() { self.place(); order.place }\n";
        let expected =
            "mod purchase;\nuse purchase::Purchase;\nfn submit() { self.submit(); order.place }\n";
        assert_eq!(names().text(text, true).expect("it is Rust"), expected);
    }
}
