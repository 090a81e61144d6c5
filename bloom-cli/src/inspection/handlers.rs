//! Messages and their handlers, events and their readers.

use std::collections::{BTreeMap, BTreeSet};

use syn::{GenericArgument, Item, PathArguments, Type, spanned::Spanned};

use super::{
    Notes, Rule,
    boundaries::paths,
    source::{Layer, Source, derives, is_for_tests},
};

pub(super) fn inspect(sources: &[Source], notes: &mut Notes<'_>) {
    let mut messages = Vec::new();
    let mut handled: BTreeMap<String, (usize, proc_macro2::Span)> = BTreeMap::new();
    let mut registered: BTreeSet<String> = BTreeSet::new();
    let mut events = Vec::new();
    let mut has_handlers = false;
    for (index, source) in sources.iter().enumerate() {
        for item in &source.file.items {
            match item {
                Item::Struct(item) if derives(&item.attrs, "Handlers") => {
                    has_handlers = true;
                    let fields = item.fields.iter().flat_map(|field| &field.attrs);
                    for attribute in fields.filter(|one| one.path().is_ident("handles")) {
                        if let Ok(path) = attribute.parse_args::<syn::Path>() {
                            registered.extend(last(&path));
                        }
                    }
                }
                Item::Struct(item)
                    if derives(&item.attrs, "Command") || derives(&item.attrs, "Query") =>
                {
                    messages.push((index, item.ident.to_string(), item.ident.span()));
                }
                Item::Impl(block) => {
                    let Some((path, _)) = &block.trait_ else { continue };
                    let Some(segment) = path.segments.last().filter(|s| s.ident == "Handler")
                    else {
                        continue;
                    };
                    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
                        continue;
                    };
                    let first = arguments.args.iter().find_map(|argument| match argument {
                        GenericArgument::Type(Type::Path(path)) => last(&path.path),
                        _ => None,
                    });
                    if let Some(message) = first.filter(|_| !is_for_tests(&block.attrs)) {
                        handled.insert(message, (index, segment.span()));
                    }
                }
                Item::Enum(item) if derives(&item.attrs, "DomainEvent") => {
                    for variant in &item.variants {
                        events.push((index, item.ident.to_string(), variant.ident.clone()));
                    }
                }
                _ => {}
            }
        }
    }
    for (index, message, at) in messages {
        if !handled.contains_key(&message) {
            let text = format!("nothing handles `{message}`");
            notes.add(Rule::UnhandledMessage, &sources[index], at, text);
        }
    }
    for (message, (index, at)) in handled {
        if has_handlers && !registered.contains(&message) {
            let text = format!("the handler of `{message}` stands in no `Handlers`");
            notes.add(Rule::UnregisteredHandler, &sources[index], at, text);
        }
    }
    let read: BTreeSet<(String, String)> = sources
        .iter()
        .filter(|source| source.place().is_none_or(|(_, layer)| layer != Layer::Domain))
        .flat_map(paths)
        .filter_map(|(_, segments, _)| match segments.as_slice() {
            [.., event, variant] => Some((event.clone(), variant.clone())),
            _ => None,
        })
        .collect();
    for (index, event, variant) in events {
        if !read.contains(&(event.clone(), variant.to_string())) {
            let text = format!("nothing outside the domain reads `{event}::{variant}`");
            notes.add(Rule::UnreadEvent, &sources[index], variant.span(), text);
        }
    }
}

fn last(path: &syn::Path) -> Option<String> {
    path.segments.last().map(|segment| segment.ident.to_string())
}
