//! `#[derive(DomainEvent)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, Ident, LitInt, LitStr, Type, Variant, spanned::Spanned};

use crate::{
    attributes::{Items, plain},
    problems::Problems,
    shadow::{ShadowField, read_fields},
};

struct Event<'v> {
    ident: &'v Ident,
    name: LitStr,
    revision: u32,
    fields: Vec<(&'v Ident, &'v Type)>,
    parts: Vec<&'v Type>,
}

pub(crate) fn derive(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let ident = &input.ident;
    let Data::Enum(data) = &input.data else {
        problems.at(
            ident,
            format!(
                "the events of an aggregate are an enum; write `enum {} {{ .. }}`",
                plain(ident)
            ),
        );
        return None;
    };
    if !input.generics.params.is_empty() {
        problems.at(
            &input.generics,
            "events have no generics; write the types out, so that what is stored is plain",
        );
    }
    let events: Vec<Event<'_>> =
        data.variants.iter().filter_map(|variant| event(variant, problems)).collect();
    for (index, event) in events.iter().enumerate() {
        if events[..index].iter().any(|other| other.name.value() == event.name.value()) {
            problems.at(
                &event.name,
                "another event has this stored name; choose one that says what happened",
            );
        }
    }

    let parts = events.iter().flat_map(|event| &event.parts).map(|part| {
        quote_spanned!(part.span()=> ::bloom_runtime::domain::assert_part_of_value::<#part>();)
    });
    let types = events.iter().map(|Event { name, revision, .. }| {
        quote!(::bloom_runtime::domain::EventType { name: #name, revision: #revision })
    });
    let names = events.iter().map(|Event { ident, name, .. }| quote!(Self::#ident { .. } => #name));
    let revisions =
        events.iter().map(|Event { ident, revision, .. }| quote!(Self::#ident { .. } => #revision));
    let written = events.iter().map(|Event { ident, fields, .. }| {
        let (names, types): (Vec<_>, Vec<_>) = fields.iter().copied().unzip();
        quote!(#ident { #(#names: &'written #types),* })
    });
    let write = events.iter().map(|Event { ident, fields, .. }| {
        let names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
        quote!(Self::#ident { #(#names),* } => Written::#ident { #(#names),* })
    });
    let read = events.iter().map(|Event { ident, name, revision, fields, .. }| {
        let names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
        let shadows: Vec<_> = fields.iter().map(|&(name, ty)| ShadowField { name, ty }).collect();
        let shadow = read_fields(&shadows);
        quote! {
            (#name, #revision) => {
                #[derive(::bloom_runtime::__private::serde::Deserialize)]
                #[serde(crate = "::bloom_runtime::__private::serde", rename = #name)]
                struct Read { #shadow }
                let Read { #(#names),* } = ::bloom_runtime::__private::decode_body(name, revision, body)?;
                ::core::result::Result::Ok(Self::#ident { #(#names),* })
            }
        }
    });
    let clones = events.iter().map(|Event { ident, fields, .. }| {
        let names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
        quote!(Self::#ident { #(#names),* } => Self::#ident { #(#names: ::core::clone::Clone::clone(#names)),* })
    });
    let debugs = events.iter().map(|Event { ident, fields, .. }| {
        let names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
        let texts = names.iter().map(|name| plain(name));
        let text = plain(ident);
        quote!(Self::#ident { #(#names),* } => __formatter.debug_struct(#text)#(.field(#texts, #names))*.finish())
    });
    let equals = events.iter().map(|Event { ident, fields, .. }| {
        let names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
        let others: Vec<_> = (0..names.len()).map(|index| quote::format_ident!("other{index}")).collect();
        quote!((Self::#ident { #(#names),* }, Self::#ident { #(#names: #others),* }) => true #(&& #names == #others)*)
    });
    let different = (events.len() > 1).then(|| quote!(_ => false,));
    Some(quote! {
        const _: () = {
            #[allow(dead_code)]
            fn parts() { #(#parts)* }

            #[derive(::bloom_runtime::__private::serde::Serialize)]
            #[serde(crate = "::bloom_runtime::__private::serde", untagged)]
            enum Written<'written> {
                #(#written,)*
                #[allow(dead_code)]
                __Never(::core::marker::PhantomData<&'written ()>),
            }

            #[automatically_derived]
            impl ::bloom_runtime::domain::DomainEvent for #ident {
                const TYPES: &'static [::bloom_runtime::domain::EventType] = &[#(#types),*];
                fn name(&self) -> &'static str { match self { #(#names),* } }
                fn revision(&self) -> u32 { match self { #(#revisions),* } }
                fn to_body(&self) -> ::bloom_runtime::__private::JsonResult<::std::string::String> {
                    ::bloom_runtime::__private::to_text(&match self { #(#write),* })
                }
                fn from_body(
                    name: &str,
                    revision: u32,
                    body: &str,
                ) -> ::core::result::Result<Self, ::bloom_runtime::domain::DecodeError> {
                    match (name, revision) {
                        #(#read)*
                        _ => ::core::result::Result::Err(
                            ::bloom_runtime::__private::unknown_event::<Self>(name, revision),
                        ),
                    }
                }
            }
        };
        #[automatically_derived]
        impl ::core::clone::Clone for #ident {
            fn clone(&self) -> Self { match self { #(#clones),* } }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { match self { #(#debugs),* } }
        }
        #[automatically_derived]
        impl ::core::cmp::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool { match (self, other) { #(#equals,)* #different } }
        }
    })
}

fn event<'v>(variant: &'v Variant, problems: &mut Problems) -> Option<Event<'v>> {
    let items = Items::read(&variant.attrs, "event", &["name", "rev"], problems);
    let revision = items.value::<LitInt>("rev", "1", problems);
    let revision = revision.map_or(Some(1), |lit| problems.keep(lit.base10_parse::<u32>()));
    let name = items.value::<LitStr>("name", "\"order.placed\"", problems);
    if items.get("name").is_none() {
        problems.at(
            &variant.ident,
            "an event has a stored name that outlives the code; add `#[event(name = \"order.placed\", rev = 1)]`",
        );
    }
    if let Some(name) = &name
        && (name.value().is_empty()
            || name.value().chars().any(|c| !(c.is_alphanumeric() || "._-".contains(c))))
    {
        problems.at(name, "a stored name is made of letters, digits, `.`, `_` and `-`");
    }
    let mut parts = Vec::new();
    let fields = match &variant.fields {
        Fields::Unit => Vec::new(),
        Fields::Named(fields) => fields
            .named
            .iter()
            .filter_map(|field| {
                let items = Items::read(&field.attrs, "event", &["opaque"], problems);
                if !items.flag("opaque", problems) {
                    parts.push(&field.ty);
                }
                Some((field.ident.as_ref()?, &field.ty))
            })
            .collect(),
        Fields::Unnamed(fields) => {
            problems.at(fields, "the fields of an event have names, which are what is stored; write `{ name: Type }`");
            return None;
        }
    };
    Some(Event { ident: &variant.ident, name: name?, revision: revision?, fields, parts })
}
