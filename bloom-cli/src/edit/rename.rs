//! Other names in a file that people have edited: identifiers and the links of doc comments alone, so that texts, other comments and
//! what is stored stay.

use std::collections::{HashMap, HashSet};

use super::{
    SyntaxError,
    tokens::{Token, is_type, tokens},
};

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
    /// What it is called as a module or a variable.
    pub(crate) subject: String,
    /// How tests call the project.
    pub(crate) package: String,
}

/// What a file is to what is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kin {
    /// Somebody else's.
    Other,
    /// Somebody else's test, in a crate of its own.
    Test,
    /// One that people wrote, in a folder of what is renamed.
    Own,
    /// One that Bloom wrote for it.
    Planned,
}

/// A call that may be of a method which is called otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) line: usize,
    pub(crate) method: String,
}

impl Names {
    /// The text of a Rust file with the names that count from now on.
    pub(crate) fn text(&self, text: &str, kin: Kin) -> Result<String, SyntaxError> {
        // Most files never name it, and parsing takes longer than looking.
        let mut names = self.types.keys().chain(self.words.keys()).chain(self.methods.keys());
        let in_variants = || self.variants.values().flat_map(HashMap::keys);
        if !names.any(|name| text.contains(name)) && !in_variants().any(|name| text.contains(name))
        {
            return Ok(text.to_owned());
        }
        let tokens = tokens(text)?;
        let mut renamed = String::with_capacity(text.len());
        let (mut at, mut in_code) = (0, false);
        for (index, token) in tokens.iter().enumerate() {
            let written = &text[token.range.clone()];
            // A doc comment is an attribute of which every token stands where the comment does.
            if written.starts_with("//") || written.starts_with("/*") {
                if at <= token.range.start {
                    renamed.push_str(&text[at..token.range.start]);
                    // What stands between fences is code, which nobody follows.
                    in_code ^= written.matches("```").count() % 2 == 1;
                    let links = if in_code { None } else { Some(self.in_links(written, kin)) };
                    renamed.push_str(links.as_deref().unwrap_or(written));
                    at = token.range.end;
                }
            } else {
                // The end of the attribute lies in the comment.
                in_code &= token.range.start < at;
                let Some(to) = self.name(&tokens, index, kin) else { continue };
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
        let tokens = tokens(text)?;
        let mut doubts = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            let plain = token.plain();
            if self.methods.contains_key(plain)
                && is_call(&tokens, index)
                && self.name(&tokens, index, Kin::Other).is_none()
            {
                let line = text[..token.range.start].matches('\n').count() + 1;
                doubts.push(Doubt { line, method: plain.to_owned() });
            }
        }
        Ok(doubts)
    }

    /// What an identifier is called from now on; `None` when it stays.
    fn name(&self, tokens: &[Token], index: usize, kin: Kin) -> Option<&String> {
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
        let own = matches!(kin, Kin::Own | Kin::Planned);
        let root = token.root.as_deref().unwrap_or_default();
        let has_prefix = behind_path || token.in_group;
        if let Some(to) = self.types.get(plain) {
            // A path that begins elsewhere leads to somebody else's type of that name.
            const LAYERS: [&str; 8] =
                ["crate", "self", "super", "domain", "ports", "application", "adapters", "http"];
            let is_ours =
                LAYERS.contains(&root) || root == self.package || self.words.contains_key(root);
            return Some(to).filter(|_| !has_prefix || is_ours);
        }
        if let Some(to) = self.words.get(plain) {
            // Directly below the crate stand contexts, which may be called like an aggregate.
            let inside = if kin == Kin::Test {
                root == self.package && token.depth > 1
            } else {
                ["self", "super"].contains(&root) && token.depth > 0
                    || ["crate", self.package.as_str()].contains(&root) && token.depth > 1
            };
            let in_path = has_prefix || after(1) == ":" && after(2) == ":";
            let begins = token.depth == 0 && !token.in_group && own;
            // Modules are declared in files of either kind, use cases as functions in those of Bloom alone.
            let declared = own && before(1) == "mod"
                || kin == Kin::Planned && before(1) == "fn" && plain != self.subject;
            if in_path && (inside || begins) || declared {
                return Some(to);
            }
        }
        let to = self.methods.get(plain)?;
        let known =
            before(2) == "uow" || own && ["self", self.subject.as_str()].contains(&before(2));
        let declared = own && before(1) == "fn";
        (declared || known && is_call(tokens, index)).then_some(to)
    }
}

/// Where a file names one of these types: the line, and which.
pub(crate) fn mentions(text: &str, types: &HashSet<String>, package: &str) -> Vec<(usize, String)> {
    if !types.iter().any(|name| text.contains(name)) {
        return Vec::new();
    }
    let Ok(tokens) = tokens(text) else { return Vec::new() };
    let is_outside = |token: &&Token| {
        let root = token.root.as_deref().unwrap_or_default();
        token.depth > 0 && !is_type(root) && !["crate", "self", "super", package].contains(&root)
    };
    // A name that is brought in from elsewhere is somebody else's.
    let foreign: HashSet<&str> = tokens.iter().filter(is_outside).map(Token::plain).collect();
    let mut found: Vec<(usize, String)> = Vec::new();
    let named = tokens
        .iter()
        .filter(|token| types.contains(token.plain()) && !foreign.contains(token.plain()));
    for token in named {
        if found.iter().all(|(_, name)| name != token.plain()) {
            let line = text[..token.range.start].matches('\n').count() + 1;
            found.push((line, token.plain().to_owned()));
        }
    }
    found
}

/// `.word(`
fn is_call(tokens: &[Token], index: usize) -> bool {
    let before = index.checked_sub(1).map_or("", |at| &tokens[at].word);
    let after = tokens.get(index + 1).map_or("", |next| &next.word);
    before == "." && after == "("
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

    use super::{Doubt, Kin, Names};

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
            words: map(&[
                ("order", "purchase"),
                ("orders", "purchases"),
                ("time", "moment"),
                ("place_order", "place_purchase"),
            ]),
            methods: map(&[("orders", "purchases"), ("place", "submit")]),
            variants: HashMap::from([(
                "OrderError".to_owned(),
                map(&[("CannotPlace", "CannotSubmit")]),
            )]),
            subject: "order".to_owned(),
            package: "shop".to_owned(),
        }
    }

    #[test]
    fn names_are_changed_and_texts_are_not() {
        let text = r#"
// An Order is an order.
use std::{time::Duration, collections::{orders, HashMap}};
use sea_query::{Order as Sorting, types::Order};
use crate::shop::{domain::{Order, order::OrderId}, ports::orders};
use shop::{shop::order as _, order as _};
use crate::kinds::{Kind::{self, Order as It}, Plain};
enum Kind<T> where T: Into<Order> { Order, #[x] Credit(T), OrderId(OrderId) }
fn f(order: Order, other: OrderLine) -> Vec<OrderId> {
    let text = "an Order: order.placed";
    uow.orders().get(order.order, "orders");
    customer.orders().place(Kind::Order, Self::Order, sea_query::Order::Asc);
    order.order.id(text, OrderError::CannotPlace, time::now(), std::time::now())
}
"#;
        let expected = r#"
// An Order is an order.
use std::{time::Duration, collections::{orders, HashMap}};
use sea_query::{Order as Sorting, types::Order};
use crate::shop::{domain::{Purchase, purchase::PurchaseId}, ports::purchases};
use shop::{shop::purchase as _, order as _};
use crate::kinds::{Kind::{self, Order as It}, Plain};
enum Kind<T> where T: Into<Purchase> { Order, #[x] Credit(T), OrderId(PurchaseId) }
fn f(order: Purchase, other: OrderLine) -> Vec<PurchaseId> {
    let text = "an Order: order.placed";
    uow.purchases().get(order.order, "orders");
    customer.orders().place(Kind::Order, Self::Order, sea_query::Order::Asc);
    order.order.id(text, PurchaseError::CannotSubmit, time::now(), std::time::now())
}
"#;
        assert_eq!(names().text(text, Kin::Other).expect("it is Rust"), expected);
        assert_eq!(
            names().doubts(text).expect("it is Rust"),
            ["orders", "place"].map(|method| Doubt { line: 12, method: method.to_owned() })
        );
        assert!(names().text("fn Order(", Kin::Other).is_err());
    }

    #[test]
    fn in_its_own_files_modules_and_methods_are_its_own() {
        let text = "mod order;\nuse order::Order;\nfn place() { self.place(); all.place(); order.place }\nfn place_order() {}\nfn order() {}\n";
        let own = "mod purchase;\nuse purchase::Purchase;\nfn submit() { self.submit(); all.place(); order.place }\nfn place_order() {}\nfn order() {}\n";
        assert_eq!(names().text(text, Kin::Own).expect("it is Rust"), own);
        let planned = own.replace("fn place_order", "fn place_purchase");
        assert_eq!(names().text(text, Kin::Planned).expect("it is Rust"), planned);
    }

    #[test]
    fn links_lead_to_what_is_called_otherwise() {
        let text = "//! [`Order`], [Order] of [ours](crate::shop::domain::order::Order) and [`orders`][crate::shop::orders].\n\
            /// [`Order::place`] or [`Order::place()`] may fail with [`OrderError::CannotPlace`]; an Order `Order` [of Order] stays.\n\
            struct A; // [`Order`]\n/** [`Line::place`] [`Order`] */\nconst TEXT: &str = \"/// [`Order`]\"; // OrderError\n";
        let expected = "//! [`Purchase`], [Purchase] of [ours](crate::shop::domain::purchase::Purchase) and [`orders`][crate::shop::purchases].\n\
            /// [`Purchase::submit`] or [`Purchase::submit()`] may fail with [`PurchaseError::CannotSubmit`]; an Order `Order` [of Order] stays.\n\
            struct A; // [`Order`]\n/** [`Line::place`] [`Purchase`] */\nconst TEXT: &str = \"/// [`Order`]\"; // OrderError\n";
        assert_eq!(names().text(text, Kin::Other).expect("it is Rust"), expected);
    }

    #[test]
    fn links_are_followed_to_where_they_lead() {
        for (link, renamed) in [
            ("[`super::order::Order::place`]", "[`super::purchase::Purchase::submit`]"),
            ("[`Self::place`] [`domain::Order`]", "[`Self::submit`] [`domain::Purchase`]"),
            (
                "[`Order`]: crate::shop::domain::order::Order",
                "[`Purchase`]: crate::shop::domain::purchase::Purchase",
            ),
            ("[that]: Order", "[that]: Purchase"),
            ("[Order](https://schema.org/Order)", "[Order](https://schema.org/Order)"),
            (
                "[`Order`](sea_query::Order), [`Order`][sea_query::Order]",
                "[`Order`](sea_query::Order), [`Order`][sea_query::Order]",
            ),
            ("[struct@Order] [`fn@Order::place`]", "[struct@Purchase] [`fn@Purchase::submit`]"),
            (
                "[x](Order#fields) [x](<Order>) [`Order<T>`] [`shop::shop::domain::Order`]",
                "[x](Purchase#fields) [x](<Purchase>) [`Purchase<T>`] [`shop::shop::domain::Purchase`]",
            ),
            ("[é] [ ] [a [`Order`] [`Order`", "[é] [ ] [a [`Purchase`] [`Order`"),
            (
                "```\n/// let x = [Order];\n/// ```\n/// [Order]",
                "```\n/// let x = [Order];\n/// ```\n/// [Purchase]",
            ),
        ] {
            let file = |link: &str| {
                format!(
                    "/// {link}\nstruct A;\n/// ```\nstruct B;\n/// [`{}`]\nstruct C;\n",
                    "OrderId"
                )
            };
            let expected = format!(
                "/// {renamed}\nstruct A;\n/// ```\nstruct B;\n/// [`PurchaseId`]\nstruct C;\n"
            );
            assert_eq!(names().text(&file(link), Kin::Own).expect("it is Rust"), expected);
        }
    }

    #[test]
    fn in_tests_the_crate_is_the_test() {
        let text = "use super::order;\nuse crate::http::order as _;\nuse shop::shop::domain::order::OrderId;\n";
        let expected = "use super::order;\nuse crate::http::order as _;\nuse shop::shop::domain::purchase::PurchaseId;\n";
        assert_eq!(names().text(text, Kin::Test).expect("it is Rust"), expected);
    }
}
