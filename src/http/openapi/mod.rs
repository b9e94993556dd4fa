//! The API's description in `OpenAPI` 3.1, built from the route table and the documentation of each route in these
//! files.

mod doc;
mod log;
mod open;
mod operator;
mod outbound;
mod reports;
mod schemas;
mod sending;
mod settings;
mod simulator;
mod workspace;

use serde_json::{Map, Value, json};

use self::doc::Doc;
use super::listed::Listed;

/// The groups of routes, in reading order.
const TAGS: [(&str, &str); 17] = [
    ("Inbound webhook", "A CRM posts messages to a secret URL"),
    ("Outbound webhook", "What is said is reported to the CRM's own URL"),
    ("Messages", "Sent by our own API, and followed"),
    ("Chats", "With whom was spoken, and what was said"),
    ("Accounts", "Connected numbers"),
    ("Live stream", "All that happens, as it happens"),
    ("Credits", "What is left, and where it went"),
    ("Files", "Checked before a message needs them"),
    ("Workspace", "Particulars and pacing"),
    ("Outbox", "What was mailed to the owner"),
    ("Teammates", "Who may be responsible for chats"),
    ("Keys", "What opens this API"),
    ("Workspaces", "The operator's customers"),
    ("Event log", "The operator's view of all that happened"),
    ("Proofs", "What an auditor checks without trusting this gateway"),
    ("Actors", "What decides, what waits in it, and whether it is what its records say"),
    ("Service", "Health and documentation"),
];

/// Returns the documentation of all routes.
fn docs() -> Vec<Doc> {
    let of_workspaces = [sending::docs(), settings::docs(), outbound::docs(), workspace::docs()];
    let of_operators = [operator::docs(), log::docs()];
    std::iter::once(open::docs()).chain(of_workspaces).chain(of_operators).flatten().collect()
}

/// Builds the whole description. A route without documentation is left out.
pub(super) fn document(routes: &[Listed]) -> Value {
    let docs = docs();
    let mut paths: Map<String, Value> = Map::new();
    let mut components = schemas::shared();
    components.extend(reports::shared());
    for route in routes {
        let Some(doc) = docs.iter().find(|doc| doc.route == name(route)) else { continue };
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_lowercase(), doc.operation(route));
        }
        components.extend(doc.schemas.clone());
    }
    if let Some(inbound) = paths.get_mut("/in/{token}").and_then(Value::as_object_mut) {
        inbound.insert("get".to_owned(), sending::opened_by_a_person());
    }
    paths.extend(simulator::paths());
    components.extend([simulator::refusal()]);
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "Tidings",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A self-hosted WhatsApp gateway for CRMs",
            "description": "Refusals are 4xx with a stable code; [every code is explained](/docs/errors).",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "tags": TAGS.iter().chain([&simulator::TAG]).map(tag).collect::<Vec<_>>(),
        "servers": [{"url": "/"}],
        "paths": paths,
        "webhooks": reports::webhooks(),
        "components": {
            "schemas": components,
            "examples": schemas::examples(),
            "headers": {"RequestId": {"description": "The request's id; the log tells more under it.", "required": true,
                "schema": {"type": "string", "pattern": "^req_[0-9a-f]{16}$"}}},
            "securitySchemes": {
                "workspace_key": {"type": "http", "scheme": "bearer", "description": "A workspace's key: wsk_..."},
                "operator_key": {"type": "http", "scheme": "bearer", "description": "The operator's key: adm_..."},
            },
        },
    })
}

fn tag((name, about): &(&str, &str)) -> Value {
    json!({"name": name, "description": about})
}

/// Returns a route's name in the documentation, such as `GET /livez`.
fn name(route: &Listed) -> String {
    format!("{} {}", route.method, route.path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::routes::routes;
    use super::*;
    use crate::codes;

    #[test]
    fn every_route_is_described_once_and_nothing_else_is() {
        let docs = docs();
        let mut described = BTreeSet::new();
        for doc in &docs {
            assert!(described.insert(doc.route), "described twice: {}", doc.route);
        }
        let routes: Vec<String> = routes().iter().map(name).collect();
        let routes: BTreeSet<&str> = routes.iter().map(String::as_str).collect();
        assert!(routes.is_subset(&described), "not described: {:?}", routes.difference(&described));
        assert!(described.is_subset(&routes), "no such route: {:?}", described.difference(&routes));
    }

    #[test]
    fn every_route_is_about_something_in_the_list_and_everything_in_the_list_has_a_route() {
        let used: BTreeSet<&str> = docs().iter().map(|doc| doc.tag).collect();
        let listed: BTreeSet<&str> = TAGS.iter().map(|(name, _)| *name).collect();
        assert_eq!(used, listed);
        assert_eq!(TAGS.len(), listed.len(), "one stands there twice");
    }

    #[test]
    fn every_code_of_the_description_is_a_refusal_of_the_catalogue() {
        for doc in docs() {
            for code in doc.codes() {
                assert!(codes::find(code).is_some_and(|code| code.status().is_some()), "{}: {code}", doc.route);
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document(&routes());
        let text = document.to_string();
        let references: Vec<&str> =
            text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 50, "{references:?}");
        for reference in references {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }
}
