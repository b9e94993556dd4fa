//! Holds every answer that any test gets against the API's own description.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{Answer, Request};

pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(tidings::http::openapi()).unwrap());

/// By the place in the description: what is said there, ready to judge.
static JUDGES: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());

/// Fails the test unless status, type and body are described for this route. Methods that a route does not take, and
/// paths that are no route, are not described.
pub fn check(request: &Request, answer: &Answer) {
    let method = request.method.to_lowercase();
    let Some((path, operations)) = route(&request.path) else { return };
    if operations[&method].is_null() {
        return;
    }
    let what = || format!("{} {} answered {answer:?}", request.method, request.path);
    let described = &operations[&method]["responses"][answer.status.to_string()];
    assert!(!described.is_null(), "a status that is not described: {}", what());
    let content_type = answer.header("Content-Type").unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default();
    let content = &described["content"][content_type];
    assert!(!content.is_null(), "a type that is not described: {}", what());
    if content_type == "application/json" {
        let judge = judge(format!("{method} {path} {}", answer.status), &content["schema"]);
        let faults: Vec<String> = judge.iter_errors(&answer.json()).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "not as described: {faults:?}: {}", what());
    }
    for name in described["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        let always =
            ["X-Request-Id", "WWW-Authenticate", "Retry-After", "X-Credits-Remaining"].contains(&name.as_str());
        assert!(!always || answer.header(name).is_some(), "no {name}: {}", what());
    }
}

/// The described path that a request's path fits.
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

fn judge(place: String, schema: &Value) -> Arc<Validator> {
    let mut judges = JUDGES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let compile = || {
        let whole = json!({"components": DOCUMENT["components"], "allOf": [schema]});
        Arc::new(jsonschema::draft202012::new(&whole).unwrap())
    };
    Arc::clone(judges.entry(place).or_insert_with(compile))
}
