//! `#[derive(Command)]` and `#[derive(Query)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, LitInt, Type};

use crate::{
    attributes::{Items, literal, plain, snake},
    problems::Problems,
};

pub(crate) fn derive_command(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let items = Items::read(&input.attrs, "command", &["attempts"], problems);
    let attempts = items.value::<LitInt>("attempts", "1", problems);
    let attempts = attempts.and_then(|attempts| match attempts.base10_parse::<usize>() {
        Ok(number @ 1..) => Some(quote!(const ATTEMPTS: usize = #number;)),
        _ => {
            problems.at(&attempts, "a command runs once at least; write `attempts = 1`");
            None
        }
    });
    let common = common(input, problems)?;
    let (ident, name) = (&input.ident, literal(&snake(&input.ident)));
    let (impl_generics, ty, clause) = input.generics.split_for_impl();
    Some(quote! {
        #common
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::application::Command for #ident #ty #clause {
            const NAME: &'static str = #name;
            #attempts
        }
    })
}

pub(crate) fn derive_query(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let items = Items::read(&input.attrs, "query", &["answer"], problems);
    let answer = items.value::<Type>("answer", "Page<Order>", problems);
    if items.get("answer").is_none() {
        problems.at(
            &input.ident,
            "a query says what it is answered with; add `#[query(answer = Page<Order>)]`",
        );
    }
    let common = common(input, problems)?;
    let (ident, name, answer) = (&input.ident, literal(&snake(&input.ident)), answer?);
    let (impl_generics, ty, clause) = input.generics.split_for_impl();
    Some(quote! {
        #common
        #[automatically_derived]
        impl #impl_generics ::bloom_runtime::application::Query for #ident #ty #clause {
            type Answer = #answer;
            const NAME: &'static str = #name;
        }
    })
}

fn common(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let ident = &input.ident;
    let Data::Struct(data) = &input.data else {
        problems
            .at(ident, format!("a message is a struct; write `struct {} {{ .. }}`", plain(ident)));
        return None;
    };
    let (impl_generics, ty, clause) = input.generics.split_for_impl();
    let members: Vec<_> = data.fields.members().collect();
    let texts = data
        .fields
        .iter()
        .enumerate()
        .map(|(index, field)| field.ident.as_ref().map_or_else(|| index.to_string(), plain));
    let name = plain(ident);
    Some(quote! {
        #[automatically_derived]
        impl #impl_generics ::core::clone::Clone for #ident #ty #clause {
            fn clone(&self) -> Self { Self { #(#members: ::core::clone::Clone::clone(&self.#members)),* } }
        }
        #[automatically_derived]
        impl #impl_generics ::core::fmt::Debug for #ident #ty #clause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name)#(.field(#texts, &self.#members))*.finish()
            }
        }
    })
}
