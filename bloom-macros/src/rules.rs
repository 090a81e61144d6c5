//! The rules of a value object's field: `#[value(chars = 3..=20)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, ExprRange, Lit, LitStr, RangeLimits, Type};

use crate::{
    attributes::Items,
    field::{inner, outer},
    problems::Problems,
};

/// What may be said of a field.
pub(crate) const KNOWN: [&str; 7] =
    ["chars", "items", "range", "email", "url", "matches", "opaque"];

/// Statements that check the expression `value`, of type `&ty`, into `check` under the name `field`.
pub(crate) fn checks(
    items: &Items,
    ty: &Type,
    value: &TokenStream,
    field: &str,
    problems: &mut Problems,
) -> TokenStream {
    if let Some(some) = inner(ty, "Option") {
        let inner = checks(items, some, &quote!(some), field, problems);
        return if inner.is_empty() {
            inner
        } else {
            quote!(if let ::core::option::Option::Some(some) = #value { #inner })
        };
    }
    if let Some(item) = inner(ty, "Vec") {
        let count = items.value::<ExprRange>("items", "1..=50", problems).map(|range| {
            impossible(&range, problems);
            include(field, &quote!(::bloom_runtime::domain::rules::items(#value, #range)))
        });
        let each = scalar_checks(
            items,
            item,
            &quote!(item),
            &quote!(&::std::format!("{}[{}]", #field, index)),
            problems,
        );
        let each = (!each.is_empty())
            .then(|| quote!(for (index, item) in #value.iter().enumerate() { #each }));
        return quote!(#count #each);
    }
    if let Some(item) = items.get("items") {
        problems.at(&item.key, "`items` counts the items of a `Vec`; for a text write `chars`");
    }
    scalar_checks(items, ty, value, &field.to_token_stream(), problems)
}

fn scalar_checks(
    items: &Items,
    ty: &Type,
    value: &TokenStream,
    field: &TokenStream,
    problems: &mut Problems,
) -> TokenStream {
    let rules = quote!(::bloom_runtime::domain::rules);
    let is_text = outer(ty).as_deref() == Some("String");
    let is_number = outer(ty).is_some_and(|name| {
        matches!(
            name.as_str(),
            "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "f64" | "Decimal"
        )
    });
    let mut calls = Vec::new();
    for item in items.iter() {
        let key = item.key.to_string();
        let fits = match key.as_str() {
            "chars" | "email" | "url" | "matches" => is_text,
            "range" => is_number,
            _ => continue,
        };
        if !fits {
            let wanted = if key == "range" { "a number" } else { "a `String`" };
            problems.at(
                &item.key,
                format!("`{key}` is a rule for {wanted}; remove it or change the type"),
            );
            continue;
        }
        match key.as_str() {
            "chars" | "range" => {
                let example = if key == "chars" { "1..=100" } else { "1..=9" };
                let Some(range) = items.value::<ExprRange>(&key, example, problems) else {
                    continue;
                };
                impossible(&range, problems);
                calls.push(if key == "chars" {
                    quote!(#rules::chars(#value, #range))
                } else if outer(ty).as_deref() == Some("Decimal") {
                    let range = decimal_range(&range);
                    quote!(#rules::range(#value, #range))
                } else {
                    quote!(#rules::range(#value, #range))
                });
            }
            "matches" => {
                if let Some(pattern) = items.value::<LitStr>("matches", "\"^[A-Z]{3}$\"", problems)
                {
                    calls.push(quote!(#rules::matches(#value, #pattern)));
                }
            }
            _ => {
                if items.flag(&key, problems) {
                    let rule = &item.key;
                    calls.push(quote!(#rules::#rule(#value)));
                }
            }
        }
    }
    if calls.is_empty() && is_text {
        calls.push(quote!(#rules::no_nul(#value)));
    }
    if matches!(outer(ty).as_deref(), Some("f64")) {
        calls.push(quote!(#rules::finite(*#value)));
    }
    let calls = calls.iter().map(|call| include_at(field, call));
    quote!(#(#calls)*)
}

fn include(field: &str, call: &TokenStream) -> TokenStream {
    include_at(&field.to_token_stream(), call)
}

fn include_at(field: &TokenStream, call: &TokenStream) -> TokenStream {
    quote!(check.field(#field, #call);)
}

/// The range with its ends as decimals.
fn decimal_range(range: &ExprRange) -> TokenStream {
    let end = |end: &Option<Box<Expr>>| {
        end.as_ref().map(|end| quote!(::bloom_runtime::domain::Decimal::from(#end)))
    };
    let (start, limits, end) = (end(&range.start), &range.limits, end(&range.end));
    quote!(#start #limits #end)
}

/// Says so when no value can lie in the range.
fn impossible(range: &ExprRange, problems: &mut Problems) {
    let number = |end: &Option<Box<Expr>>| match end.as_deref() {
        Some(Expr::Lit(lit)) => match &lit.lit {
            Lit::Int(int) => int.base10_parse::<i128>().ok(),
            _ => None,
        },
        _ => None,
    };
    if let (Some(low), Some(high)) = (number(&range.start), number(&range.end)) {
        let empty = match range.limits {
            RangeLimits::HalfOpen(_) => low >= high,
            RangeLimits::Closed(_) => low > high,
        };
        if empty {
            problems.at(range, "nothing lies in this range; swap its ends");
        }
    }
}
