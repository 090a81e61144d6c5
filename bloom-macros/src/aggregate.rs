//! `#[derive(Aggregate)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Field, Fields, Ident, LitStr, Path};

use crate::{
    attributes::{Items, literal, plain, snake},
    field::{getter, inner, is_personal},
    problems::Problems,
    shadow::{ShadowField, for_store_only},
    shape,
    tokens::{TokenField, tokens},
};

/// A field whose value only one aggregate may have, and the error that says so.
struct Unique<'f> {
    field: &'f Field,
    name: &'f Ident,
    error: Path,
}

pub(crate) fn derive(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let ident = &input.ident;
    let name = plain(ident);
    let items = Items::read(&input.attrs, "aggregate", &["event", "name"], problems);
    let event = items.value::<Path>("event", "OrderEvent", problems);
    if items.get("event").is_none() {
        problems.at(
            ident,
            format!("an aggregate names its events; add `#[aggregate(event = {name}Event)]`"),
        );
    }
    let stored = items.value::<LitStr>("name", "\"order\"", problems);
    let stored = stored.unwrap_or_else(|| literal(&snake(ident)));
    let Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) = &input.data else {
        problems.at(
            ident,
            format!("an aggregate is a struct with named fields; write `struct {name} {{ .. }}`"),
        );
        return None;
    };

    let (mut id, mut changes) = (None, None);
    let mut uniques = Vec::new();
    let mut state: Vec<TokenField<'_>> = Vec::new();
    for field in &fields.named {
        let Some(field_name) = &field.ident else { continue };
        if !matches!(field.vis, syn::Visibility::Inherited) {
            problems.at(&field.vis, "an aggregate's fields are private, so that only its methods change them; remove this");
        }
        let items = Items::read(
            &field.attrs,
            "aggregate",
            &["id", "changes", "opaque", "unique"],
            problems,
        );
        if items.flag("changes", problems) {
            if changes.replace(field_name).is_some() {
                problems.at(field, "an aggregate has one `Changes`; remove this");
            }
            continue;
        }
        if items.flag("id", problems) && id.replace(field).is_some() {
            problems.at(field, "an aggregate has one id; remove `#[aggregate(id)]` here");
        }
        if let Some(error) = items.value::<Path>("unique", "CustomerError::EmailTaken", problems) {
            uniques.push(Unique { field, name: field_name, error });
        }
        let opaque = items.flag("opaque", problems);
        state.push(TokenField { name: field_name, ty: &field.ty, opaque });
    }
    if id.is_none() {
        problems.at(ident, "an aggregate has an identity; mark its field with `#[aggregate(id)]`");
    }
    if changes.is_none() {
        problems.at(
            ident,
            format!("an aggregate keeps its new events; add `#[aggregate(changes)] changes: Changes<{name}Event>`"),
        );
    }
    let (id, changes, event) = (id?, changes?, event?);
    let (id_name, id_type) = (id.ident.as_ref()?, &id.ty);

    let generics = &input.generics;
    let (impl_generics, ty, clause) = generics.split_for_impl();
    let root = quote!(#ident #ty);
    let shape = shape::of_fields(
        &state.iter().map(|field| plain(field.name)).collect::<Vec<_>>(),
        state.iter().map(|field| shape::of_member(&root, field.ty, field.opaque)),
    );
    let shadows: Vec<_> =
        state.iter().map(|field| ShadowField { name: field.name, ty: field.ty }).collect();
    let fresh = quote!(#changes: ::bloom_runtime::domain::Changes::new(),);
    let serde = for_store_only(ident, generics, &shadows, &fresh, "aggregate");
    let public = syn::parse_quote!(pub);
    let getters = state.iter().filter(|field| field.name != id_name).map(|field| {
        let name = field.name;
        getter(&public, name, &quote!(self.#name), field.ty)
    });
    let tokens = tokens(&input.vis, ident, generics, &state);
    let unique_names = uniques.iter().map(|unique| plain(unique.name));
    let unique_keys = uniques.iter().map(unique_key);
    let names: Vec<_> = state.iter().map(|field| field.name).collect();
    let texts = names.iter().map(|name| plain(name));
    let unbegun = format!("`{name}::start` was given an event from which `begin` makes nothing");
    Some(quote! {
        impl #impl_generics #ident #ty #clause {
            /// Applies an event and notes it for the store.
            #[allow(dead_code)]
            fn raise(&mut self, event: #event) {
                ::bloom_runtime::EventSourced::apply(self, &event);
                self.#changes.push(event);
            }

            /// Begins a new aggregate with its first event.
            #[allow(dead_code)]
            fn start(event: #event) -> Self {
                let mut state = <Self as ::bloom_runtime::EventSourced>::begin(&event).expect(#unbegun);
                state.#changes.push(event);
                state
            }

            /// The tokens from which specifications are built.
            #[must_use]
            #[allow(dead_code)]
            pub fn fields() -> <Self as ::bloom_runtime::domain::Queryable>::Tokens<Self> {
                <Self as ::bloom_runtime::domain::Queryable>::tokens(::bloom_runtime::domain::FieldPath::root())
            }

            #(#getters)*
        }
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::__private::Sealed for #ident #ty #clause {}
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::domain::Aggregate for #ident #ty #clause {
            type Id = #id_type;
            type Event = #event;
            const NAME: &'static str = #stored;
            const UNIQUE: &'static [::bloom_runtime::domain::UniqueKeyDefinition] =
                &[#(::bloom_runtime::domain::UniqueKeyDefinition { field: #unique_names }),*];
            fn id(&self) -> &Self::Id { &self.#id_name }
            fn changes(&self) -> &::bloom_runtime::domain::Changes<Self::Event> { &self.#changes }
            fn flush_events(&mut self) -> ::std::vec::Vec<Self::Event> { self.#changes.flush() }
            fn unique_keys(&self) -> ::std::vec::Vec<::bloom_runtime::domain::UniqueKey> {
                ::std::vec![#(#unique_keys),*]
            }
            fn shape() -> ::bloom_runtime::domain::Shape {
                let mut within = ::bloom_runtime::domain::Within::default();
                within.enter::<Self>(|within| #shape)
            }
            fn to_document(&self) -> ::bloom_runtime::__private::JsonResult<::bloom_runtime::domain::Json> {
                ::bloom_runtime::__private::to_json(self)
            }
            fn from_document(
                body: &str,
                version: ::bloom_runtime::domain::Version,
            ) -> ::bloom_runtime::__private::JsonResult<Self> {
                let mut state: Self = ::bloom_runtime::__private::from_json(body)?;
                state.#changes = ::bloom_runtime::domain::Changes::since(version);
                ::core::result::Result::Ok(state)
            }
            fn moved_to(mut self, version: ::bloom_runtime::domain::Version) -> Self {
                self.#changes = ::bloom_runtime::domain::Changes::since(version);
                self
            }
            fn fold(
                state: ::core::option::Option<Self>,
                events: impl ::core::iter::IntoIterator<Item = Self::Event>,
            ) -> ::core::option::Option<Self> {
                ::bloom_runtime::domain::fold_events(state, events, |mut state: Self, version| {
                    state.#changes = ::bloom_runtime::domain::Changes::since(version);
                    state
                })
            }
        }
        #[automatically_derived]
        impl #impl_generics ::core::clone::Clone for #ident #ty #clause {
            fn clone(&self) -> Self {
                Self { #(#names: ::core::clone::Clone::clone(&self.#names),)* #changes: ::core::clone::Clone::clone(&self.#changes) }
            }
        }
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #ident #ty #clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name)
                    #(.field(#texts, &self.#names))*
                    .field("version", &self.#changes.version())
                    .finish()
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

fn unique_key(unique: &Unique<'_>) -> TokenStream {
    let Unique { field, name, error } = unique;
    let text = plain(name);
    let value = if inner(&field.ty, "Option").is_some_and(is_personal) {
        quote!(self.#name.as_ref().and_then(|some| some.known()).and_then(::bloom_runtime::__private::key))
    } else if inner(&field.ty, "Option").is_some() {
        quote!(self.#name.as_ref().and_then(::bloom_runtime::__private::key))
    } else if is_personal(&field.ty) {
        quote!(self.#name.known().and_then(::bloom_runtime::__private::key))
    } else {
        quote!(::bloom_runtime::__private::key(&self.#name))
    };
    quote! {
        ::bloom_runtime::domain::UniqueKey {
            field: #text,
            value: #value,
            taken: ::std::boxed::Box::new(#error { #name: ::core::clone::Clone::clone(&self.#name) }),
        }
    }
}
