//! Serde for types whose fields are private: a borrowed shadow to write and an owned one to read.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, Ident, Type};

use crate::{
    attributes::{literal, plain},
    field::has_natural_default,
};

/// A field as serde shall see it.
pub(crate) struct ShadowField<'f> {
    pub(crate) name: &'f Ident,
    pub(crate) ty: &'f Type,
}

/// `struct Written<'a>` with borrowed fields, to serialize.
pub(crate) fn written(name: &str, generics: &Generics, fields: &[ShadowField<'_>]) -> TokenStream {
    let rename = literal(name);
    let names = fields.iter().map(|field| field.name);
    let types = fields.iter().map(|field| field.ty);
    let params = &generics.params;
    let clause = &generics.where_clause;
    quote! {
        #[derive(::bloom_runtime::__private::serde::Serialize)]
        #[serde(crate = "::bloom_runtime::__private::serde", rename = #rename, bound = "")]
        struct Written<'written, #params> #clause { #(#names: &'written #types,)* }
    }
}

/// `struct Read` with owned fields, to deserialize.
pub(crate) fn read(name: &str, generics: &Generics, fields: &[ShadowField<'_>]) -> TokenStream {
    let rename = literal(name);
    let fields = read_fields(fields);
    let clause = &generics.where_clause;
    let params = &generics.params;
    quote! {
        #[derive(::bloom_runtime::__private::serde::Deserialize)]
        #[serde(crate = "::bloom_runtime::__private::serde", rename = #rename, bound = "")]
        struct Read<#params> #clause { #fields }
    }
}

/// The fields of a shadow to read; what has a natural default may be missing.
pub(crate) fn read_fields(fields: &[ShadowField<'_>]) -> TokenStream {
    let fields = fields.iter().map(|ShadowField { name, ty }| {
        let default = has_natural_default(ty).then(|| quote!(#[serde(default)]));
        quote!(#default #name: #ty)
    });
    quote!(#(#fields,)*)
}

/// `Serialize` and `Deserialize` of a struct with named fields that only a store may rebuild.
///
/// `constructed` is the expression for the fields that serde does not see.
pub(crate) fn for_store_only(
    ident: &Ident,
    generics: &Generics,
    fields: &[ShadowField<'_>],
    constructed: &TokenStream,
    kind: &str,
) -> TokenStream {
    let name = plain(ident);
    let written = written(&name, generics, fields);
    let read = read(&name, generics, fields);
    let (_, ty, _) = generics.split_for_impl();
    let params = &generics.params;
    let clause = &generics.where_clause;
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    let refusal = format!("{kind} `{name}` is rebuilt only by its store");
    quote! {
        const _: () = {
            #written
            #read
            #[automatically_derived]
            impl<#params> ::bloom_runtime::__private::serde::Serialize for #ident #ty #clause {
                fn serialize<__S: ::bloom_runtime::__private::serde::Serializer>(
                    &self,
                    serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    ::bloom_runtime::__private::serde::Serialize::serialize(
                        &Written { #(#names: &self.#names,)* },
                        serializer,
                    )
                }
            }
            #[automatically_derived]
            impl<'de, #params> ::bloom_runtime::__private::serde::Deserialize<'de> for #ident #ty #clause {
                fn deserialize<__D: ::bloom_runtime::__private::serde::Deserializer<'de>>(
                    deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    if !::bloom_runtime::domain::reconstitution::is_active() {
                        return ::core::result::Result::Err(
                            ::bloom_runtime::__private::serde::de::Error::custom(#refusal),
                        );
                    }
                    let read: Read #ty =
                        ::bloom_runtime::__private::serde::Deserialize::deserialize(deserializer)?;
                    ::core::result::Result::Ok(Self { #(#names: read.#names,)* #constructed })
                }
            }
        };
    }
}
