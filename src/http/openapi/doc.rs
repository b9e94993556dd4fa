//! The documentation of one route, and the `OpenAPI` operation made of it.
#![expect(clippy::needless_pass_by_value, reason = "JSON is built where it is given")]

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::super::caller::Role;
use super::super::listed::Listed;
use super::schemas;
use crate::codes;
use crate::http::api::recent::SHOWN;
use crate::service::page::LIMIT_MAX;

/// Codes of every route that reads a JSON body.
const BODY: &[&str] = &["invalid_json", "not_an_object", "invalid_value", "body_too_large", "request_timeout"];

/// The documentation of one route.
pub(super) struct Doc {
    /// Method and path, such as `GET /livez`.
    pub(super) route: &'static str,
    /// The schemas that it refers to, by name.
    pub(super) schemas: Vec<(String, Value)>,
    /// Its group.
    pub(super) tag: &'static str,
    summary: &'static str,
    parameters: Vec<Value>,
    body: Option<Value>,
    must_have_body: bool,
    /// True if a browser gets a refusal as a page.
    has_pages: bool,
    answers: BTreeMap<u16, Value>,
    codes: BTreeSet<&'static str>,
}

impl Doc {
    /// Documents a route with nothing but its purpose.
    pub(super) fn new(tag: &'static str, route: &'static str, summary: &'static str) -> Self {
        Self {
            route,
            schemas: Vec::new(),
            tag,
            summary,
            parameters: Vec::new(),
            body: None,
            must_have_body: false,
            has_pages: false,
            answers: BTreeMap::new(),
            codes: BTreeSet::new(),
        }
    }

    /// Adds a required request body of this type.
    pub(super) fn takes<T: ToSchema>(mut self) -> Self {
        let schema = self.known::<T>();
        self.takes_schema(schema)
    }

    /// Adds a required request body with this schema.
    pub(super) fn takes_schema(mut self, schema: Value) -> Self {
        self.body = Some(schema);
        self.must_have_body = true;
        self.refusing(BODY).refusing(&["missing_field"])
    }

    /// Adds an optional request body of this type.
    pub(super) fn may_take<T: ToSchema>(mut self) -> Self {
        let schema = self.known::<T>();
        self.may_take_schema(schema)
    }

    /// Adds an optional request body with this schema.
    pub(super) fn may_take_schema(mut self, schema: Value) -> Self {
        self.body = Some(schema);
        self.refusing(BODY)
    }

    /// Adds a response with a body of this type.
    pub(super) fn answers<T: ToSchema>(mut self, status: u16) -> Self {
        let schema = self.known::<T>();
        self.answers_schema(status, schema)
    }

    /// Describes a type that its words mention.
    pub(super) fn mentions<T: ToSchema>(mut self) -> Self {
        self.known::<T>();
        self
    }

    /// Adds a response with this schema.
    pub(super) fn answers_schema(self, status: u16, schema: Value) -> Self {
        self.answers_with(status, json!({"application/json": {"schema": schema}}))
    }

    /// Adds a response with all rows at once.
    pub(super) fn answers_all<T: ToSchema>(mut self) -> Self {
        let row = self.known::<T>();
        self.answers_schema(200, json!({"type": "array", "items": row}))
    }

    /// Describes a response that differs from the route's summary.
    pub(super) fn saying(mut self, status: u16, about: &str) -> Self {
        if let Some(answer) = self.answers.get_mut(&status).and_then(Value::as_object_mut) {
            answer.insert("description".to_owned(), about.into());
        }
        self
    }

    /// Adds a text response with one of these content types.
    pub(super) fn answers_text(self, types: &[&str]) -> Self {
        let schema = json!({"schema": {"type": "string"}});
        let content: Map<String, Value> = types.iter().map(|name| ((*name).to_owned(), schema.clone())).collect();
        self.answers_with(200, content.into())
    }

    /// Says that the response comes as lines of JSON if the client asks for these, and what they are.
    pub(super) fn or_lines(mut self, about: &str) -> Self {
        let lines = json!({"schema": {"type": "string", "description": about}});
        if let Some(content) =
            self.answers.get_mut(&200).and_then(|answer| answer.pointer_mut("/content")?.as_object_mut())
        {
            content.insert("application/x-ndjson".to_owned(), lines);
        }
        self
    }

    /// Adds a response with server-sent events.
    pub(super) fn answers_events(self) -> Self {
        self.answers_text(&["text/event-stream"])
            .with_header("Cache-Control", "It is kept nowhere.", &json!({"const": "no-store"}))
            .with_header("X-Accel-Buffering", "A proxy passes each event on at once.", &json!({"const": "no"}))
    }

    fn answers_with(mut self, status: u16, content: Value) -> Self {
        let headers = json!({"X-Request-Id": {"$ref": "#/components/headers/RequestId"}});
        self.answers.insert(status, json!({"description": self.summary, "headers": headers, "content": content}));
        self
    }

    /// Says that a browser gets refusals as pages.
    pub(super) fn refusing_by_pages(mut self) -> Self {
        self.has_pages = true;
        self
    }

    /// Adds the headers of a page.
    pub(super) fn with_page_headers(self) -> Self {
        schemas::page_headers()
            .into_iter()
            .fold(self, |doc, (name, about, schema)| doc.with_header(name, about, &schema))
    }

    /// Adds a header that every successful response has.
    pub(super) fn with_header(self, name: &str, about: &str, schema: &Value) -> Self {
        self.describe_header(name, json!({"description": about, "required": true, "schema": schema}))
    }

    /// Adds a header that some of the successful responses have.
    pub(super) fn with_header_at_times(self, name: &str, about: &str, schema: &Value) -> Self {
        self.describe_header(name, json!({"description": about, "schema": schema}))
    }

    fn describe_header(mut self, name: &str, header: Value) -> Self {
        for answer in self.answers.values_mut() {
            if let Some(headers) = answer.get_mut("headers").and_then(Value::as_object_mut) {
                headers.insert(name.to_owned(), header.clone());
            }
        }
        self
    }

    /// Adds a response with a page of a list.
    pub(super) fn lists<T: ToSchema>(mut self) -> Self {
        let row = self.known::<T>();
        self.answers_schema(200, schemas::list(&row))
    }

    /// Adds the parameters `limit`, `after` and `before`.
    pub(super) fn paged(self) -> Self {
        self.limited().placed()
    }

    /// Like [`Doc::paged`], for the last rows of one kind.
    pub(super) fn paged_by_ten(self) -> Self {
        self.limited_by(SHOWN).placed()
    }

    /// Like [`Doc::paged`], for a list that is usually shown whole.
    pub(super) fn paged_by_500(self) -> Self {
        self.limited_by(LIMIT_MAX).placed()
    }

    /// Adds the parameter `limit`.
    pub(super) fn limited(self) -> Self {
        self.limited_by(50)
    }

    fn limited_by(self, usual: usize) -> Self {
        let limit = json!({"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": usual});
        self.query("limit", "At most so many rows.", limit)
    }

    fn placed(self) -> Self {
        let place = json!({"type": "integer", "minimum": 0, "maximum": u64::MAX});
        self.query("after", "Rows behind this place: `page.next` of the page before.", place.clone()).query(
            "before",
            "Rows before this place: `page.prev` of the page behind.",
            place,
        )
    }

    /// Adds the header of a download with this file name.
    pub(super) fn downloads(self, file: &str) -> Self {
        let pattern = format!("^attachment; filename=\"{file}\\.(json|csv|txt)\"$");
        self.with_header("Content-Disposition", "The file's name.", &json!({"type": "string", "pattern": pattern}))
            .with_header("X-Content-Type-Options", schemas::AS_NAMED, &json!({"const": "nosniff"}))
    }

    /// Adds a query parameter.
    pub(super) fn query(self, name: &str, about: &str, schema: Value) -> Self {
        self.parameter("query", name, about, schema).refusing(&["invalid_value"])
    }

    /// Adds a request header.
    pub(super) fn header(self, name: &str, about: &str, schema: Value) -> Self {
        self.parameter("header", name, about, schema).refusing(&["invalid_value"])
    }

    /// Adds a parameter in this place, of which no value is refused.
    pub(super) fn parameter(mut self, place: &str, name: &str, about: &str, schema: Value) -> Self {
        let is_in_path = place == "path";
        self.parameters
            .push(json!({"name": name, "in": place, "required": is_in_path, "description": about, "schema": schema}));
        self
    }

    /// Adds codes of refusals, besides those of the role and of the body.
    pub(super) fn refusing(mut self, codes: &[&'static str]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// Adds a schema with everything it refers to. Returns a reference to it.
    fn known<T: ToSchema>(&mut self) -> Value {
        let mut schemas = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut schemas);
        let schemas = schemas.into_iter().map(|(name, schema)| (name, json!(schema)));
        self.schemas.extend(schemas);
        schemas::reference(&T::name())
    }

    /// Builds the `OpenAPI` operation.
    pub(super) fn operation(&self, route: &Listed) -> Value {
        let id = self.route.to_lowercase().replace(['{', '}'], "");
        let words = id.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let slash = self.route.ends_with('/').then_some("slash");
        let id: Vec<&str> = words.chain(slash).collect();
        let in_path = in_path(route.path)
            .into_iter()
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": schemas::path_parameter(name)}));
        let parameters: Vec<Value> = in_path.chain(self.parameters.iter().cloned()).collect();
        let mut operation = json!({
            "operationId": id.join("_"),
            "tags": [self.tag],
            "summary": self.summary,
            "security": security(route.role),
            "parameters": parameters,
            "responses": self.responses(route),
        });
        if let (Some(body), Some(operation)) = (&self.body, operation.as_object_mut()) {
            let content = json!({"application/json": {"schema": body}});
            operation.insert("requestBody".to_owned(), json!({"required": self.must_have_body, "content": content}));
        }
        operation
    }

    fn responses(&self, route: &Listed) -> Value {
        let mut codes = self.codes.clone();
        codes.extend(by_role(route));
        let mut by_status: BTreeMap<u16, Vec<&codes::Code>> = BTreeMap::new();
        for code in codes.iter().filter_map(|name| codes::find(name)) {
            by_status.entry(code.status().unwrap_or_default()).or_default().push(code);
        }
        let refusal = |status, codes: &[&codes::Code]| {
            let refusal = schemas::refusal(status, codes);
            if self.has_pages { schemas::or_page(refusal) } else { refusal }
        };
        let refusals = by_status.into_iter().map(|(status, codes)| (status, refusal(status, &codes)));
        let good = self.answers.iter().map(|(status, answer)| (*status, answer.clone()));
        good.chain(refusals).map(|(status, answer)| (status.to_string(), answer)).collect::<Map<_, _>>().into()
    }

    /// Returns the codes that this documentation itself names.
    #[cfg(test)]
    pub(super) fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.codes.iter().copied()
    }
}

/// Returns the codes that follow from the kind of caller.
fn by_role(route: &Listed) -> &'static [&'static str] {
    match route.role {
        Role::Open => &[],
        Role::Inbound => &["webhook_not_found", "internal", "overloaded"],
        Role::Operator if route.method == Method::GET => &["unauthorized", "internal"],
        Role::Workspace if route.method != Method::GET => {
            &["unauthorized", "internal", "overloaded", "too_many_requests"]
        }
        Role::Workspace | Role::Operator => &["unauthorized", "internal", "overloaded"],
    }
}

fn security(role: Role) -> Value {
    match role {
        Role::Open | Role::Inbound => json!([]),
        Role::Workspace => json!([{"workspace_key": []}]),
        Role::Operator => json!([{"operator_key": []}]),
    }
}

pub(super) fn in_path(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|part| part.split('}').next()).collect()
}
