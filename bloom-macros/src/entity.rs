//! `#[derive(Entity)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Path};

use crate::{
    attributes::{Items, plain},
    field::getter,
    problems::Problems,
    shadow::{ShadowField, for_store_only},
    shape,
    tokens::{TokenField, tokens},
};

pub(crate) fn derive(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let ident = &input.ident;
    let name = plain(ident);
    let items = Items::read(&input.attrs, "entity", &["root"], problems);
    let root = items.value::<Path>("root", "Order", problems);
    if items.get("root").is_none() {
        problems
            .at(ident, "an entity belongs to one aggregate; add `#[entity(root = TheAggregate)]`");
    }
    let Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) = &input.data else {
        problems.at(
            ident,
            format!("an entity is a struct with named fields; write `struct {name} {{ .. }}`"),
        );
        return None;
    };

    let mut id = None;
    let mut token_fields = Vec::new();
    for field in &fields.named {
        let Some(field_name) = &field.ident else { continue };
        if !matches!(field.vis, syn::Visibility::Inherited) {
            problems.at(
                &field.vis,
                "an entity's fields are private, so that only its methods change them; remove this",
            );
        }
        let items = Items::read(&field.attrs, "entity", &["id", "opaque"], problems);
        let opaque = items.flag("opaque", problems);
        if items.flag("id", problems) {
            if id.is_some() {
                problems.at(field, "an entity has one id; remove `#[entity(id)]` here");
            }
            id = Some(field);
        }
        token_fields.push(TokenField { name: field_name, ty: &field.ty, opaque });
    }
    let Some(id) = id else {
        problems.at(ident, "an entity has an identity; mark its field with `#[entity(id)]`");
        return None;
    };
    let (root, id_name, id_type) = (root?, id.ident.as_ref()?, &id.ty);

    let (impl_generics, ty, clause) = input.generics.split_for_impl();
    let root_path = quote!(#root);
    let shape = shape::of_fields(
        &token_fields.iter().map(|field| plain(field.name)).collect::<Vec<_>>(),
        token_fields.iter().map(|field| shape::of_member(&root_path, field.ty, field.opaque)),
    );
    let shadows: Vec<_> =
        token_fields.iter().map(|field| ShadowField { name: field.name, ty: field.ty }).collect();
    let serde = for_store_only(ident, &input.generics, &shadows, &TokenStream::new(), "entity");
    let public = syn::parse_quote!(pub);
    let getters = token_fields.iter().filter(|field| field.name != id_name).map(|field| {
        let name = field.name;
        getter(&public, name, &quote!(self.#name), field.ty)
    });
    let tokens = tokens(&input.vis, ident, &input.generics, &token_fields);
    let names: Vec<_> = token_fields.iter().map(|field| field.name).collect();
    let texts = names.iter().map(|name| plain(name));
    Some(quote! {
        impl #impl_generics #ident #ty #clause { #(#getters)* }
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::domain::Shaped for #ident #ty #clause {
            fn shape(within: &mut ::bloom_runtime::domain::Within) -> ::bloom_runtime::domain::Shape {
                within.enter::<Self>(|within| #shape)
            }
        }
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::domain::Entity for #ident #ty #clause {
            type Id = #id_type;
            type Root = #root;
            fn id(&self) -> &Self::Id { &self.#id_name }
        }
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::domain::MemberOf<#root> for #ident #ty #clause {}
        #[automatically_derived]
        impl #impl_generics ::core::clone::Clone for #ident #ty #clause {
            fn clone(&self) -> Self { Self { #(#names: ::core::clone::Clone::clone(&self.#names)),* } }
        }
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #ident #ty #clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name)#(.field(#texts, &self.#names))*.finish()
            }
        }
        #[automatically_derived]
        impl #impl_generics ::core::cmp::PartialEq for #ident #ty #clause {
            fn eq(&self, other: &Self) -> bool { self.#id_name == other.#id_name }
        }
        #[automatically_derived]
        impl #impl_generics ::core::cmp::Eq for #ident #ty #clause {}
        #[automatically_derived]
        impl #impl_generics ::core::hash::Hash for #ident #ty #clause {
            fn hash<__H: ::core::hash::Hasher>(&self, state: &mut __H) {
                ::core::hash::Hash::hash(&self.#id_name, state)
            }
        }
        #serde
        #tokens
    })
}
