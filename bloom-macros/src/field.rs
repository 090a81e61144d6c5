//! What the derives need to know of a field's type: how to hand it out, and what is inside.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, Ident, PathArguments, Type, Visibility};

/// The last segment of a type path, such as `Vec` of `std::vec::Vec<T>`.
pub(crate) fn outer(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// `T` of `Name<T>`.
pub(crate) fn inner<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether it is `Personal<T>` or `Option<Personal<T>>`.
pub(crate) fn is_personal(ty: &Type) -> bool {
    inner(ty, "Personal").is_some()
        || inner(ty, "Option").is_some_and(|some| inner(some, "Personal").is_some())
}

/// Whether something in it is personal, wherever it stands.
pub(crate) fn mentions_personal(ty: &Type) -> bool {
    fn mentions(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => ident == "Personal",
            proc_macro2::TokenTree::Group(group) => mentions(group.stream()),
            _ => false,
        })
    }
    mentions(quote!(#ty))
}

/// Whether the type is one of the standard ones that are handed out by value.
pub(crate) fn is_copy(ty: &Type) -> bool {
    const COPY: [&str; 19] = [
        "bool",
        "char",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "f32",
        "f64",
        "Uuid",
        "Timestamp",
        "Date",
        "Decimal",
        "Version",
    ];
    outer(ty).is_some_and(|name| COPY.contains(&name.as_str()))
}

/// Whether a document written before this field existed can still be read.
pub(crate) fn has_natural_default(ty: &Type) -> bool {
    const COLLECTIONS: [&str; 6] = ["Option", "Vec", "BTreeMap", "BTreeSet", "HashMap", "HashSet"];
    outer(ty).is_some_and(|name| COLLECTIONS.contains(&name.as_str()))
}

/// A public getter for `field`, by value for what is cheap to copy and borrowed otherwise.
pub(crate) fn getter(
    vis: &Visibility,
    name: &Ident,
    access: &TokenStream,
    ty: &Type,
) -> TokenStream {
    let doc = format!("The `{}`.", crate::attributes::plain(name).replace('_', " "));
    let (returned, body) = borrowed(access, ty);
    quote! {
        #[doc = #doc]
        #[must_use]
        #[allow(dead_code)]
        #vis fn #name(&self) -> #returned { #body }
    }
}

/// The type and the expression that hand out `access` without moving it.
pub(crate) fn borrowed(access: &TokenStream, ty: &Type) -> (TokenStream, TokenStream) {
    if is_copy(ty) {
        return (quote!(#ty), access.clone());
    }
    if outer(ty).as_deref() == Some("String") {
        return (quote!(&str), quote!(&#access));
    }
    if let Some(item) = inner(ty, "Vec") {
        return (quote!(&[#item]), quote!(&#access));
    }
    if let Some(some) = inner(ty, "Option") {
        if is_copy(some) {
            return (quote!(::core::option::Option<#some>), access.clone());
        }
        if outer(some).as_deref() == Some("String") {
            return (quote!(::core::option::Option<&str>), quote!(#access.as_deref()));
        }
        return (quote!(::core::option::Option<&#some>), quote!(#access.as_ref()));
    }
    (quote!(&#ty), quote!(&#access))
}
