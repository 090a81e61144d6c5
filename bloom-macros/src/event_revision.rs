//! `#[derive(EventRevision)]`, and what it has in common with the newest revision of an event.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Fields, Ident, LitInt, LitStr, Path, Type, spanned::Spanned,
};

use crate::{
    attributes::{Items, plain},
    field::mentions_personal,
    problems::Problems,
    shadow::{ShadowField, read_fields},
    shape,
};

/// How a revision of an event is stored: `#[event(name = "order.placed", rev = 2, from = PlacedV1)]`.
pub(crate) struct Stored {
    pub(crate) name: LitStr,
    pub(crate) revision: u32,
    /// The revision before, if somebody may have stored it.
    pub(crate) from: Option<Path>,
}

/// What is opaque is stored as it is.
pub(crate) const PERSONAL_IS_NOT_OPAQUE: &str = "what is personal has to be known to be encrypted; write `Personal<..>` or `Option<Personal<..>>` as a field of an event, not opaque";

/// A field of an event.
pub(crate) struct Part<'f> {
    pub(crate) name: &'f Ident,
    pub(crate) ty: &'f Type,
    pub(crate) is_opaque: bool,
    /// The name of the tag that it is.
    pub(crate) tag: Option<String>,
    /// Whether it says whom the personal fields are about.
    pub(crate) is_subject: bool,
}

impl Stored {
    pub(crate) fn read(
        ident: &Ident,
        attributes: &[Attribute],
        problems: &mut Problems,
    ) -> Option<Self> {
        let items = Items::read(attributes, "event", &["name", "rev", "from"], problems);
        let revision = items.value::<LitInt>("rev", "1", problems);
        let revision = revision.map_or(Some(1), |lit| problems.keep(lit.base10_parse::<u32>()));
        let name = items.value::<LitStr>("name", "\"order.placed\"", problems);
        let from = items.value::<Path>("from", "PlacedV1", problems);
        if items.get("name").is_none() {
            problems.at(
                ident,
                "an event has a stored name that outlives the code; add `#[event(name = \"order.placed\", rev = 1)]`",
            );
        }
        if let Some(name) = &name
            && (name.value().is_empty()
                || name.value().chars().any(|c| !(c.is_alphanumeric() || "._-".contains(c))))
        {
            problems.at(name, "a stored name is made of letters, digits, `.`, `_` and `-`");
        }
        Some(Self { name: name?, revision: revision?, from })
    }

    pub(crate) fn event_type(&self) -> TokenStream {
        let Self { name, revision, .. } = self;
        quote!(::bloom_runtime::domain::EventType { name: #name, revision: #revision })
    }

    /// Fails to compile unless the revision before has this name and a lower number.
    pub(crate) fn precedes(&self) -> Option<TokenStream> {
        let (from, ty) = (self.from.as_ref()?, self.event_type());
        Some(quote_spanned! {from.span()=>
            const _: () = ::bloom_runtime::__private::assert_precedes(
                <#from as ::bloom_runtime::domain::EventRevision>::TYPE,
                #ty,
            );
        })
    }

    /// Tells `shapes` of this revision and of those before.
    pub(crate) fn shapes(&self, parts: &[Part<'_>]) -> TokenStream {
        let Self { name, revision, from } = self;
        let names: Vec<String> = parts.iter().map(|part| plain(part.name)).collect();
        let fields = shape::fields(
            &names,
            parts.iter().map(|part| shape::of_event_part(part.ty, part.is_opaque)),
        );
        let earlier = from
            .as_ref()
            .map(|from| quote!(<#from as ::bloom_runtime::domain::EventRevision>::shapes(shapes);));
        quote! {
            #earlier
            shapes.push(::bloom_runtime::domain::EventShape {
                name: #name,
                revision: #revision,
                fields: {
                    let mut within = ::bloom_runtime::domain::Within::default();
                    let within = &mut within;
                    #fields
                },
            });
        }
    }
}

/// The fields of an event, which have names.
pub(crate) fn parts<'f>(
    fields: &'f Fields,
    known: &[&str],
    problems: &mut Problems,
) -> Option<Vec<Part<'f>>> {
    match fields {
        Fields::Unit => Some(Vec::new()),
        Fields::Named(fields) => {
            let parts = fields.named.iter().filter_map(|field| {
                let name = field.ident.as_ref()?;
                let items = Items::read(&field.attrs, "event", known, problems);
                let is_opaque = items.flag("opaque", problems);
                if is_opaque && mentions_personal(&field.ty) {
                    problems.at(&field.ty, PERSONAL_IS_NOT_OPAQUE);
                }
                let tag = tag(name, &items, problems);
                let is_subject = items.flag("subject", problems);
                Some(Part { name, ty: &field.ty, is_opaque, tag, is_subject })
            });
            Some(parts.collect())
        }
        Fields::Unnamed(fields) => {
            problems.at(fields, "the fields of an event have names, which are what is stored; write `{ name: Type }`");
            None
        }
    }
}

/// The name of the tag: its own, or that of the field.
fn tag(field: &Ident, items: &Items, problems: &mut Problems) -> Option<String> {
    let item = items.get("tag")?;
    if item.value.is_none() {
        return Some(plain(field));
    }
    let name = items.value::<LitStr>("tag", "\"course\"", problems)?;
    if name.value().is_empty() || name.value().contains([':', '\0']) {
        problems.at(&name, "the name of a tag is what stands before the `:`; write `\"course\"`");
    }
    Some(name.value())
}

/// What is stored is plain.
pub(crate) fn refuse_generics(input: &DeriveInput, problems: &mut Problems) {
    if !input.generics.params.is_empty() {
        problems.at(
            &input.generics,
            "events have no generics; write the types out, so that what is stored is plain",
        );
    }
}

pub(crate) fn derive(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let ident = &input.ident;
    let Data::Struct(data) = &input.data else {
        problems.at(
            ident,
            format!(
                "an earlier revision is one event; write `struct {} {{ .. }}` with the fields it had",
                plain(ident)
            ),
        );
        return None;
    };
    refuse_generics(input, problems);
    let stored = Stored::read(ident, &input.attrs, problems);
    let parts = parts(&data.fields, &["opaque"], problems)?;
    let stored = stored?;
    let Stored { name, revision, from } = &stored;
    let names: Vec<_> = parts.iter().map(|part| part.name).collect();
    let shadows: Vec<_> =
        parts.iter().map(|part| ShadowField { name: part.name, ty: part.ty }).collect();
    let shadow = read_fields(&shadows);
    // The path may come from another macro than the function around it.
    let payload = quote!(name, revision, body);
    let earlier = match from {
        Some(from) => quote_spanned! {from.span()=>
            let earlier = <#from as ::bloom_runtime::domain::EventRevision>::from_body(#payload)?;
            ::core::result::Result::Ok(<Self as ::core::convert::From<#from>>::from(earlier))
        },
        None => quote! {
            ::core::result::Result::Err(::bloom_runtime::domain::DecodeError::UnknownRevision {
                name: ::std::borrow::ToOwned::to_owned(name),
                revision,
            })
        },
    };
    let (ty, precedes, shapes) = (stored.event_type(), stored.precedes(), stored.shapes(&parts));
    let built = match &data.fields {
        Fields::Unit => quote!(Self),
        _ => quote!(Self { #(#names),* }),
    };
    Some(quote! {
        const _: () = {
            #precedes

            #[automatically_derived]
            impl ::bloom_runtime::domain::EventRevision for #ident {
                const TYPE: ::bloom_runtime::domain::EventType = #ty;
                fn from_body(
                    name: &str,
                    revision: u32,
                    body: &str,
                ) -> ::core::result::Result<Self, ::bloom_runtime::domain::DecodeError> {
                    if revision == #revision {
                        #[derive(::bloom_runtime::__private::serde::Deserialize)]
                        #[serde(crate = "::bloom_runtime::__private::serde", rename = #name)]
                        struct Read { #shadow }
                        let Read { #(#names),* } = ::bloom_runtime::__private::decode_body(name, revision, body)?;
                        return ::core::result::Result::Ok(#built);
                    }
                    #earlier
                }
                fn shapes(shapes: &mut ::std::vec::Vec<::bloom_runtime::domain::EventShape>) {
                    #shapes
                }
            }
        };
    })
}
