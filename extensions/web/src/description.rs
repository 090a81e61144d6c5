//! What the description of the routes leaves unsaid: the headers of a receipt, where one can go with a new id,
//! and that a parameter which may be left out is never null.

use std::collections::BTreeMap;

use utoipa::openapi::{
    Header, OpenApi, PathItem, Ref, RefOr, Response, Schema,
    link::Link,
    path::Operation,
    schema::{ObjectBuilder, SchemaType, Type},
};

/// Completes a description.
pub(crate) fn complete(description: &mut OpenApi) {
    link_creations(description);
    for item in description.paths.paths.values_mut() {
        for operation in operations_mut(item) {
            tag_receipts(operation);
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    never_null(&mut parameter.schema);
                }
            }
        }
    }
}

/// Adds to every creation a link to each operation whose path needs no more than the new id.
fn link_creations(description: &mut OpenApi) {
    let mut targets: Vec<(String, String)> = Vec::new();
    for (path, item) in &description.paths.paths {
        let ids = operations(item).into_iter().filter_map(|one| one.operation_id.clone());
        targets.extend(ids.map(|id| (path.clone(), id)));
    }
    for (path, item) in &mut description.paths.paths {
        for (status, answer) in item.post.iter_mut().flat_map(|post| &mut post.responses.responses)
        {
            let RefOr::T(answer) = answer else { continue };
            if status == "201" && is_receipt(answer) {
                for (target, operation) in &targets {
                    if let Some(parameters) = parameters(path, target) {
                        let mut link = Link::default();
                        link.operation_id.clone_from(operation);
                        link.parameters = parameters;
                        answer.links.insert(operation.clone(), RefOr::T(link));
                    }
                }
                answer.headers.insert("location".to_owned(), header("Where it is"));
            }
        }
    }
}

/// Adds `ETag` to every answer that is a receipt.
fn tag_receipts(operation: &mut Operation) {
    for answer in operation.responses.responses.values_mut() {
        if let RefOr::T(answer) = answer
            && is_receipt(answer)
        {
            answer.headers.insert("etag".to_owned(), header("The version it has now"));
        }
    }
}

/// An `Option` may be left out; that it could be null as well makes sense in a body only.
fn never_null(schema: &mut Option<RefOr<Schema>>) {
    if let Some(RefOr::T(Schema::Object(object))) = schema
        && let SchemaType::Array(types) = &object.schema_type
        && let [one, Type::Null] | [Type::Null, one] = types.as_slice()
    {
        object.schema_type = SchemaType::Type(one.clone());
    }
}

fn operations(item: &PathItem) -> Vec<&Operation> {
    [&item.get, &item.put, &item.post, &item.delete, &item.patch].into_iter().flatten().collect()
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch]
        .into_iter()
        .flatten()
}

fn is_receipt(answer: &Response) -> bool {
    answer.content.values().any(|content| match content {
        RefOr::T(content) => matches!(
            &content.schema,
            Some(RefOr::Ref(Ref { ref_location, .. })) if ref_location.ends_with("/ReceiptBody")
        ),
        RefOr::Ref(_) => false,
    })
}

fn header(description: &str) -> RefOr<Header> {
    let text = Schema::Object(ObjectBuilder::new().schema_type(Type::String).build());
    let mut header = Header::new(text);
    header.description = Some(description.to_owned());
    RefOr::T(header)
}

/// What to call `target` with after creating something at `path`: `None` unless it is below, and the new
/// id is all that it needs besides what `path` was called with.
fn parameters(path: &str, target: &str) -> Option<BTreeMap<String, serde_json::Value>> {
    let below = target.strip_prefix(path)?.strip_prefix("/{")?;
    let mut known: BTreeMap<String, serde_json::Value> =
        names(path).map(|name| (name.to_owned(), format!("$request.path.{name}").into())).collect();
    let (new, rest) = below.split_once('}')?;
    known.insert(new.to_owned(), "$response.body#/id".into());
    names(rest).next().is_none().then_some(known)
}

fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str, target: &str) -> Option<String> {
        parameters(path, target).map(|known| serde_json::to_string(&known).unwrap_or_default())
    }

    #[test]
    fn a_new_id_leads_to_what_is_below_it() {
        let new = Some(r#"{"id":"$response.body#/id"}"#.to_owned());
        assert_eq!(shown("/orders", "/orders/{id}"), new);
        assert_eq!(shown("/orders", "/orders/{id}/place"), new);
        assert_eq!(
            shown("/orders/{id}/lines", "/orders/{id}/lines/{line_id}").as_deref(),
            Some(r#"{"id":"$request.path.id","line_id":"$response.body#/id"}"#)
        );
    }

    #[test]
    fn it_does_not_lead_where_more_is_needed() {
        assert_eq!(shown("/orders", "/orders"), None);
        assert_eq!(shown("/orders", "/orders-open/{id}"), None);
        assert_eq!(shown("/orders", "/orders/{id}/lines/{line_id}"), None);
    }

    #[utoipa::path(post, path = "/orders", params(crate::IfMatch), responses((status = 201, body = crate::ReceiptBody)))]
    #[expect(dead_code, reason = "only its description counts")]
    fn create_order() {}
    #[utoipa::path(get, path = "/orders/{id}", params(("after" = Option<String>, Query)), responses((status = 200, description = "Found")))]
    #[expect(dead_code, reason = "only its description counts")]
    fn get_order() {}
    #[derive(utoipa::OpenApi)]
    #[openapi(paths(create_order, get_order))]
    struct Api;

    #[test]
    fn a_description_is_completed() {
        let mut description = <Api as utoipa::OpenApi>::openapi();
        complete(&mut description);
        let json = serde_json::to_value(&description).expect("it is JSON");
        let created = &json["paths"]["/orders"]["post"]["responses"]["201"];
        assert_eq!(created["links"]["get_order"]["parameters"]["id"], "$response.body#/id");
        assert_eq!(created["headers"]["etag"]["schema"]["type"], "string");
        assert_eq!(created["headers"]["location"]["schema"]["type"], "string");
        let after = &json["paths"]["/orders/{id}"]["get"]["parameters"][0];
        assert_eq!((&after["name"], &after["schema"]["type"]), (&"after".into(), &"string".into()));
    }
}
