//! `#[derive(ValueObject)]` on structs; enums are next door.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Field, Fields, Generics, Ident, Member, Path};

use crate::{
    attributes::{Items, plain},
    comparison,
    event_revision::PERSONAL_IS_NOT_OPAQUE,
    field::{borrowed, getter, inner, is_copy, mentions_personal, outer},
    problems::Problems,
    rules,
    shadow::{ShadowField, read, written},
    shape,
    tokens::{TokenField, tokens},
    value_enum,
};

pub(crate) fn derive(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let items = Items::read(&input.attrs, "value_object", &["validate"], problems);
    let validate = items.value::<Path>("validate", "Self::check", problems);
    match &input.data {
        Data::Enum(data) => {
            if let Some(item) = items.get("validate") {
                problems.at(&item.key, "the variants of an enum need no validation; remove this");
            }
            value_enum::derive(input, data, problems)
        }
        Data::Struct(data) if !data.fields.is_empty() => {
            Some(of_struct(input, &data.fields, validate, problems))
        }
        Data::Struct(_) => {
            problems.at(&input.ident, "a value object has a value; give it a field");
            None
        }
        Data::Union(_) => {
            problems.at(&input.ident, "a union cannot be a value object; make it a struct");
            None
        }
    }
}

fn of_struct(
    input: &DeriveInput,
    fields: &Fields,
    validate: Option<Path>,
    problems: &mut Problems,
) -> TokenStream {
    let ident = &input.ident;
    let generics = bounded(&input.generics);
    let (impl_generics, ty, clause) = generics.split_for_impl();
    let is_newtype = matches!(fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1);
    if let Fields::Unnamed(tuple) = fields
        && !is_newtype
    {
        problems
            .at(tuple, "several fields need names; write `struct Name { first: .., second: .. }`");
    }
    for field in fields {
        if !matches!(field.vis, syn::Visibility::Inherited) {
            problems.at(
                &field.vis,
                "a value's fields are private, so that every value is checked; remove this",
            );
        }
    }

    let members: Vec<Member> = fields.members().collect();
    let params: Vec<Ident> = fields
        .iter()
        .enumerate()
        .map(|(index, field)| field.ident.clone().unwrap_or_else(|| format_ident!("value{index}")))
        .collect();
    let types: Vec<_> = fields.iter().map(|field| &field.ty).collect();
    let attributes: Vec<Items> = fields
        .iter()
        .map(|field| Items::read(&field.attrs, "value", &rules::KNOWN, problems))
        .collect();

    let checks: Vec<TokenStream> = (0..members.len())
        .map(|index| {
            let member = &members[index];
            let name = if is_newtype { String::new() } else { plain(&params[index]) };
            rules::checks(
                &attributes[index],
                types[index],
                &quote!((&candidate.#member)),
                &name,
                problems,
            )
        })
        .collect();
    let validate = validate.map(|path| quote!(check.include(#path(&candidate));));
    let (inputs, values): (Vec<_>, Vec<_>) =
        params.iter().zip(&types).map(|(param, ty)| input_of(param, ty)).unzip();
    let docs = format!("A checked `{}`.\n\n# Errors\nEvery rule that does not hold.", plain(ident));
    let getters = getters(input, fields, is_newtype);
    let serde = serde(ident, &generics, fields, &params, is_newtype);
    let queryable = if is_newtype {
        let (comparable, token) = match inner(types[0], "Vec") {
            Some(item) => {
                (TokenStream::new(), quote!(::bloom_runtime::domain::ListField::<__R, #item>))
            }
            None => (
                comparison::wrapper(ident, &generics, types[0]),
                quote!(::bloom_runtime::domain::Field::<__R, Self>),
            ),
        };
        quote! {
            #comparable
            #[automatically_derived]
            impl #impl_generics ::bloom_runtime::domain::Queryable for #ident #ty #clause {
                type Tokens<__R> = #token;
                fn tokens<__R>(path: ::bloom_runtime::domain::FieldPath) -> Self::Tokens<__R> {
                    #token::new(path)
                }
            }
        }
    } else {
        let fields: Vec<_> = params
            .iter()
            .zip(&types)
            .zip(&attributes)
            .map(|((name, ty), items)| TokenField {
                name,
                ty,
                opaque: items.get("opaque").is_some(),
            })
            .collect();
        tokens(&input.vis, ident, &generics, &fields)
    };
    let opaque = |index: usize| attributes[index].get("opaque").is_some();
    for (index, ty) in types.iter().enumerate() {
        if opaque(index) && mentions_personal(ty) {
            problems.at(ty, PERSONAL_IS_NOT_OPAQUE);
        }
    }
    let shape = if is_newtype {
        shape::of(types[0], opaque(0))
    } else {
        let names: Vec<String> = params.iter().map(plain).collect();
        let parts = (0..members.len()).map(|index| shape::of(types[index], opaque(index)));
        shape::of_fields(&names, parts)
    };
    let common = common(ident, &input.generics, &generics, &members);
    quote! {
        impl #impl_generics #ident #ty #clause {
            #[doc = #docs]
            #[allow(clippy::too_many_arguments)]
            pub fn new(#(#inputs),*) -> ::core::result::Result<Self, ::bloom_runtime::domain::Invalid> {
                let candidate = Self { #(#members: #values),* };
                #[allow(unused_mut)]
                let mut check = ::bloom_runtime::domain::Validation::new();
                #(#checks)*
                #validate
                check.finish(move || ::core::option::Option::Some(candidate))
            }
            #getters
        }
        #common
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::domain::PartOfValue for #ident #ty #clause {}
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::domain::Shaped for #ident #ty #clause {
            fn shape(within: &mut ::bloom_runtime::domain::Within) -> ::bloom_runtime::domain::Shape {
                within.enter::<Self>(|within| #shape)
            }
        }
        #serde
        #queryable
    }
}

/// The parameter of `new` and the field's value from it.
fn input_of(param: &Ident, ty: &syn::Type) -> (TokenStream, TokenStream) {
    if outer(ty).as_deref() == Some("String") {
        (quote!(#param: impl ::core::convert::Into<#ty>), quote!(#param.into()))
    } else {
        (quote!(#param: #ty), quote!(#param))
    }
}

fn getters(input: &DeriveInput, fields: &Fields, is_newtype: bool) -> TokenStream {
    let public = syn::parse_quote!(pub);
    if !is_newtype {
        let getters = fields.iter().filter_map(|field: &Field| {
            let name = field.ident.as_ref()?;
            Some(getter(&public, name, &quote!(self.#name), &field.ty))
        });
        return quote!(#(#getters)*);
    }
    let Some(field) = fields.iter().next() else { return TokenStream::new() };
    let (returned, body) = borrowed(&quote!(self.0), &field.ty);
    let name = match outer(&field.ty).as_deref() {
        Some("String") => format_ident!("as_str"),
        Some("Vec") => format_ident!("as_slice"),
        _ => format_ident!("get"),
    };
    let doc = format!("What this {} holds.", plain(&input.ident));
    quote! {
        #[doc = #doc]
        #[must_use]
        #[allow(dead_code)]
        pub fn #name(&self) -> #returned { #body }
    }
}

/// What every value object has: clone, equality, debug, membership.
pub(crate) fn common(
    ident: &Ident,
    generics: &Generics,
    bounded: &Generics,
    members: &[Member],
) -> TokenStream {
    let (impl_generics, ty, clause) = bounded.split_for_impl();
    let params = &bounded.params;
    // What std derives beside this, such as `Eq`, asks for no more than the same of each parameter.
    let with = |bound: TokenStream| {
        let mut generics = generics.clone();
        for param in generics.type_params_mut() {
            param.bounds.push(syn::parse_quote!(#bound));
        }
        let (impl_generics, _, clause) = generics.split_for_impl();
        (quote!(#impl_generics), quote!(#clause))
    };
    let (clone_generics, clone_clause) = with(quote!(::core::clone::Clone));
    let (eq_generics, eq_clause) = with(quote!(::core::cmp::PartialEq));
    let (debug_generics, debug_clause) = with(quote!(::core::fmt::Debug));
    let name = plain(ident);
    let debug = if let [Member::Unnamed(_)] = members {
        quote!(f.debug_tuple(#name).field(&self.0).finish())
    } else {
        let names = members.iter().map(|member| match member {
            Member::Named(name) => plain(name),
            Member::Unnamed(index) => index.index.to_string(),
        });
        quote!(f.debug_struct(#name)#(.field(#names, &self.#members))*.finish())
    };
    quote! {
        #[automatically_derived]
        impl #clone_generics ::core::clone::Clone for #ident #ty #clone_clause {
            fn clone(&self) -> Self {
                Self { #(#members: ::core::clone::Clone::clone(&self.#members)),* }
            }
        }
        #[automatically_derived]
        impl #eq_generics ::core::cmp::PartialEq for #ident #ty #eq_clause {
            fn eq(&self, other: &Self) -> bool { true #(&& self.#members == other.#members)* }
        }
        #[automatically_derived]
        impl #debug_generics ::core::fmt::Debug for #ident #ty #debug_clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { #debug }
        }
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::domain::ValueObject for #ident #ty #clause {}
        #[automatically_derived]
        impl<__A: ?::core::marker::Sized, #params> ::bloom_runtime::domain::MemberOf<__A> for #ident #ty #clause {}
    }
}

fn serde(
    ident: &Ident,
    generics: &Generics,
    fields: &Fields,
    params: &[Ident],
    is_newtype: bool,
) -> TokenStream {
    let (impl_generics, ty, clause) = generics.split_for_impl();
    let generic_params = &generics.params;
    let serde = quote!(::bloom_runtime::__private::serde);
    let members: Vec<Member> = fields.members().collect();
    let shadows: Vec<_> = params
        .iter()
        .zip(fields)
        .map(|(name, field)| ShadowField { name, ty: &field.ty })
        .collect();
    let (shadow, write, read_as) = if is_newtype {
        let inner = &fields.iter().next().map(|field| &field.ty);
        (
            TokenStream::new(),
            quote!(#serde::Serialize::serialize(&self.0, serializer)),
            quote!(let value0: #inner = #serde::Deserialize::deserialize(deserializer)?;),
        )
    } else {
        let name = plain(ident);
        let (written, read) = (written(&name, generics, &shadows), read(&name, generics, &shadows));
        (
            quote!(#written #read),
            quote!(#serde::Serialize::serialize(&Written { #(#params: &self.#members),* }, serializer)),
            quote! {
                let Read { #(#params),* }: Read #ty = #serde::Deserialize::deserialize(deserializer)?;
            },
        )
    };
    let display = is_newtype.then(|| newtype_display(ident, generics, fields)).flatten();
    quote! {
        const _: () = {
            #shadow
            #[automatically_derived]
            impl #impl_generics #serde::Serialize for #ident #ty #clause {
                fn serialize<__S: #serde::Serializer>(&self, serializer: __S)
                    -> ::core::result::Result<__S::Ok, __S::Error> { #write }
            }
            #[automatically_derived]
            impl<'de, #generic_params> #serde::Deserialize<'de> for #ident #ty #clause {
                fn deserialize<__D: #serde::Deserializer<'de>>(deserializer: __D)
                    -> ::core::result::Result<Self, __D::Error>
                {
                    #read_as
                    if ::bloom_runtime::domain::reconstitution::is_active() {
                        return ::core::result::Result::Ok(Self { #(#members: #params),* });
                    }
                    Self::new(#(#params),*).map_err(#serde::de::Error::custom)
                }
            }
        };
        #display
    }
}

/// `Display` for a wrapped text or number.
fn newtype_display(ident: &Ident, generics: &Generics, fields: &Fields) -> Option<TokenStream> {
    let field = fields.iter().next()?;
    let shown = is_copy(&field.ty) || outer(&field.ty).as_deref() == Some("String");
    let (impl_generics, ty, clause) = generics.split_for_impl();
    shown.then(|| {
        quote! {
            #[automatically_derived]
            impl #impl_generics ::core::fmt::Display for #ident #ty #clause {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(&self.0, f)
                }
            }
        }
    })
}

/// The generics with what a part of a value must be able to do.
fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for param in generics.type_params_mut() {
        param.bounds.push(syn::parse_quote!(::bloom_runtime::__private::Part));
    }
    generics
}
