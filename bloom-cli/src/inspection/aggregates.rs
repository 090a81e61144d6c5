//! How the state of an aggregate is treated.

use std::collections::BTreeSet;

use syn::{
    BinOp, Expr, ExprAssign, ExprBinary, ExprMethodCall, Fields, ImplItem, Item, ItemStruct,
    Member, Type, Visibility, spanned::Spanned, visit::Visit,
};

use super::{
    Notes, Rule,
    source::{Source, derives, is_for_tests},
};

pub(super) fn inspect(source: &Source, notes: &mut Notes<'_>) {
    let structs: Vec<&ItemStruct> = source
        .file
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Struct(item) => Some(item),
            _ => None,
        })
        .collect();
    let mut roots: BTreeSet<String> = BTreeSet::new();
    for item in &structs {
        let root = derives(&item.attrs, "Aggregate");
        if root {
            roots.insert(item.ident.to_string());
        }
        if root || derives(&item.attrs, "Entity") {
            fields(source, item, notes);
        }
    }
    for item in &source.file.items {
        let Item::Impl(block) = item else { continue };
        let of_root = matches!(&*block.self_ty, Type::Path(path)
            if path.path.segments.last().is_some_and(|last| roots.contains(&last.ident.to_string())));
        if block.trait_.is_some() || !of_root {
            continue;
        }
        for item in &block.items {
            let ImplItem::Fn(function) = item else { continue };
            if is_for_tests(&function.attrs) {
                continue;
            }
            let mut sets = Sets { found: Vec::new() };
            sets.visit_block(&function.block);
            for (at, field) in sets.found {
                let name = &function.sig.ident;
                let message = format!("`{name}` sets `{field}` without an event");
                notes.add(Rule::StateOutsideApply, source, at, message);
            }
        }
    }
}

fn fields(source: &Source, item: &ItemStruct, notes: &mut Notes<'_>) {
    let Fields::Named(named) = &item.fields else { return };
    for field in &named.named {
        let Some(name) = &field.ident else { continue };
        if matches!(field.vis, Visibility::Public(_)) {
            let message = format!("the field `{name}` of `{}` is public", item.ident);
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

/// What a function does to fields of `self`.
struct Sets {
    found: Vec<(proc_macro2::Span, String)>,
}

/// Methods of collections that change them.
const CHANGING: [&str; 14] = [
    "append", "clear", "dedup", "drain", "extend", "insert", "pop", "push", "remove", "replace",
    "retain", "sort", "take", "truncate",
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

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let changes = CHANGING.iter().any(|name| call.method == name);
        if let Some(field) = field_of_self(&call.receiver).filter(|_| changes) {
            self.found.push((call.span(), field));
        }
        syn::visit::visit_expr_method_call(self, call);
    }
}
