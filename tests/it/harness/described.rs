//! Validates every answer that any test gets against the API's own `OpenAPI` document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{Answer, Request};

pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(tidings::http::openapi()).unwrap());

/// The named schemas, closed; those that others extend stay open.
static CLOSED: LazyLock<Value> = LazyLock::new(|| {
    let mut schemas = DOCUMENT["components"]["schemas"].clone();
    let mut extended = BTreeSet::new();
    parts_of_others(&DOCUMENT, &mut extended);
    for (name, schema) in schemas.as_object_mut().unwrap() {
        if !extended.contains(&format!("#/components/schemas/{name}")) {
            close(schema);
        }
    }
    schemas
});

/// Collects the references that stand in an `allOf`.
fn parts_of_others(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            let parts = fields.get("allOf").and_then(Value::as_array).into_iter().flatten();
            found.extend(parts.filter_map(|part| part["$ref"].as_str()).map(str::to_owned));
            fields.values().for_each(|part| parts_of_others(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| parts_of_others(part, found)),
        _ => {}
    }
}

/// Headers of the connection and of every body, which a description need not name.
const OF_HTTP: [&str; 6] = ["Content-Type", "Content-Length", "Transfer-Encoding", "Connection", "Date", "Vary"];

/// The compiled schemas, by method, path and status.
static JUDGES: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());

/// Fails the test unless status, type, headers and body match the description of this route.
pub fn check(request: &Request, answer: &Answer) {
    let faults = faults(request, answer);
    assert!(faults.is_empty(), "not as described: {faults:?}: {} {} {answer:?}", request.method, request.path);
}

/// Returns every difference from the description, headers that it does not name included. Unknown paths, and methods
/// that a route does not take, are not checked.
pub fn faults(request: &Request, answer: &Answer) -> Vec<String> {
    let method = request.method.to_lowercase();
    let Some((path, operations)) = route(&request.path) else { return Vec::new() };
    // Without a simulator its routes are not there: only the gateway itself names the request.
    let is_elsewhere = request.path.starts_with("/sim/") && answer.header("X-Request-Id").is_some();
    if operations[&method].is_null() || is_elsewhere {
        return Vec::new();
    }
    let responses = &operations[&method]["responses"];
    let described = [answer.status.to_string().as_str(), "default"].map(|status| &responses[status]);
    let Some(described) = described.into_iter().find(|described| !described.is_null()) else {
        return vec![format!("status {}", answer.status)];
    };
    let headers = || described["headers"].as_object().into_iter().flatten();
    let missing = headers().filter(|(name, header)| is_required(header) && answer.header(name).is_none());
    let mut faults: Vec<String> = missing.map(|(name, _)| format!("no header {name}")).collect();
    let is_known = |name: &str| {
        let mut known = headers().map(|(known, _)| known.as_str()).chain(OF_HTTP);
        known.any(|known| known.eq_ignore_ascii_case(name))
    };
    let undescribed = answer.headers.iter().map(|(name, _)| name).filter(|name| !is_known(name));
    faults.extend(undescribed.map(|name| format!("header {name} is not described")));
    let content_type = answer.header("Content-Type").unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default();
    match &described["content"][content_type] {
        Value::Null if described["content"].is_null() && answer.body.is_empty() => {}
        Value::Null => faults.push(format!("type {content_type}")),
        content if content_type == "application/json" => {
            let judge = judge(format!("{method} {path} {}", answer.status), &content["schema"]);
            faults.extend(judge.iter_errors(&answer.json()).map(|error| error.to_string()));
        }
        _ => {}
    }
    faults
}

/// True if every answer must have the header.
fn is_required(header: &Value) -> bool {
    let place = header["$ref"].as_str().and_then(|reference| DOCUMENT.pointer(reference.trim_start_matches('#')));
    place.unwrap_or(header)["required"] == true
}

/// Fails the test unless a report's body is as described.
pub fn check_report(body: &Value) {
    let described = &DOCUMENT["webhooks"]["report"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let faults: Vec<String> =
        judge("report".to_owned(), described).iter_errors(body).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "a report is not as described: {faults:?}: {body}");
}

/// Finds the described path that matches a request's path.
fn route(path: &str) -> Option<(&'static String, &'static Value)> {
    let path = path.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |described: &str| {
        let described: Vec<&str> = described.split('/').collect();
        described.len() == parts.len()
            && described.iter().zip(&parts).all(|(described, part)| described.starts_with('{') || described == part)
    };
    DOCUMENT["paths"].as_object()?.iter().find(|(described, _)| fits(described))
}

/// Lets an object have no field that its schema does not name, unless it says so or is a part of another (`allOf`).
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let says = fields.contains_key("additionalProperties") || !fields.contains_key("properties");
            if !says && fields.get("type").is_some_and(|kind| kind.to_string().contains("object")) {
                fields.insert("unevaluatedProperties".to_owned(), false.into());
            }
            for (_, part) in fields.iter_mut().filter(|(name, _)| *name != "allOf") {
                close(part);
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(close),
        _ => {}
    }
}

fn judge(place: String, schema: &Value) -> Arc<Validator> {
    let mut judges = JUDGES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let compile = || {
        let mut schema = schema.clone();
        close(&mut schema);
        let whole = json!({"components": {"schemas": *CLOSED}, "allOf": [schema]});
        Arc::new(jsonschema::draft202012::new(&whole).unwrap())
    };
    Arc::clone(judges.entry(place).or_insert_with(compile))
}
