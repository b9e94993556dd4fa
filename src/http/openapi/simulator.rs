//! Documentation of the simulated `WhatsApp`'s routes, which are there only with `[simulator] enabled = true`.

use serde_json::{Map, Value, json};

use super::schemas::object;

/// The group of these routes, and what it is about.
pub(super) const TAG: (&str, &str) = (
    "Simulator",
    "A pretended WhatsApp, for programs on this machine and, with the operator's key, for others; only with `[simulator] \
     enabled = true`. Its numbers behave as named: +12025550140 is not on WhatsApp; +12025550141 fails with a server error \
     every time; +12025550142 fails twice and is then sent; +12025550143 answers after 20 s; +12025550144 gets the message, and \
     its answer is lost; +12025550145 blocks the account. All others get what is sent, deliver it after 0.2 s and read it \
     after 1 s.",
);

/// A route: method and path, summary, body, and what is answered with 200.
struct SimulatorRoute {
    route: (&'static str, &'static str),
    summary: &'static str,
    body: Option<Value>,
    answer: Option<Value>,
    parameters: Vec<Value>,
}

/// Returns the operations by path.
pub(super) fn paths() -> Map<String, Value> {
    let mut paths: Map<String, Value> = Map::new();
    for route in [by_people(), phones(), echo(), by_gateways()].into_iter().flatten() {
        let (method, path) = route.route;
        let operations = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(operations) = operations.as_object_mut() {
            operations.insert(method.to_owned(), route.operation());
        }
    }
    paths
}

fn get(path: &'static str, summary: &'static str, answer: Value) -> SimulatorRoute {
    SimulatorRoute { route: ("get", path), summary, body: None, answer: Some(answer), parameters: Vec::new() }
}

fn post(path: &'static str, summary: &'static str, body: Option<Value>, answer: Value) -> SimulatorRoute {
    SimulatorRoute { route: ("post", path), summary, body, answer: Some(answer), parameters: Vec::new() }
}

fn put(path: &'static str, summary: &'static str, settings: Value) -> SimulatorRoute {
    let (body, answer) = (Some(settings.clone()), Some(settings));
    SimulatorRoute { route: ("put", path), summary, body, answer, parameters: Vec::new() }
}

fn by_people() -> Vec<SimulatorRoute> {
    let heard = || object(json!({"message_id": {"type": "string"}}));
    let incoming = json!({
        "type": "object",
        "required": ["account"],
        "properties": {
            "account": phone("The account that is written to."),
            "from": phone("Who writes; beside `jid` a member of that group."),
            "jid": {"type": ["string", "null"], "description": "The group, or the person, in place of `from`."},
            "name": text("The name that the contact shows.", 256),
            "text": text("Left out only with a file.", 65_536),
            "file_name": text("A small file with this name comes along.", 256),
        },
    });
    let typed = json!({
        "type": "object",
        "required": ["account", "text"],
        "properties": {
            "account": phone("The account on whose phone it is typed."),
            "to": phone("For whom it is; this or `jid`."),
            "jid": {"type": ["string", "null"]},
            "text": text("What is typed.", 65_536),
        },
    });
    let status = json!({"name": "status", "in": "path", "required": true,
        "schema": {"type": "string", "enum": ["sent", "delivered", "read"]}});
    let mut receipt = post(
        "/sim/v1/accounts/{phone}/receipts/{id}/{status}",
        "Reports a message's status, once more or for the first time",
        None,
        object(json!({"message_id": {"type": "string"}, "status": {"type": "string"}})),
    );
    receipt.parameters.push(status);
    vec![
        post("/sim/v1/receive", "A contact or a group writes to an account", Some(incoming), heard()),
        post("/sim/v1/sent", "Something is typed on the account's own phone", Some(typed), heard()),
        receipt,
    ]
}

fn phones() -> Vec<SimulatorRoute> {
    let file = object(json!({
        "name": {"type": "string"}, "size": count(), "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    }));
    let message = object(json!({
        "message_id": {"type": "string", "description": "Our own id of it, which no real phone shows."},
        "wire_id": {"type": "string", "description": "The id under which WhatsApp and the recipient know it."},
        "from": {"type": "string"},
        "text": {"type": "string"},
        "file": {"anyOf": [file, {"type": "null"}]},
        "at": {"type": "string", "format": "date-time"},
    }));
    let connection = || object(json!({"account": {"type": "string"}, "connected": {"type": "boolean"}}));
    let share = |about: &str| json!({"type": "number", "minimum": 0, "maximum": 1, "default": 0, "description": about});
    let chaos = json!({"type": "object", "properties": {
        "error": share("How often a server error is answered."),
        "not_registered": share("How many messages go to numbers that are not on WhatsApp."),
        "slow_ms": {"type": "integer", "minimum": 0, "maximum": 600_000, "default": 0, "description": "More time for each answer."},
        "uncertain": share("How often an answer is lost; half of these messages arrive."),
        "accepted": share("How often a message is taken first and sent a little later."),
        "refused_later": share("How often a message is taken first and refused a little later."),
        "spelled": share("How often a message is taken first and the answer spells the number otherwise, if it has two spellings."),
        "hidden": share("How often a person writes from a hidden number (@lid), or it is named beside the phone number."),
    }});
    let stats = object(json!({"sends": count(), "duplicates": count()}));
    vec![
        get("/sim/v1/phones/{phone}/messages", "What a phone or group got, the newest first", list(&message)),
        post("/sim/v1/accounts/{phone}/disconnect", "Cuts off an account's connection", None, connection()),
        post("/sim/v1/accounts/{phone}/connect", "Restores it", None, connection()),
        get("/sim/v1/chaos", "How often something goes wrong", chaos.clone()),
        put("/sim/v1/chaos", "Sets how often something goes wrong; what is left out is 0", chaos),
        get("/sim/v1/stats", "Messages sent so far, and how many ids came again", stats),
    ]
}

fn echo() -> Vec<SimulatorRoute> {
    let request = object(json!({
        "at": {"type": "string", "format": "date-time"},
        "method": {"type": "string"},
        "query": {"type": "string"},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "body": {"type": "string"},
        "body_bytes": count(),
        "body_cut": {"type": "boolean"},
        "status": {"type": "integer"},
    }));
    let settings = json!({"type": "object", "properties": {
        "status": {"type": "integer", "minimum": 200, "maximum": 599, "default": 200},
        "delay_ms": {"type": "integer", "minimum": 0, "maximum": 600_000, "default": 0},
        "retry_after": {"type": ["integer", "null"], "minimum": 0, "maximum": 86_400},
    }});
    let receive = SimulatorRoute {
        route: ("post", "/sim/v1/echo/{name}"),
        summary: "A receiver of reports: keeps what comes, by any method, and answers as it was told, usually 200",
        body: None,
        answer: None,
        parameters: Vec::new(),
    };
    vec![
        receive,
        get("/sim/v1/echo/{name}/requests", "The last 100 requests that it got, the newest first", list(&request)),
        put("/sim/v1/echo/{name}/settings", "Sets how it answers; what is left out is as usual", settings),
    ]
}

/// What a gateway asks of a simulator that is a process of its own.
fn by_gateways() -> Vec<SimulatorRoute> {
    let sent = json!({
        "type": "object",
        "required": ["id", "from", "to", "text"],
        "properties": {
            "id": {"type": "string", "description": "The message's id; a second one with the same id is dropped and counted."},
            "wire_id": {"type": ["string", "null"], "description": "The id that the phone shows; the message's id if left out."},
            "from": {"type": "string"},
            "to": {"type": "string"},
            "text": {"type": "string"},
            "file": {"anyOf": [
                object(json!({"name": {"type": "string"}, "mime": {"type": "string"}, "base64": {"type": "string"}})),
                {"type": "null"},
            ]},
        },
    });
    let outcome = json!({"type": "object", "additionalProperties": true, "required": ["outcome"],
        "description": "Besides the outcome, what is known of it.", "properties": {"outcome": {"type": "string", "enum": [
        "sent", "accepted", "failed", "rate_limited", "not_connected", "server_error", "unknown", "stopped",
    ]}}});
    let update = json!({"type": "object", "additionalProperties": true, "required": ["sequence", "account", "kind"],
        "description": "Besides these, what its kind has.", "properties": {
        "sequence": count(), "account": {"type": "string"}, "kind": {"type": "string", "enum": ["status", "message", "connection"]},
    }});
    let lookup = object(json!({"lookup": {"type": "string", "enum": ["sent", "not_sent", "unknown"]}}));
    let whole = |name: &str, about: &str| {
        let schema = json!({"type": "integer", "minimum": 0, "maximum": u64::MAX});
        json!({"name": name, "in": "query", "description": about, "schema": schema})
    };
    let mut updates = get("/sim/v1/updates", "What happened on the phones after an update", list(&update));
    updates.parameters.push(whole("after", "The last update's sequence."));
    updates.parameters.push(whole("wait_ms", "How long to wait for one, 20,000 at most."));
    vec![
        post("/sim/v1/send", "A gateway hands a message over; 504 if the answer is lost", Some(sent), outcome),
        updates,
        get("/sim/v1/messages/{id}", "Whether a message was sent", lookup),
    ]
}

impl SimulatorRoute {
    fn operation(self) -> Value {
        let (method, path) = self.route;
        let in_path = super::doc::in_path(path).into_iter();
        let known: Vec<&str> = self.parameters.iter().filter_map(|known| known.get("name")?.as_str()).collect();
        let in_path = in_path.filter(|name| !known.contains(name)).map(
            |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}),
        );
        let parameters: Vec<Value> = in_path.chain(self.parameters.iter().cloned()).collect();
        let id = format!("{method}{}", path.replace(['/', '{', '}'], "_").replace("__", "_"));
        let mut operation = json!({
            "operationId": id.trim_end_matches('_'),
            "tags": [TAG.0],
            "summary": self.summary,
            "security": [],
            "parameters": parameters,
            "responses": responses(self.answer.as_ref(), path),
        });
        if let (Some(body), Some(operation)) = (self.body, operation.as_object_mut()) {
            let content = json!({"application/json": {"schema": body}});
            operation.insert("requestBody".to_owned(), json!({"required": true, "content": content}));
        }
        operation
    }
}

fn responses(answer: Option<&Value>, path: &str) -> Value {
    let refusal = json!({"$ref": "#/components/schemas/SimulatorRefusal"});
    let headers = json!({"Cache-Control": {"description": "It is kept nowhere.", "required": true,
        "schema": {"const": "no-store"}}});
    let with = |about: &str, schema: &Value| {
        let content = json!({"application/json": {"schema": schema}});
        json!({"description": about, "headers": headers, "content": content})
    };
    let refused = |about: &str| with(about, &refusal);
    let mut responses = json!({
        "400": refused("A field does not fit; the message names it."),
        "403": refused("The request came from elsewhere, without the operator's key."),
        "404": refused("There is nothing like this."),
        "409": refused("There are as many of these as there may be."),
    });
    let good = answer.map(|answer| with("It is so.", answer));
    if let Some(responses) = responses.as_object_mut() {
        match good {
            Some(good) => drop(responses.insert("200".to_owned(), good)),
            None => drop(responses.insert("default".to_owned(), as_told(headers.clone()))),
        }
        if path == "/sim/v1/send" {
            responses.insert("504".to_owned(), json!({"description": "The answer is lost.", "headers": headers}));
        }
    }
    responses
}

/// Returns what a receiver answers that was told how.
fn as_told(mut headers: Value) -> Value {
    if let Some(headers) = headers.as_object_mut() {
        let retry_after = json!({"description": "Seconds, if it was told so.", "schema": count()});
        headers.insert("Retry-After".to_owned(), retry_after);
    }
    json!({"description": "As it was told.", "headers": headers})
}

/// Returns the schema of the simulator's refusals, by name.
pub(super) fn refusal() -> (String, Value) {
    let schema = object(json!({
        "status": {"type": "integer"}, "data": {"type": "object", "maxProperties": 0}, "message": {"type": "string"},
    }));
    ("SimulatorRefusal".to_owned(), schema)
}

fn list(row: &Value) -> Value {
    let page = object(json!({"next": {"type": "null"}, "prev": {"type": "null"}}));
    object(json!({"data": {"type": "array", "items": row}, "page": page}))
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn phone(about: &str) -> Value {
    json!({"type": ["string", "null"], "maxLength": 64, "description": about, "example": "+12025550101"})
}

fn text(about: &str, characters_max: u32) -> Value {
    json!({"type": ["string", "null"], "maxLength": characters_max, "description": about})
}
