//! Everything that is wrong with one item, reported at once.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Collects errors, each on the token that offends.
#[derive(Default)]
pub(crate) struct Problems(Option<syn::Error>);

impl Problems {
    /// Notes that `tokens` are wrong; `message` says the fix.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Notes an error.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value, its error noted.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// The errors, or the output when there are none.
    pub(crate) fn or_else(self, output: Option<TokenStream>) -> TokenStream {
        match self.0 {
            Some(error) => error.into_compile_error(),
            None => output.unwrap_or_default(),
        }
    }
}
