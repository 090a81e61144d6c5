//! `#[derive(DomainError)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Fields, Ident, LitStr, Variant};

use crate::{
    attributes::{Items, plain},
    problems::Problems,
};

const KINDS: [(&str, &str); 8] = [
    ("validation", "Validation"),
    ("rule", "Rule"),
    ("not_found", "NotFound"),
    ("conflict", "Conflict"),
    ("stale", "Stale"),
    ("forbidden", "Forbidden"),
    ("unavailable", "Unavailable"),
    ("internal", "Internal"),
];

pub(crate) fn derive(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let ident = &input.ident;
    let Data::Enum(data) = &input.data else {
        problems.at(
            ident,
            format!("the errors of a domain are an enum; write `enum {} {{ .. }}`", plain(ident)),
        );
        return None;
    };
    if !input.generics.params.is_empty() {
        problems.at(&input.generics, "a domain error has no generics; write the types out");
    }
    let arms: Vec<Arm> =
        data.variants.iter().filter_map(|variant| arm(variant, problems)).collect();
    let names: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    let bindings: Vec<Vec<&Ident>> = data
        .variants
        .iter()
        .map(|variant| variant.fields.iter().filter_map(|field| field.ident.as_ref()).collect())
        .collect();

    let kinds = arms.iter().map(|Arm { ident, kind, .. }| quote!(Self::#ident { .. } => ::bloom_runtime::domain::ErrorKind::#kind));
    let codes = arms.iter().map(|Arm { ident, code, .. }| quote!(Self::#ident { .. } => #code));
    let messages = arms.iter().map(|Arm { ident, fields, message, .. }| {
        quote!(Self::#ident { #(#fields),* } => ::core::write!(__formatter, #message))
    });
    let debugs = names.iter().zip(&bindings).map(|(name, fields)| {
        let (text, texts) = (plain(name), fields.iter().map(|field| plain(field)));
        quote!(Self::#name { #(#fields),* } => __formatter.debug_struct(#text)#(.field(#texts, #fields))*.finish())
    });
    let clones = names.iter().zip(&bindings).map(|(name, fields)| {
        quote!(Self::#name { #(#fields),* } => Self::#name { #(#fields: ::core::clone::Clone::clone(#fields)),* })
    });
    let equals = names.iter().zip(&bindings).map(|(name, fields)| {
        let others: Vec<_> = (0..fields.len()).map(|index| format_ident!("other{index}")).collect();
        quote!((Self::#name { #(#fields),* }, Self::#name { #(#fields: #others),* }) => true #(&& #fields == #others)*)
    });
    let different = (names.len() > 1).then(|| quote!(_ => false,));
    // A reference to an enum without variants still needs an arm.
    let none = names.is_empty().then(|| quote!(_ => match *self {},));
    let none_equal = names.is_empty().then(|| quote!(_ => match *self {},));
    Some(quote! {
        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            #[allow(unused_variables)]
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { match self { #(#messages,)* #none } }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            #[allow(unused_variables)]
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { match self { #(#debugs,)* #none } }
        }
        #[automatically_derived]
        impl ::core::clone::Clone for #ident {
            fn clone(&self) -> Self { match self { #(#clones,)* #none } }
        }
        #[automatically_derived]
        impl ::core::cmp::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool { match (self, other) { #(#equals,)* #different #none_equal } }
        }
        #[automatically_derived]
        impl ::core::error::Error for #ident {}
        #[automatically_derived]
        impl ::bloom_runtime::domain::Classified for #ident {
            fn kind(&self) -> ::bloom_runtime::domain::ErrorKind { match self { #(#kinds,)* #none } }
            fn code(&self) -> &str { match self { #(#codes,)* #none } }
            fn innermost(&self) -> &(dyn ::core::error::Error + ::core::marker::Send + ::core::marker::Sync + 'static) { self }
        }
        #[automatically_derived]
        impl ::bloom_runtime::domain::DomainError for #ident {}
    })
}

struct Arm {
    ident: Ident,
    kind: Ident,
    code: LitStr,
    message: LitStr,
    fields: Vec<Ident>,
}

fn arm(variant: &Variant, problems: &mut Problems) -> Option<Arm> {
    const FORM: &str =
        "add `#[error(kind = rule, code = \"order.no_lines\", \"order {id} has no lines\")]`";
    if !variant.attrs.iter().any(|attribute| attribute.path().is_ident("error")) {
        problems.at(&variant.ident, format!("an error has a kind, a code and a message; {FORM}"));
        return None;
    }
    let items = Items::read(&variant.attrs, "error", &["kind", "code"], problems);
    let kind = items.value::<Ident>("kind", "rule", problems);
    let code = items.value::<LitStr>("code", "\"order.no_lines\"", problems);
    for key in ["kind", "code"] {
        if items.get(key).is_none() {
            problems.at(&variant.ident, format!("the `{key}` is missing; {FORM}"));
        }
    }
    if items.text.is_none() {
        problems.at(&variant.ident, format!("the message is missing; {FORM}"));
    }
    if let Fields::Unnamed(fields) = &variant.fields {
        problems.at(
            fields,
            "the fields of an error have names, which its message uses; write `{ name: Type }`",
        );
        return None;
    }
    let kind = kind.and_then(|kind| {
        let known = KINDS.iter().find(|(name, _)| kind == name);
        if known.is_none() {
            let names = KINDS.map(|(name, _)| format!("`{name}`")).join(", ");
            problems.at(&kind, format!("there is no kind `{kind}`; choose one of {names}"));
        }
        known.map(|(_, variant)| Ident::new(variant, kind.span()))
    });
    let fields = variant.fields.iter().filter_map(|field| field.ident.clone()).collect();
    Some(Arm {
        ident: variant.ident.clone(),
        kind: kind?,
        code: code?,
        message: items.text?,
        fields,
    })
}
