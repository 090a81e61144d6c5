//! What a type compares as, once it is stored.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Generics, Ident, Type};

use crate::field::outer;

/// `Comparable` for a type that wraps another, and `Ordered` and `Textual` where the inner one is.
///
/// Only the types that the runtime knows are compared as themselves: of others it cannot be seen here what they are.
pub(crate) fn wrapper(ident: &Ident, generics: &Generics, inner: &Type) -> TokenStream {
    const NUMBERS_AND_MOMENTS: [&str; 15] = [
        "char",
        "i8",
        "i16",
        "i32",
        "i64",
        "u8",
        "u16",
        "u32",
        "u64",
        "f32",
        "f64",
        "Uuid",
        "Timestamp",
        "Date",
        "Decimal",
    ];
    let name = outer(inner).unwrap_or_default();
    let is_text = name == "String";
    let is_ordered = is_text || NUMBERS_AND_MOMENTS.contains(&name.as_str());
    let domain = quote!(::bloom_runtime::domain);
    let kind = if is_ordered || name == "bool" {
        quote!(<#inner as #domain::Comparable>::KIND)
    } else {
        quote!(#domain::Kind::Json)
    };
    let (impl_generics, ty, clause) = generics.split_for_impl();
    let marker = |name: TokenStream| {
        quote! {
            #[automatically_derived]
            impl #impl_generics #domain::#name for #ident #ty #clause {}
        }
    };
    let ordered = is_ordered.then(|| marker(quote!(Ordered)));
    let textual = is_text.then(|| marker(quote!(Textual)));
    quote! {
        #[automatically_derived]
        impl #impl_generics #domain::Comparable for #ident #ty #clause {
            const KIND: #domain::Kind = #kind;
        }
        #ordered
        #textual
    }
}

/// `Comparable` for an enum, whose variants are texts without an order of their own.
pub(crate) fn variants(ident: &Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::bloom_runtime::domain::Comparable for #ident {
            const KIND: ::bloom_runtime::domain::Kind = ::bloom_runtime::domain::Kind::Text;
        }
    }
}
