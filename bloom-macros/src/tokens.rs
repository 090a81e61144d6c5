//! The struct of field tokens, `OrderFields`, and `Queryable`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Generics, Ident, Type, Visibility};

use crate::attributes::{literal, plain};

/// A field that gets a token.
pub(crate) struct TokenField<'f> {
    pub(crate) name: &'f Ident,
    pub(crate) ty: &'f Type,
    /// No tokens below it.
    pub(crate) opaque: bool,
}

/// `struct {Ident}Fields<R>` and the `Queryable` that gives it.
pub(crate) fn tokens(
    vis: &Visibility,
    ident: &Ident,
    generics: &Generics,
    fields: &[TokenField<'_>],
) -> TokenStream {
    let struct_name = format_ident!("{}Fields", ident);
    let doc = format!("The field tokens of [`{}`].", plain(ident));
    let (impl_generics, ty, clause) = generics.split_for_impl();
    let params = &generics.params;
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    let types: Vec<_> = fields.iter().map(|field| token_type(field)).collect();
    let docs = names.iter().map(|name| format!("The field `{}`.", plain(name)));
    let values = fields.iter().map(|field| {
        let name = literal(&plain(field.name));
        let ty = field.ty;
        if field.opaque {
            quote!(::bloom_runtime::domain::OpaqueField::new(path.child(#name)))
        } else {
            quote!(<#ty as ::bloom_runtime::domain::Queryable>::tokens(path.child(#name)))
        }
    });
    let arguments = crate::tokens::arguments(generics);
    quote! {
        #[doc = #doc]
        #[allow(dead_code, private_interfaces)]
        #vis struct #struct_name<__R, #params> #clause { #(#[doc = #docs] pub #names: #types,)* }

        #[automatically_derived]
        #[allow(private_interfaces)]
        impl #impl_generics ::bloom_runtime::domain::Queryable for #ident #ty #clause {
            type Tokens<__R> = #struct_name<__R, #arguments>;
            fn tokens<__R>(path: ::bloom_runtime::domain::FieldPath) -> Self::Tokens<__R> {
                #struct_name { #(#names: #values,)* }
            }
        }
    }
}

fn token_type(field: &TokenField<'_>) -> TokenStream {
    let ty = field.ty;
    if field.opaque {
        quote!(::bloom_runtime::domain::OpaqueField<__R>)
    } else {
        quote!(<#ty as ::bloom_runtime::domain::Queryable>::Tokens<__R>)
    }
}

/// The generic arguments, `T, N` of `<T: Clone, const N: usize>`.
pub(crate) fn arguments(generics: &Generics) -> TokenStream {
    let arguments = generics.params.iter().map(|param| match param {
        syn::GenericParam::Type(param) => {
            let ident = &param.ident;
            quote!(#ident)
        }
        syn::GenericParam::Lifetime(param) => {
            let lifetime = &param.lifetime;
            quote!(#lifetime)
        }
        syn::GenericParam::Const(param) => {
            let ident = &param.ident;
            quote!(#ident)
        }
    });
    quote!(#(#arguments),*)
}
