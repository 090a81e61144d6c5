//! `#[derive(ValueObject)]` on enums of unit variants.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Fields, ext::IdentExt};

use crate::{
    attributes::{Items, literal, plain, snake},
    comparison,
    problems::Problems,
};

pub(crate) fn derive(
    input: &DeriveInput,
    data: &DataEnum,
    problems: &mut Problems,
) -> Option<TokenStream> {
    let ident = &input.ident;
    if data.variants.is_empty() {
        problems.at(ident, "an enum without variants has no values; add one");
    }
    if !input.generics.params.is_empty() {
        problems.at(&input.generics, "an enum of unit variants has no generics; remove them");
    }
    let mut names = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            problems.at(
                &variant.fields,
                "a value object's variants carry no data; make this a struct with an optional field",
            );
        }
        let items = Items::read(&variant.attrs, "value", &[], problems);
        let text =
            items.text.as_ref().map_or_else(|| snake(&variant.ident.unraw()), syn::LitStr::value);
        if texts.contains(&text) {
            problems
                .at(variant, format!("two variants are written `{text}`; name one differently"));
        }
        names.push(&variant.ident);
        texts.push(text);
    }

    let texts: Vec<_> = texts.iter().map(|text| literal(text)).collect();
    let debug_names = names.iter().map(|name| plain(name));
    let serde = quote!(::bloom_runtime::__private::serde);
    let comparable = comparison::variants(ident);
    let count = names.len();
    Some(quote! {
        #comparable
        impl #ident {
            /// Every variant, in order.
            #[allow(dead_code)]
            pub const ALL: [Self; #count] = [#(Self::#names),*];

            /// The text that stands for it in JSON and in stores.
            #[must_use]
            #[allow(dead_code)]
            pub const fn as_str(&self) -> &'static str {
                match self { #(Self::#names => #texts),* }
            }
        }
        #[automatically_derived]
        impl ::core::clone::Clone for #ident {
            fn clone(&self) -> Self { *self }
        }
        #[automatically_derived]
        impl ::core::marker::Copy for #ident {}
        #[automatically_derived]
        impl ::core::cmp::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool {
                ::core::mem::discriminant(self) == ::core::mem::discriminant(other)
            }
        }
        #[automatically_derived]
        impl ::core::cmp::Eq for #ident {}
        #[automatically_derived]
        impl ::core::hash::Hash for #ident {
            fn hash<__H: ::core::hash::Hasher>(&self, state: &mut __H) {
                ::core::hash::Hash::hash(&::core::mem::discriminant(self), state)
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(match self { #(Self::#names => #debug_names),* })
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { f.pad(self.as_str()) }
        }
        #[automatically_derived]
        impl ::core::str::FromStr for #ident {
            type Err = ::bloom_runtime::domain::Invalid;
            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                match text {
                    #(#texts => ::core::result::Result::Ok(Self::#names),)*
                    _ => ::core::result::Result::Err(
                        ::bloom_runtime::domain::rules::unknown_variant(text, &[#(#texts),*]),
                    ),
                }
            }
        }
        #[automatically_derived]
        impl #serde::Serialize for #ident {
            fn serialize<__S: #serde::Serializer>(&self, serializer: __S)
                -> ::core::result::Result<__S::Ok, __S::Error> { serializer.serialize_str(self.as_str()) }
        }
        #[automatically_derived]
        impl<'de> #serde::Deserialize<'de> for #ident {
            fn deserialize<__D: #serde::Deserializer<'de>>(deserializer: __D)
                -> ::core::result::Result<Self, __D::Error>
            {
                let text: ::std::borrow::Cow<'de, str> = #serde::Deserialize::deserialize(deserializer)?;
                text.parse().map_err(|_| {
                    #serde::de::Error::unknown_variant(&text, &[#(#texts),*])
                })
            }
        }
        #[automatically_derived]
        impl ::bloom_runtime::domain::ValueObject for #ident {}
        #[automatically_derived]
        impl<__A: ?::core::marker::Sized> ::bloom_runtime::domain::MemberOf<__A> for #ident {}
        #[automatically_derived]
        impl ::bloom_runtime::domain::PartOfValue for #ident {}
        #[automatically_derived]
        impl ::bloom_runtime::domain::Shaped for #ident {
            fn shape(_: &mut ::bloom_runtime::domain::Within) -> ::bloom_runtime::domain::Shape {
                ::bloom_runtime::domain::Shape::OneOf(::std::vec![#(#texts),*])
            }
        }
        #[automatically_derived]
        impl ::bloom_runtime::domain::Queryable for #ident {
            type Tokens<__R> = ::bloom_runtime::domain::Field<__R, Self>;
            fn tokens<__R>(path: ::bloom_runtime::domain::FieldPath) -> Self::Tokens<__R> {
                ::bloom_runtime::domain::Field::new(path)
            }
        }
    })
}
