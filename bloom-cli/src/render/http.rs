//! The HTTP side of an aggregate for its templates: bodies, handlers and routes.

use serde::Serialize;

use super::{
    change::ChangeView, command::CommandView, create::CreateView, entity::EntityView,
    field::FieldView, invalid::invalid, sample::of_field,
};
use crate::{
    model::{
        Aggregate, Cardinality, Leaf, ModelField,
        english::{article, capital},
    },
    request::name::identifier,
};

#[derive(Debug, Serialize)]
pub(super) struct BodyView {
    pub(super) command: String,
    doc: String,
    target: String,
    fields: Vec<FieldView>,
    params: String,
    extra: String,
}

#[derive(Debug, Serialize)]
pub(super) struct DefaultView {
    function: String,
    ty: String,
    value: String,
}

#[derive(Debug, Serialize)]
pub(super) struct HandlerView {
    name: String,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) command: String,
    doc: String,
    done: &'static str,
    status: u16,
    pub(super) body: bool,
    child: Option<EntityView>,
    creates: Option<String>,
    collection: String,
}

#[derive(Debug, Serialize)]
pub(super) struct RouteView {
    path: String,
    methods: Vec<MethodView>,
}

#[derive(Debug, Serialize)]
pub(super) struct MethodView {
    method: &'static str,
    handler: String,
}

/// A variable in the tests over HTTP, which have some of their own.
pub(super) fn http_variable(ident: &str) -> String {
    const TAKEN: [&str; 9] =
        ["added", "again", "body", "changed", "client", "done", "path", "removed", "stale"];
    if TAKEN.contains(&ident) { format!("{ident}_path") } else { ident.to_owned() }
}

pub(super) fn bodies(aggregate: &Aggregate, changes: &[ChangeView]) -> Vec<BodyView> {
    let root = aggregate.name.pascal();
    let label = aggregate.name.label();
    let seen = "seen: Option<Version>";
    let ident = identifier(&aggregate.name.snake());
    let view = |fields: &[ModelField]| {
        fields.iter().map(|field| FieldView::new(field, &ident)).collect::<Vec<_>>()
    };
    let mut bodies: Vec<BodyView> = changes
        .iter()
        .map(|change| BodyView {
            command: change.command.clone(),
            doc: format!("The new {}.", change.field.label),
            target: label.clone(),
            fields: vec![change.field.clone()],
            params: format!("id: {root}Id, {seen}"),
            extra: "id, seen, ".to_owned(),
        })
        .collect();
    for command in aggregate.commands.iter().filter(|command| !command.arguments.is_empty()) {
        bodies.push(BodyView {
            command: format!("{}{root}", command.verb.pascal()),
            doc: format!("What it takes to {} {} {label}.", command.verb.label(), article(&label)),
            target: label.clone(),
            fields: view(&command.arguments),
            params: format!("id: {root}Id, {seen}"),
            extra: "id, seen, ".to_owned(),
        });
    }
    for entity in &aggregate.entities {
        let (short, name) = (&entity.short, &entity.name);
        bodies.push(BodyView {
            command: format!("Add{name}"),
            doc: format!("{} {} to add.", capital(article(&name.label())), name.label()),
            target: label.clone(),
            fields: view(&entity.fields),
            params: format!("id: {root}Id, {seen}"),
            extra: "id, seen, ".to_owned(),
        });
        bodies.push(BodyView {
            command: format!("Change{name}"),
            doc: format!("The new content of {} {}.", article(&name.label()), name.label()),
            target: name.label(),
            fields: view(&entity.fields),
            params: format!("id: {root}Id, {short}_id: {name}Id, {seen}"),
            extra: format!("id, {short}_id, seen, "),
        });
    }
    bodies
}

pub(super) fn defaults(fields: &[&ModelField]) -> Vec<DefaultView> {
    let defaults = fields.iter().filter_map(|field| {
        let default = field.default.as_ref()?;
        let value = match &field.leaf {
            Leaf::Enum { name, variants, .. } => {
                let variant = variants.iter().find(|variant| variant.text == *default)?;
                format!("{name}::{}", variant.name.pascal())
            }
            Leaf::Primitive(crate::request::Primitive::String) => format!("{default:?}.to_owned()"),
            _ => default.clone(),
        };
        Some(DefaultView {
            function: format!("default_{}", field.name),
            ty: field.leaf.ty(),
            value,
        })
    });
    defaults.collect()
}

pub(super) fn handlers(
    aggregate: &Aggregate,
    changes: &[ChangeView],
    commands: &[CommandView],
    entities: &[EntityView],
    path: &str,
) -> Vec<HandlerView> {
    let label = aggregate.name.label();
    let of = format!("{} {label}", article(&label));
    let plain =
        |name: String, method, path: String, command: String, doc: String, body| HandlerView {
            name,
            method,
            path,
            command,
            doc,
            done: "Done",
            status: 200,
            body,
            child: None,
            creates: None,
            collection: String::new(),
        };
    let mut handlers = Vec::new();
    for change in changes {
        let doc = format!("Changes the {} of {of}.", change.field.label);
        let path = format!("{path}/{{id}}/{}", change.segment);
        handlers.push(plain(change.snake.clone(), "put", path, change.command.clone(), doc, true));
    }
    for (command, view) in aggregate.commands.iter().zip(commands) {
        let path = format!("{path}/{{id}}/{}", view.segment);
        let body = !command.arguments.is_empty();
        handlers.push(plain(
            view.snake.clone(),
            "post",
            path,
            view.command.clone(),
            view.doc(),
            body,
        ));
    }
    for entity in entities {
        let label = entity.label();
        let list = format!("{path}/{{id}}/{}", entity.segment);
        let one = format!("{list}/{{{}_id}}", entity.short);
        handlers.push(HandlerView {
            done: "Added",
            status: 201,
            creates: Some(entity.pascal.clone()),
            collection: list.clone(),
            ..plain(
                format!("add_{}", entity.snake),
                "post",
                list,
                format!("Add{}", entity.pascal),
                format!("Adds {label} to {of}."),
                true,
            )
        });
        for (verb, method, doc, body) in
            [("change", "put", "Changes", true), ("remove", "delete", "Removes", false)]
        {
            handlers.push(HandlerView {
                child: Some(entity.clone()),
                ..plain(
                    format!("{verb}_{}", entity.snake),
                    method,
                    one.clone(),
                    format!("{}{}", capital(verb), entity.pascal),
                    format!("{doc} {label} of {of}."),
                    body,
                )
            });
        }
    }
    handlers
}

pub(super) fn routes(
    handlers: &[HandlerView],
    entities: &[EntityView],
    create: &CreateView,
    path: &str,
    aggregate: &Aggregate,
) -> Vec<RouteView> {
    let mut routes: Vec<RouteView> = Vec::new();
    let mut add = |path: &str, method: &'static str, handler: String| {
        let view = MethodView { method, handler };
        match routes.iter_mut().find(|route| route.path == path) {
            Some(route) => route.methods.push(view),
            None => routes.push(RouteView { path: path.to_owned(), methods: vec![view] }),
        }
    };
    let snake = aggregate.name.snake();
    add(path, "get", format!("list_{}", aggregate.plural));
    add(path, "post", create.handler.clone());
    add(&format!("{path}/{{id}}"), "get", format!("get_{snake}"));
    for handler in handlers {
        add(&handler.path, handler.method, handler.name.clone());
    }
    for entity in entities {
        let one = format!("{path}/{{id}}/{}/{{{}_id}}", entity.segment, entity.short);
        add(&one, "get", format!("get_{}", entity.snake));
    }
    routes
}

/// A body in which every field that can be invalid is, and the paths that are named then.
pub(super) fn invalid_body(fields: &[&ModelField]) -> (String, String) {
    let mut paths = Vec::new();
    let mut members = Vec::new();
    for field in fields {
        let wrong = match &field.leaf {
            Leaf::Newtype(newtype) => invalid(newtype.inner, &newtype.rules).into_iter().next(),
            _ => None,
        };
        let json = match (wrong, &field.cardinality) {
            (Some(wrong), Cardinality::One | Cardinality::Optional) => {
                paths.push(format!("\"{}\"", field.name));
                wrong.json
            }
            (Some(wrong), Cardinality::List | Cardinality::Bounded { .. }) => {
                paths.push(format!("\"{}[0]\"", field.name));
                format!("[{}]", wrong.json)
            }
            (None, _) => match of_field(field, false) {
                Some(valid) => valid.json,
                None => continue,
            },
        };
        members.push(format!("\"{}\": {json}", field.name));
    }
    if paths.is_empty() {
        return (String::new(), String::new());
    }
    (format!("{{ {} }}", members.join(", ")), format!("[{}]", paths.join(", ")))
}

pub(super) fn members(fields: &[&ModelField]) -> String {
    let members = fields
        .iter()
        .filter_map(|field| Some(format!("\"{}\": {}", field.name, of_field(field, false)?.json)));
    format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
}
