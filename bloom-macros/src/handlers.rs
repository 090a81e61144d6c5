//! `#[derive(Handlers)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields};

use crate::{
    attributes::{paths, plain},
    problems::Problems,
};

pub(crate) fn derive(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let ident = &input.ident;
    let fields = match &input.data {
        Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) => Some(&fields.named),
        Data::Struct(syn::DataStruct { fields: Fields::Unit, .. }) => None,
        _ => {
            problems.at(
                ident,
                format!(
                    "handlers are the named fields of a struct; write `struct {} {{ .. }}`",
                    plain(ident)
                ),
            );
            return None;
        }
    };
    let (impl_generics, ty, clause) = input.generics.split_for_impl();
    let mut output = TokenStream::new();
    let mut seen: Vec<String> = Vec::new();
    for field in fields.into_iter().flatten() {
        let Some(name) = &field.ident else { continue };
        let mut attributes =
            field.attrs.iter().filter(|attribute| attribute.path().is_ident("handles")).peekable();
        if attributes.peek().is_none() {
            problems.at(
                name,
                format!(
                    "say which message this handles: `#[handles(Message)] {}: ..`",
                    plain(name)
                ),
            );
        }
        for message in
            attributes.flat_map(|attribute| paths(attribute, problems)).collect::<Vec<_>>()
        {
            let text = quote!(#message).to_string();
            if seen.contains(&text) {
                problems.at(
                    &message,
                    "another field handles this already; one message has one handler",
                );
            }
            seen.push(text);
            let handler = &field.ty;
            output.extend(quote! {
                #[automatically_derived]
                impl #impl_generics ::bloom_runtime::application::Provides<#message> for #ident #ty #clause {
                    type Handler = #handler;
                    fn handler(&self) -> &Self::Handler { &self.#name }
                }
            });
        }
    }
    Some(output)
}
