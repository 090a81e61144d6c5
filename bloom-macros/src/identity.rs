//! `#[derive(Identity)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::{attributes::plain, comparison, field::outer, problems::Problems};

pub(crate) fn derive(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let ident = &input.ident;
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Some(&fields.unnamed),
            _ => None,
        },
        _ => None,
    };
    let Some(field) = fields.and_then(|fields| fields.first()) else {
        problems.at(
            ident,
            format!("an identity wraps one value; write `struct {}(Uuid);`", plain(ident)),
        );
        return None;
    };
    if !input.generics.params.is_empty() {
        problems
            .at(&input.generics, "an identity has no generics; give each kind a type of its own");
        return None;
    }

    let inner = &field.ty;
    let is_uuid = outer(inner).as_deref() == Some("Uuid");
    let name = plain(ident);
    let expected = format!(
        "{name}, which is {}",
        if is_uuid { "a UUID".into() } else { quote!(#inner).to_string() }
    );
    let generated = is_uuid.then(|| {
        quote! {
            #[automatically_derived]
            impl ::core::marker::Copy for #ident {}
            #[automatically_derived]
            impl ::bloom_runtime::domain::GeneratedIdentity for #ident {
                fn from_uuid(uuid: ::bloom_runtime::domain::Uuid) -> Self { Self(uuid) }
                fn as_uuid(&self) -> ::bloom_runtime::domain::Uuid { self.0 }
            }
        }
    });
    let private = quote!(::bloom_runtime::__private);
    let comparable = comparison::wrapper(ident, &input.generics, inner);
    // Of a type from elsewhere nothing is known but that it identifies.
    const KNOWN: [&str; 13] = [
        "Uuid", "String", "i8", "i16", "i32", "i64", "i128", "u8", "u16", "u32", "u64", "u128",
        "char",
    ];
    let is_known = crate::field::outer(inner).is_some_and(|name| KNOWN.contains(&name.as_str()));
    let shape = crate::shape::of(inner, !is_known);
    Some(quote! {
        #comparable
        #[automatically_derived]
        impl ::core::clone::Clone for #ident {
            fn clone(&self) -> Self { Self(::core::clone::Clone::clone(&self.0)) }
        }
        #generated
        #[automatically_derived]
        impl ::core::cmp::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool { self.0 == other.0 }
        }
        #[automatically_derived]
        impl ::core::cmp::Eq for #ident {}
        #[automatically_derived]
        impl ::core::cmp::PartialOrd for #ident {
            fn partial_cmp(&self, other: &Self) -> ::core::option::Option<::core::cmp::Ordering> {
                ::core::option::Option::Some(::core::cmp::Ord::cmp(self, other))
            }
        }
        #[automatically_derived]
        impl ::core::cmp::Ord for #ident {
            fn cmp(&self, other: &Self) -> ::core::cmp::Ordering { ::core::cmp::Ord::cmp(&self.0, &other.0) }
        }
        #[automatically_derived]
        impl ::core::hash::Hash for #ident {
            fn hash<__H: ::core::hash::Hasher>(&self, state: &mut __H) { ::core::hash::Hash::hash(&self.0, state) }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::write!(f, "{}({})", #name, self.0)
            }
        }
        #[automatically_derived]
        impl ::core::fmt::Display for #ident {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.0, f)
            }
        }
        #[automatically_derived]
        impl ::core::str::FromStr for #ident {
            type Err = ::bloom_runtime::domain::ParseIdentityError;
            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                match <#inner as ::core::str::FromStr>::from_str(text) {
                    ::core::result::Result::Ok(inner) => ::core::result::Result::Ok(Self(inner)),
                    ::core::result::Result::Err(_) => {
                        ::core::result::Result::Err(::bloom_runtime::domain::ParseIdentityError {
                            expected: #expected,
                            text: ::std::borrow::ToOwned::to_owned(text),
                        })
                    }
                }
            }
        }
        #[automatically_derived]
        impl ::core::convert::From<#inner> for #ident {
            fn from(inner: #inner) -> Self { Self(inner) }
        }
        #[automatically_derived]
        impl #private::serde::Serialize for #ident {
            fn serialize<__S: #private::serde::Serializer>(
                &self,
                serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                #private::serde::Serialize::serialize(&self.0, serializer)
            }
        }
        #[automatically_derived]
        impl<'de> #private::serde::Deserialize<'de> for #ident {
            fn deserialize<__D: #private::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                #private::serde::Deserialize::deserialize(deserializer).map(Self)
            }
        }
        #[automatically_derived]
        impl ::bloom_runtime::domain::Identity for #ident {}
        #[automatically_derived]
        impl<__A: ?::core::marker::Sized> ::bloom_runtime::domain::MemberOf<__A> for #ident {}
        #[automatically_derived]
        impl ::bloom_runtime::domain::PartOfValue for #ident {}
        #[automatically_derived]
        impl ::bloom_runtime::domain::Shaped for #ident {
            fn shape(within: &mut ::bloom_runtime::domain::Within) -> ::bloom_runtime::domain::Shape {
                #shape
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
