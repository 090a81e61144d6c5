//! The outline of a Rust file: its items, and what is inside of them, each with a key and a place.

use std::ops::Range;

use quote::ToTokens;
use syn::{Block, Expr, ImplItem, Item, Stmt, TraitItem, spanned::Spanned};

use super::SyntaxError;

/// A piece of a file that can be compared, replaced, or be what another piece is put after.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// What it is, in words that stay the same when its content changes.
    pub(super) key: String,
    /// Where it is, with its attributes, the comments directly above it, and the comma after it.
    pub(super) range: Range<usize>,
    /// What is inside, when that can be merged piece by piece.
    pub(super) inside: Option<Inside>,
    /// The names that a `use` brings in.
    pub(super) uses: Option<syn::UseTree>,
}

/// Pieces in a row.
#[derive(Debug, Clone)]
pub(super) struct Inside {
    pub(super) nodes: Vec<Node>,
    pub(super) separator: Separator,
}

/// What stands between two pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Nothing,
    Comma,
}

/// A whole file, or where it is not Rust.
pub(super) fn syntax(text: &str) -> Result<syn::File, SyntaxError> {
    syn::parse_file(text).map_err(|error| {
        if let Some(line) = text.lines().position(|line| line.starts_with("<<<<<<< ")) {
            let message = "two versions stand between here and `>>>>>>>`; choose one".to_owned();
            return SyntaxError { line: line + 1, column: 1, message };
        }
        let start = error.span().start();
        SyntaxError { line: start.line, column: start.column + 1, message: error.to_string() }
    })
}

/// The outline of a whole file.
pub(super) fn parse(text: &str) -> Result<Inside, SyntaxError> {
    let file = syntax(text)?;
    let outline = Outline { text };
    Ok(outline.row(file.items.iter().map(|item| outline.item(item)).collect(), Separator::Nothing))
}

struct Outline<'t> {
    text: &'t str,
}

impl Outline<'_> {
    /// Gives nodes of the same key a number.
    fn row(&self, mut nodes: Vec<Node>, separator: Separator) -> Inside {
        for index in 1..nodes.len() {
            let (before, rest) = nodes.split_at_mut(index);
            let same = before
                .iter()
                .filter(|other| other.key.split(" #").next() == Some(&rest[0].key))
                .count();
            if same > 0 {
                rest[0].key = format!("{} #{same}", rest[0].key);
            }
        }
        Inside { nodes, separator }
    }

    fn node(
        &self,
        key: impl Into<String>,
        syntax: &(impl ToTokens + Spanned),
        inside: Option<Inside>,
    ) -> Node {
        Node { key: key.into(), range: self.extent(syntax.span().byte_range()), inside, uses: None }
    }

    /// The range with the comments directly above and a comma behind.
    fn extent(&self, range: Range<usize>) -> Range<usize> {
        let mut start = range.start;
        loop {
            let line = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
            if line == 0 || !self.text[line..start].trim().is_empty() {
                break;
            }
            let above = self.text[..line - 1].rfind('\n').map_or(0, |newline| newline + 1);
            let comment = self.text[above..line - 1].trim_start();
            if !comment.starts_with("//") || comment.starts_with("//!") {
                break;
            }
            start = above + (self.text[above..].len() - self.text[above..].trim_start().len());
        }
        let mut end = range.end;
        let rest = &self.text[end..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\n']).len();
        if rest[blank..].starts_with(',') {
            end += blank + 1;
        }
        start..end
    }

    fn item(&self, item: &Item) -> Node {
        let name = |kind: &str, ident: &syn::Ident| format!("{kind} {ident}");
        match item {
            Item::Mod(item) => {
                let inside = item.content.as_ref().map(|(_, items)| {
                    self.row(items.iter().map(|item| self.item(item)).collect(), Separator::Nothing)
                });
                self.node(name("mod", &item.ident), item, inside)
            }
            Item::Use(item) => {
                let mut node =
                    self.node(format!("use {}", super::uses::stem(&item.tree)), item, None);
                node.uses = Some(item.tree.clone());
                node
            }
            Item::Struct(item) => {
                let inside =
                    matches!(item.fields, syn::Fields::Named(_)).then(|| self.fields(&item.fields));
                self.node(name("struct", &item.ident), item, inside)
            }
            Item::Enum(item) => {
                let variants = item.variants.iter().map(|variant| {
                    let inside = matches!(variant.fields, syn::Fields::Named(_))
                        .then(|| self.fields(&variant.fields));
                    self.node(variant.ident.to_string(), variant, inside)
                });
                let inside = self.row(variants.collect(), Separator::Comma);
                self.node(name("enum", &item.ident), item, Some(inside))
            }
            Item::Impl(item) => {
                let of = item
                    .trait_
                    .as_ref()
                    .map(|(path, _)| format!("{} for ", path.to_token_stream()))
                    .unwrap_or_default();
                let nodes = item.items.iter().map(|inner| match inner {
                    ImplItem::Fn(function) => {
                        self.function(&function.sig, function, &function.block)
                    }
                    ImplItem::Const(constant) => {
                        self.node(name("const", &constant.ident), constant, None)
                    }
                    ImplItem::Type(alias) => self.node(name("type", &alias.ident), alias, None),
                    other => self.node(other.to_token_stream().to_string(), other, None),
                });
                let inside = self.row(nodes.collect(), Separator::Nothing);
                self.node(
                    format!("impl {of}{}", item.self_ty.to_token_stream()),
                    item,
                    Some(inside),
                )
            }
            Item::Trait(item) => {
                let nodes = item.items.iter().map(|inner| match inner {
                    TraitItem::Fn(function) => {
                        self.node(name("fn", &function.sig.ident), function, None)
                    }
                    other => self.node(other.to_token_stream().to_string(), other, None),
                });
                let inside = self.row(nodes.collect(), Separator::Nothing);
                self.node(name("trait", &item.ident), item, Some(inside))
            }
            Item::Fn(item) => self.function(&item.sig, item, &item.block),
            Item::Const(item) => self.node(name("const", &item.ident), item, None),
            Item::Static(item) => self.node(name("static", &item.ident), item, None),
            Item::Type(item) => self.node(name("type", &item.ident), item, None),
            other => self.node(other.to_token_stream().to_string(), other, None),
        }
    }

    fn fields(&self, fields: &syn::Fields) -> Inside {
        let nodes = fields.iter().map(|field| {
            let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            self.node(name, field, None)
        });
        self.row(nodes.collect(), Separator::Comma)
    }

    /// A function: all before its body, then each statement.
    fn function(
        &self,
        signature: &syn::Signature,
        whole: &(impl ToTokens + Spanned),
        block: &Block,
    ) -> Node {
        let range = self.extent(whole.span().byte_range());
        let body = block.span().byte_range();
        let head = Node {
            key: "the signature".into(),
            range: range.start..body.start,
            inside: None,
            uses: None,
        };
        let mut nodes = vec![head];
        nodes.extend(block.stmts.iter().map(|statement| self.statement(statement)));
        let inside = self.row(nodes, Separator::Nothing);
        Node { key: format!("fn {}", signature.ident), range, inside: Some(inside), uses: None }
    }

    fn statement(&self, statement: &Stmt) -> Node {
        match statement {
            Stmt::Local(local) => {
                let inside = local.init.as_ref().and_then(|init| self.expression(&init.expr));
                self.node(format!("let {}", local.pat.to_token_stream()), statement, inside)
            }
            Stmt::Item(item) => self.item(item),
            Stmt::Expr(expression, _) => {
                self.node(expression_key(expression), statement, self.expression(expression))
            }
            Stmt::Macro(_) => self.node(statement.to_token_stream().to_string(), statement, None),
        }
    }

    /// The pieces of an expression that grows: the arms of a match, the fields of a struct, the calls of a chain.
    fn expression(&self, expression: &Expr) -> Option<Inside> {
        match expression {
            Expr::Match(expression) => {
                let arms = expression.arms.iter().map(|arm| {
                    let pattern = arm.pat.to_token_stream().to_string();
                    let key = pattern.split('{').next().unwrap_or_default().trim().to_owned();
                    self.node(key, arm, self.expression(&arm.body))
                });
                Some(self.row(arms.collect(), Separator::Comma))
            }
            Expr::Struct(expression) => {
                let fields = expression.fields.iter().map(|field| {
                    self.node(
                        field.member.to_token_stream().to_string(),
                        field,
                        self.expression(&field.expr),
                    )
                });
                Some(self.row(fields.collect(), Separator::Comma))
            }
            Expr::MethodCall(_) => Some(self.chain(expression)),
            Expr::Block(block) => {
                let statements =
                    block.block.stmts.iter().map(|statement| self.statement(statement));
                Some(self.row(statements.collect(), Separator::Nothing))
            }
            Expr::Call(call) if call.args.len() == 1 => self.expression(&call.args[0]),
            Expr::Try(inner) => self.expression(&inner.expr),
            Expr::Await(inner) => self.expression(&inner.base),
            Expr::Reference(inner) => self.expression(&inner.expr),
            _ => None,
        }
    }

    /// `receiver.one().two()`: the receiver, then each call.
    fn chain(&self, expression: &Expr) -> Inside {
        let mut links = Vec::new();
        let mut current = expression;
        while let Expr::MethodCall(call) = current {
            let receiver_end = call.receiver.span().byte_range().end;
            let end = call.span().byte_range().end;
            let start = receiver_end + self.text[receiver_end..end].find('.').unwrap_or_default();
            let turbofish =
                call.turbofish.as_ref().map(|turbofish| turbofish.to_token_stream().to_string());
            let first =
                call.args.first().filter(|first| matches!(first, Expr::Lit(_) | Expr::Call(_)));
            let key = format!(
                ".{}{}({})",
                call.method,
                turbofish.unwrap_or_default(),
                first.map(|first| first.to_token_stream().to_string()).unwrap_or_default()
            );
            links.push(Node { key, range: start..end, inside: None, uses: None });
            current = &call.receiver;
        }
        links.push(Node {
            key: "the receiver".into(),
            range: current.span().byte_range(),
            inside: None,
            uses: None,
        });
        links.reverse();
        self.row(links, Separator::Nothing)
    }
}

fn expression_key(expression: &Expr) -> String {
    match expression {
        Expr::Match(expression) => format!("match {}", expression.expr.to_token_stream()),
        Expr::Call(call) => format!("{}(..)", call.func.to_token_stream()),
        Expr::Struct(expression) => format!("{} {{ .. }}", expression.path.to_token_stream()),
        Expr::MethodCall(_) => {
            let mut current = expression;
            while let Expr::MethodCall(call) = current {
                current = &call.receiver;
            }
            format!("{}..", current.to_token_stream())
        }
        other => other.to_token_stream().to_string(),
    }
}
