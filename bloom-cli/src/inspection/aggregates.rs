//! How the state of an aggregate is treated.

use std::collections::{BTreeMap, BTreeSet};

use syn::{
    BinOp, Expr, ExprAssign, ExprBinary, ExprMethodCall, ExprReference, Fields, ImplItem,
    ImplItemFn, Item, ItemStruct, Member, Type, Visibility, spanned::Spanned, visit::Visit,
};

use super::{
    Notes, Rule,
    source::{Source, derives, is_for_tests},
};

pub(super) fn inspect(sources: &[Source], notes: &mut Notes<'_>) {
    let mut roots: BTreeSet<String> = BTreeSet::new();
    for source in sources {
        for item in &source.file.items {
            let Item::Struct(item) = item else { continue };
            let root = derives(&item.attrs, "Aggregate");
            if root {
                roots.insert(item.ident.to_string());
            }
            if root || derives(&item.attrs, "Entity") {
                fields(source, item, notes);
            }
        }
    }
    // A type may have several blocks, in several files.
    let mut methods: BTreeMap<String, Vec<Method<'_>>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        for item in &source.file.items {
            let Item::Impl(block) = item else { continue };
            let Type::Path(path) = &*block.self_ty else { continue };
            let Some(name) = path.path.segments.last().map(|last| last.ident.to_string()) else {
                continue;
            };
            if block.trait_.is_some() || !roots.contains(&name) || is_for_tests(&block.attrs) {
                continue;
            }
            let functions = block.items.iter().filter_map(|item| match item {
                ImplItem::Fn(function) if !is_for_tests(&function.attrs) => Some(function),
                _ => None,
            });
            methods
                .entry(name)
                .or_default()
                .extend(functions.map(|function| Method::new(source, function)));
        }
    }
    for methods in methods.values() {
        changes(methods, notes);
    }
}

/// A method of an aggregate: what it sets, and which others it calls.
struct Method<'s> {
    source: &'s Source,
    name: String,
    public: bool,
    sets: Vec<(proc_macro2::Span, String)>,
    calls: Vec<String>,
}

impl<'s> Method<'s> {
    fn new(source: &'s Source, function: &ImplItemFn) -> Self {
        let mut seen = Sets::default();
        // What only reads changes nothing, whatever it calls.
        let changes = function.sig.receiver().is_some_and(|receiver| receiver.mutability.is_some());
        if changes {
            seen.visit_block(&function.block);
        }
        Self {
            source,
            name: function.sig.ident.to_string(),
            public: !matches!(function.vis, Visibility::Inherited),
            sets: seen.found,
            calls: seen.calls,
        }
    }
}

/// What is reached from outside sets nothing. A private method that `apply` alone calls is a part of it.
fn changes(methods: &[Method<'_>], notes: &mut Notes<'_>) {
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut waiting: Vec<&Method<'_>> = methods.iter().filter(|method| method.public).collect();
    while let Some(method) = waiting.pop() {
        if !reached.insert(&method.name) {
            continue;
        }
        for (at, field) in &method.sets {
            let message = format!("`{}` sets `{field}` without an event", method.name);
            notes.add(Rule::StateOutsideApply, method.source, *at, message);
        }
        waiting.extend(methods.iter().filter(|other| method.calls.contains(&other.name)));
    }
}

fn fields(source: &Source, item: &ItemStruct, notes: &mut Notes<'_>) {
    let Fields::Named(named) = &item.fields else { return };
    for field in &named.named {
        let Some(name) = &field.ident else { continue };
        if !matches!(field.vis, Visibility::Inherited) {
            let message = format!("the field `{name}` of `{}` is not private", item.ident);
            notes.add(Rule::PublicState, source, field.span(), message);
        }
        let opaque = field.attrs.iter().any(|attribute| {
            let mut found = false;
            let _ = attribute.parse_nested_meta(|meta| {
                found |= meta.path.is_ident("opaque");
                Ok(())
            });
            found
        });
        if opaque {
            let message = format!("`{name}` of `{}` cannot be asked for", item.ident);
            notes.add(Rule::OpaqueField, source, field.span(), message);
        }
    }
}

/// What a function does to fields of `self`, and which of its methods it calls.
#[derive(Default)]
struct Sets {
    found: Vec<(proc_macro2::Span, String)>,
    calls: Vec<String>,
}

/// Methods of collections that change them.
const CHANGING: [&str; 19] = [
    "append",
    "clear",
    "dedup",
    "drain",
    "extend",
    "get_or_insert_with",
    "insert",
    "iter_mut",
    "pop",
    "push",
    "push_str",
    "remove",
    "retain",
    "retain_mut",
    "sort",
    "swap",
    "take",
    "truncate",
    "values_mut",
];

/// The field of `self` that an expression is in.
fn field_of_self(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Field(field) => match (&*field.base, &field.member) {
            (Expr::Path(base), Member::Named(name)) if base.path.is_ident("self") => {
                Some(name.to_string())
            }
            (base, _) => field_of_self(base),
        },
        Expr::Index(index) => field_of_self(&index.expr),
        Expr::Paren(inner) => field_of_self(&inner.expr),
        Expr::Unary(inner) => field_of_self(&inner.expr),
        _ => None,
    }
}

impl<'ast> Visit<'ast> for Sets {
    fn visit_expr_assign(&mut self, assign: &'ast ExprAssign) {
        if let Some(field) = field_of_self(&assign.left) {
            self.found.push((assign.span(), field));
        }
        syn::visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        let assigns = matches!(
            binary.op,
            BinOp::AddAssign(_)
                | BinOp::SubAssign(_)
                | BinOp::MulAssign(_)
                | BinOp::DivAssign(_)
                | BinOp::RemAssign(_)
                | BinOp::BitAndAssign(_)
                | BinOp::BitOrAssign(_)
                | BinOp::BitXorAssign(_)
        );
        if let Some(field) = field_of_self(&binary.left).filter(|_| assigns) {
            self.found.push((binary.span(), field));
        }
        syn::visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_reference(&mut self, reference: &'ast ExprReference) {
        if let Some(field) =
            field_of_self(&reference.expr).filter(|_| reference.mutability.is_some())
        {
            self.found.push((reference.span(), field));
        }
        syn::visit::visit_expr_reference(self, reference);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("self")) {
            self.calls.push(call.method.to_string());
        }
        let changes = CHANGING.iter().any(|name| call.method == name);
        if let Some(field) = field_of_self(&call.receiver).filter(|_| changes) {
            self.found.push((call.span(), field));
        }
        syn::visit::visit_expr_method_call(self, call);
    }
}
