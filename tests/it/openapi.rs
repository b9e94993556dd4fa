//! The `OpenAPI` document: valid, complete, and as strict about keys as the routes are.

use serde_json::{Value, json};
use tidings::codes;
use tidings::http::{Role, routes};

use crate::harness::described::{self, DOCUMENT};
use crate::harness::{Answer, Request, Server};

fn operation(route: &tidings::http::Listed) -> &'static Value {
    &DOCUMENT["paths"][route.path][route.method.as_str().to_lowercase()]
}

#[test]
fn the_description_is_openapi_3_1() {
    let server = Server::start();
    let shown = server.http().ask(&Request::get("/openapi.json"));
    assert_eq!(shown.header("Content-Type"), Some("application/json"));
    assert_eq!(shown.json(), *DOCUMENT);
    let read = oas3::from_json(shown.text()).expect("another program reads it");
    assert_eq!(read.openapi, "3.1.0");
    let of_transports = DOCUMENT["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/sim/v1/"));
    let of_transports: usize = of_transports.map(|(_, operations)| operations.as_object().unwrap().len()).sum();
    assert!(of_transports > 10, "the simulator's routes are described too");
    let opened_by_people = usize::from(DOCUMENT["paths"]["/in/{token}"]["get"].is_object());
    assert_eq!(opened_by_people, 1, "what a person gets at a secret URL");
    assert_eq!(read.operations().count(), routes().len() + of_transports + opened_by_people);
}

#[test]
fn every_route_is_described_with_the_key_that_it_wants() {
    for route in routes() {
        let wanted = match route.role {
            Role::Open | Role::Inbound => json!([]),
            Role::Workspace => json!([{"workspace_key": []}]),
            Role::Operator => json!([{"operator_key": []}]),
        };
        let operation = operation(&route);
        assert_eq!(operation["security"], wanted, "{route:?}");
        // Who may read it is configured.
        let may_want = wanted != json!([]) || route.path == "/checkpoint";
        assert_eq!(operation["responses"]["401"].is_object(), may_want, "{route:?}");
        for field in ["summary", "operationId"] {
            assert!(operation[field].as_str().is_some_and(|text| !text.is_empty()), "{route:?}: {field}");
        }
        let good = operation["responses"].as_object().unwrap().keys().filter(|status| status.starts_with('2'));
        let parameters = operation["parameters"].as_array().unwrap();
        let two = parameters.iter().any(|one| one["name"] == "Dry-Run") && route.role != Role::Inbound;
        assert_eq!(good.count(), if two { 2 } else { 1 }, "{route:?}");
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    for route in routes() {
        let parameters = operation(&route)["parameters"].as_array().unwrap();
        let mut described: Vec<&str> = Vec::new();
        described.extend(parameters.iter().filter(|one| one["in"] == "path").filter_map(|one| one["name"].as_str()));
        let wanted: Vec<&str> = route.path.split(['{', '}']).skip(1).step_by(2).collect();
        assert_eq!(described, wanted, "{route:?}");
    }
}

#[test]
fn every_described_refusal_stands_in_the_catalogue_with_its_status() {
    for route in routes() {
        for (status, answer) in operation(&route)["responses"].as_object().unwrap() {
            let examples = answer["content"]["application/json"]["examples"].as_object();
            for code in examples.into_iter().flat_map(|examples| examples.keys()) {
                let known = codes::find(code).and_then(codes::Code::status).map(|status| status.to_string());
                assert_eq!(known.as_ref(), Some(status), "{route:?}: {code}");
            }
        }
    }
}

#[test]
fn an_answer_that_is_not_as_described_is_noticed() {
    let get = Request::get("/api/v1/credits");
    let answer = |status, content_type: &str, body: &str| Answer {
        status,
        headers: vec![
            ("Content-Type".to_owned(), content_type.to_owned()),
            ("X-Request-Id".to_owned(), "req_0123456789abcdef".to_owned()),
        ],
        body: body.into(),
    };
    let faults = |status, content_type, body| described::faults(&get, &answer(status, content_type, body)).len();
    assert_eq!(faults(200, "application/json", r#"{"balance":1}"#), 0);
    assert_eq!(faults(201, "application/json", r#"{"balance":1}"#), 1);
    assert_eq!(faults(200, "text/html", "1"), 1);
    assert_eq!(faults(200, "application/json", r#"{"balance":"1"}"#), 1);
    assert_eq!(faults(200, "application/json", "{}"), 1);
    let refusal = r#"{"status":401,"data":{},"message":"no"}"#;
    assert_eq!(faults(401, "application/json", refusal), 1, "no WWW-Authenticate");
}

#[test]
fn the_page_loads_the_description_and_nothing_from_elsewhere() {
    let server = Server::start();
    let http = server.http();
    let page = http.ask(&Request::get("/docs")).text();
    let loaded: Vec<&str> = page.split(['"']).filter(|text| text.starts_with('/') || text.contains("://")).collect();
    assert_eq!(loaded, ["/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/start.js"]);
    assert!(http.ask(&Request::get("/docs/start.js")).text().contains("url: \"/openapi.json\""));
    assert!(http.ask(&Request::get("/docs/swagger-ui-bundle.js")).text().contains("SwaggerUIBundle"));
    assert!(!page.contains("<style") && !page.contains("onload") && page.matches("<script").count() == 2);
}
