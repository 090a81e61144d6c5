//! `#[derive(DomainEvent)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Ident, Variant, spanned::Spanned};

use crate::{
    attributes::{Items, plain},
    event_revision::{Part, Stored, parts, refuse_generics},
    field::is_personal,
    problems::Problems,
    shadow::{ShadowField, read_fields},
};

struct Event<'v> {
    ident: &'v Ident,
    stored: Stored,
    parts: Vec<Part<'v>>,
}

pub(crate) fn derive(input: &DeriveInput, problems: &mut Problems) -> Option<TokenStream> {
    let ident = &input.ident;
    let Data::Enum(data) = &input.data else {
        problems.at(
            ident,
            format!(
                "the events of an aggregate are an enum; write `enum {} {{ .. }}`",
                plain(ident)
            ),
        );
        return None;
    };
    refuse_generics(input, problems);
    let items = Items::read(&input.attrs, "event", &["subject"], problems);
    let is_about_aggregate = items.flag("subject", problems);
    let events: Vec<Event<'_>> = data
        .variants
        .iter()
        .filter_map(|variant| event(variant, is_about_aggregate, problems))
        .collect();
    for (index, event) in events.iter().enumerate() {
        let name = |event: &Event<'_>| event.stored.name.value();
        if events[..index].iter().any(|other| name(other) == name(event)) {
            problems.at(
                &event.stored.name,
                "another event has this stored name; choose one that says what happened",
            );
        }
    }

    let types = events.iter().map(|event| event.stored.event_type());
    let names = events.iter().map(|Event { ident, stored, .. }| {
        let name = &stored.name;
        quote!(Self::#ident { .. } => #name)
    });
    let revisions = events.iter().map(|Event { ident, stored, .. }| {
        let revision = stored.revision;
        quote!(Self::#ident { .. } => #revision)
    });
    let written = events.iter().map(|Event { ident, parts, .. }| {
        let (names, types): (Vec<_>, Vec<_>) =
            parts.iter().map(|part| (part.name, part.ty)).unzip();
        quote!(#ident { #(#names: &'written #types),* })
    });
    let write = events.iter().map(|Event { ident, parts, .. }| {
        let names: Vec<_> = parts.iter().map(|part| part.name).collect();
        quote!(Self::#ident { #(#names),* } => Written::#ident { #(#names),* })
    });
    let read = events.iter().map(|Event { ident, stored, parts }| {
        let names: Vec<_> = parts.iter().map(|part| part.name).collect();
        let shadows: Vec<_> =
            parts.iter().map(|part| ShadowField { name: part.name, ty: part.ty }).collect();
        let shadow = read_fields(&shadows);
        let Stored { name, revision, from } = stored;
        // The path may come from another macro than the function around it.
        let payload = quote!(name, revision, body);
        let earlier = from.as_ref().map(|from| {
            quote_spanned! {from.span()=>
                (#name, _) => {
                    let earlier = <#from as ::bloom_runtime::domain::EventRevision>::from_body(#payload)?;
                    ::core::result::Result::Ok(<Self as ::core::convert::From<#from>>::from(earlier))
                }
            }
        });
        quote! {
            (#name, #revision) => {
                #[derive(::bloom_runtime::__private::serde::Deserialize)]
                #[serde(crate = "::bloom_runtime::__private::serde", rename = #name)]
                struct Read { #shadow }
                let Read { #(#names),* } = ::bloom_runtime::__private::decode_body(name, revision, body)?;
                ::core::result::Result::Ok(Self::#ident { #(#names),* })
            }
            #earlier
        }
    });
    let tags = events.iter().filter(|event| event.parts.iter().any(|part| part.tag.is_some())).map(
        |Event { ident, parts, .. }| {
            let tagged = parts.iter().filter(|part| part.tag.is_some());
            let fields: Vec<_> = tagged.clone().map(|part| part.name).collect();
            let made = tagged.map(|Part { name, ty, tag, .. }| {
                quote_spanned!(ty.span()=> ::bloom_runtime::domain::Tag::new(#tag, #name))
            });
            quote!(Self::#ident { #(#fields,)* .. } => ::std::vec![#(#made),*])
        },
    );
    let tags: Vec<_> = tags.collect();
    let untagged = (tags.len() < events.len()).then(|| quote!(_ => ::std::vec::Vec::new(),));
    let tags = (!tags.is_empty()).then(|| {
        quote! {
            fn tags(&self) -> ::std::vec::Vec<::bloom_runtime::domain::Tag> {
                match self { #(#tags,)* #untagged }
            }
        }
    });
    let personal = personal(&events);
    let precede = events.iter().map(|event| event.stored.precedes());
    let shapes = events.iter().map(|event| event.stored.shapes(&event.parts));
    let clones = events.iter().map(|Event { ident, parts, .. }| {
        let names: Vec<_> = parts.iter().map(|part| part.name).collect();
        quote!(Self::#ident { #(#names),* } => Self::#ident { #(#names: ::core::clone::Clone::clone(#names)),* })
    });
    let debugs = events.iter().map(|Event { ident, parts, .. }| {
        let names: Vec<_> = parts.iter().map(|part| part.name).collect();
        let texts = names.iter().map(|name| plain(name));
        let text = plain(ident);
        quote!(Self::#ident { #(#names),* } => __formatter.debug_struct(#text)#(.field(#texts, #names))*.finish())
    });
    let equals = events.iter().map(|Event { ident, parts, .. }| {
        let names: Vec<_> = parts.iter().map(|part| part.name).collect();
        let others: Vec<_> = (0..names.len()).map(|index| quote::format_ident!("other{index}")).collect();
        quote!((Self::#ident { #(#names),* }, Self::#ident { #(#names: #others),* }) => true #(&& #names == #others)*)
    });
    let different = (events.len() > 1).then(|| quote!(_ => false,));
    Some(quote! {
        const _: () = {
            #(#precede)*

            #[derive(::bloom_runtime::__private::serde::Serialize)]
            #[serde(crate = "::bloom_runtime::__private::serde", untagged)]
            enum Written<'written> {
                #(#written,)*
                #[allow(dead_code)]
                __Never(::core::marker::PhantomData<&'written ()>),
            }

            #[automatically_derived]
            impl ::bloom_runtime::domain::DomainEvent for #ident {
                const TYPES: &'static [::bloom_runtime::domain::EventType] = &[#(#types),*];
                fn name(&self) -> &'static str { match self { #(#names),* } }
                fn revision(&self) -> u32 { match self { #(#revisions),* } }
                #personal
                #tags
                fn shapes() -> ::std::vec::Vec<::bloom_runtime::domain::EventShape> {
                    let mut all = ::std::vec::Vec::new();
                    let shapes = &mut all;
                    #(#shapes)*
                    all
                }
                fn to_body(&self) -> ::bloom_runtime::__private::JsonResult<::std::string::String> {
                    ::bloom_runtime::__private::to_text(&match self { #(#write),* })
                }
                fn from_body(
                    name: &str,
                    revision: u32,
                    body: &str,
                ) -> ::core::result::Result<Self, ::bloom_runtime::domain::DecodeError> {
                    match (name, revision) {
                        #(#read)*
                        _ => ::core::result::Result::Err(
                            ::bloom_runtime::__private::unknown_event::<Self>(name, revision),
                        ),
                    }
                }
            }
        };
        #[automatically_derived]
        impl ::core::clone::Clone for #ident {
            fn clone(&self) -> Self { match self { #(#clones),* } }
        }
        #[automatically_derived]
        impl ::core::fmt::Debug for #ident {
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result { match self { #(#debugs),* } }
        }
        #[automatically_derived]
        impl ::core::cmp::PartialEq for #ident {
            fn eq(&self, other: &Self) -> bool { match (self, other) { #(#equals,)* #different } }
        }
    })
}

fn event<'v>(
    variant: &'v Variant,
    is_about_aggregate: bool,
    problems: &mut Problems,
) -> Option<Event<'v>> {
    let stored = Stored::read(&variant.ident, &variant.attrs, problems);
    let parts = parts(&variant.fields, &["opaque", "tag", "subject"], problems)?;
    let subjects: Vec<_> = parts.iter().filter(|part| part.is_subject).collect();
    if let [_, second, ..] = subjects[..] {
        problems.at(second.name, "an event has one subject; remove `#[event(subject)]` here");
    }
    let personal = parts.iter().find(|part| is_personal(part.ty));
    if let Some(personal) = personal
        && subjects.is_empty()
        && !is_about_aggregate
    {
        problems.at(
            personal.ty,
            "what is personal is forgotten with the person; say who it is: `#[event(subject)]` on the field that tells, or on the enum, \
             when it is the aggregate itself",
        );
    }
    Some(Event { ident: &variant.ident, stored: stored?, parts })
}

/// Which fields of which events are personal, and of whom; nothing where none is.
fn personal(events: &[Event<'_>]) -> Option<TokenStream> {
    let with_some =
        events.iter().filter(|event| event.parts.iter().any(|part| is_personal(part.ty)));
    let arms: Vec<_> = with_some
        .map(|Event { ident, parts, .. }| {
            let fields = parts.iter().filter(|part| is_personal(part.ty)).map(|part| plain(part.name));
            let subject = parts.iter().find(|part| part.is_subject).map(|part| part.name);
            let (binding, told) = match subject {
                Some(name) => (
                    quote!(#name,),
                    quote!(::core::option::Option::Some(::std::string::ToString::to_string(#name))),
                ),
                None => (quote!(), quote!(::core::option::Option::None)),
            };
            quote! {
                Self::#ident { #binding .. } => ::core::option::Option::Some(
                    ::bloom_runtime::domain::PersonalFields { fields: &[#(#fields),*], subject: #told },
                )
            }
        })
        .collect();
    let others = (arms.len() < events.len()).then(|| quote!(_ => ::core::option::Option::None,));
    (!arms.is_empty()).then(|| {
        quote! {
            const HAS_PERSONAL: bool = true;
            fn personal(&self) -> ::core::option::Option<::bloom_runtime::domain::PersonalFields> {
                match self { #(#arms,)* #others }
            }
        }
    })
}
