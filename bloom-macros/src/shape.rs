//! What the derived types say of their shape in storage.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use crate::field::is_personal;

/// The shape of a part, told where `within` is.
pub(crate) fn of(ty: &Type, is_opaque: bool) -> TokenStream {
    if is_opaque {
        quote!({
            let _ = &within;
            ::bloom_runtime::domain::Shape::Plain("opaque")
        })
    } else {
        // The type may come from another macro than the function around it.
        let within = quote!(within);
        quote_spanned!(ty.span()=> ::bloom_runtime::domain::shape_of_part::<#ty>(#within))
    }
}

/// The shape of a field of an event, which may be personal.
pub(crate) fn of_event_part(ty: &Type, is_opaque: bool) -> TokenStream {
    if is_opaque || !is_personal(ty) {
        return of(ty, is_opaque);
    }
    let within = quote!(within);
    quote_spanned!(ty.span()=> ::bloom_runtime::domain::shape_of_personal::<#ty>(#within))
}

/// The shape of a field of an aggregate or of an entity in it, told where `within` is.
pub(crate) fn of_member(root: &TokenStream, ty: &Type, is_opaque: bool) -> TokenStream {
    if is_opaque {
        return of(ty, true);
    }
    let within = quote!(within);
    quote_spanned!(ty.span()=> ::bloom_runtime::domain::shape_of_member::<#root, #ty>(#within))
}

/// The shape of named parts.
pub(crate) fn of_fields(
    names: &[String],
    shapes: impl Iterator<Item = TokenStream>,
) -> TokenStream {
    let fields = fields(names, shapes);
    quote!(::bloom_runtime::domain::Shape::Fields(#fields))
}

/// Named parts, each with its shape.
pub(crate) fn fields(names: &[String], shapes: impl Iterator<Item = TokenStream>) -> TokenStream {
    quote!({
        let _ = &within;
        ::std::collections::BTreeMap::from([#((#names, #shapes)),*])
    })
}
