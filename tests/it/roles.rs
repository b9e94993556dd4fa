//! Every route with every kind of key: who gets in, and who sees what.

use actix_web::http::Method;
use serde_json::{Value, json};
use tidings::http::{Listed, Role, routes};

use crate::harness::client::message;
use crate::harness::{ADMIN_KEY, Answer, Http, Request, SOON, Server, Workspace, wait_until};

const PHONE: &str = "+12025550101";
const WRONG_KEYS: [&str; 4] = [
    "",
    "wsk_0123456789ABCDEFGHIJKL0123456789ABCDEFGH",
    "adm_0123456789ABCDEFGHIJKL0123456789ABCDEFGH",
    "in_0123456789ABCDEFGHIJKL",
];

/// The ids of everything that one workspace has.
struct Owned {
    workspace: Workspace,
    account: String,
    chat: String,
    message: String,
    attempt: String,
    /// The delivery that reports the message, and its first try.
    delivery: String,
    tried: String,
    /// Not the key with which the workspace sends its requests.
    key: String,
    teammate: String,
    /// The teammate's e-mail address.
    email: String,
}

impl Owned {
    fn create(server: &Server, name: &str, account_phone: &str) -> Self {
        let workspace = server.create_workspace(name, 10);
        workspace.connect_account(account_phone);
        let url = format!("http://127.0.0.1:{}/sim/v1/echo/{}", server.port, name.to_lowercase());
        workspace.ask(&workspace.api("PATCH", "/outbound").json(&json!({"url": url}))).success();
        let message = workspace.send(PHONE, "hi");
        let chat = workspace.chats()[0]["chat_id"].as_str().unwrap().to_owned();
        let account = workspace.account(account_phone)["id"].to_string();
        let attempts = workspace.ask(&workspace.api("GET", "/inbound/attempts")).success();
        let attempt = attempts["data"][0]["id"].as_str().unwrap().to_owned();
        let key = made(&workspace, "/keys", &json!({"name": format!("key of {name}")}));
        let email = format!("sam@{}.example", name.to_lowercase());
        let teammate = made(&workspace, "/teammates", &json!({"full_name": "Sam Reed", "email": email}));
        let (delivery, tried) = reported(&workspace);
        Self { workspace, account, chat, message, attempt, delivery, tried, key, teammate, email }
    }

    /// Keys and teammates are numbered per workspace, so this creates more of them: the first workspace has none with
    /// these numbers.
    fn create_another(server: &Server, name: &str, account_phone: &str) -> Self {
        let mut other = Self::create(server, name, account_phone);
        for n in 2..5 {
            other.key = made(&other.workspace, "/keys", &json!({"name": format!("key {n} of {name}")}));
            other.email = format!("sam{n}@{}.example", name.to_lowercase());
            let teammate = json!({"full_name": "Sam Reed", "email": other.email});
            other.teammate = made(&other.workspace, "/teammates", &teammate);
        }
        other
    }

    /// The route's path with this workspace's ids. A parameter without an id here gets one that does not exist.
    fn path(&self, route: &Listed) -> String {
        let number = self.workspace.id.to_string();
        let ids = [
            ("/accounts/{id}", &self.account),
            ("/chats/{id}", &self.chat),
            ("/messages/{id}", &self.message),
            ("/attempts/{id}", &self.attempt),
            ("/deliveries/{id}", &self.delivery),
            ("/tries/{id}", &self.tried),
            ("/keys/{id}", &self.key),
            ("/teammates/{id}", &self.teammate),
            ("/workspaces/{id}", &number),
            ("/streams/{kind}/{id}", &number),
            ("/actors/{kind}/{id}", &number),
        ];
        let id = ids.into_iter().find(|(part, _)| route.path.contains(part)).map_or("4711", |(_, id)| id);
        let token = self.workspace.inbound.trim_start_matches("/in/");
        let named = [("{token}", token), ("{kind}", "workspace"), ("{id}", id), ("{position}", "1")];
        let path = named.iter().fold(route.path.to_owned(), |path, (name, value)| path.replace(name, value));
        path.split('/').map(|part| if part.starts_with('{') { "4711" } else { part }).collect::<Vec<_>>().join("/")
    }

    /// The responses of all lists and downloads of this workspace, one after the other.
    fn everything(&self, http: &Http) -> String {
        let mut shown = String::new();
        for route in routes() {
            if route.role == Role::Workspace && route.method == Method::GET && !route.path.contains('{') {
                shown.push_str(&http.ask(&request(&route, self.path(&route)).bearer(&self.workspace.api_key)).text());
            }
        }
        shown
    }

    /// Texts that nobody else may see.
    fn marks(&self) -> [&str; 8] {
        let made = [&self.account, &self.chat, &self.message, &self.attempt, &self.delivery, &self.tried];
        let [account, chat, message, attempt, delivery, tried] = made.map(String::as_str);
        [account, chat, message, attempt, delivery, tried, &self.email, &self.workspace.inbound]
    }
}

/// Creates one of these, and returns its id.
fn made(workspace: &Workspace, path: &str, body: &Value) -> String {
    let answer = workspace.ask(&workspace.api("POST", path).json(body));
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["id"].to_string()
}

/// Returns the ids of the first delivery that was posted, and of its try.
fn reported(workspace: &Workspace) -> (String, String) {
    let tried = wait_until("a report was posted", SOON, || workspace.newest("/outbound/tries").pop());
    (tried["delivery_id"].as_str().unwrap().to_owned(), tried["id"].as_str().unwrap().to_owned())
}

fn request(route: &Listed, path: String) -> Request {
    let methods = ["GET", "POST", "PATCH", "PUT", "DELETE"];
    let method = methods.into_iter().find(|method| *method == route.method.as_str()).unwrap();
    let request = Request::new(method, path);
    if route.method == Method::GET { request } else { request.json(&json!({})) }
}

fn code(answer: &Answer) -> Option<String> {
    answer.json()["error"]["code"].as_str().map(str::to_owned)
}

fn assert_unauthorized(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 401, "{what}: {answer:?}");
    assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"), "{what}: {answer:?}");
    assert_eq!(code(answer).as_deref(), Some("unauthorized"), "{what}: {answer:?}");
}

fn key(role: Role, owned: &Owned) -> Option<&str> {
    match role {
        Role::Open | Role::Inbound => None,
        Role::Workspace => Some(&owned.workspace.api_key),
        Role::Operator => Some(ADMIN_KEY),
    }
}

fn with_key(request: Request, key: Option<&str>) -> Request {
    key.into_iter().fold(request, Request::bearer)
}

#[test]
fn only_the_roles_own_key_opens_a_route() {
    let server = Server::start();
    let (mine, http) = (Owned::create(&server, "Acme", "+12025550100"), server.http());
    for route in routes().iter().filter(|route| matches!(route.role, Role::Workspace | Role::Operator)) {
        let ask = |key| http.ask(&with_key(request(route, mine.path(route)), key));
        let what = format!("{} {}", route.method, route.path);
        let foreign = if route.role == Role::Operator { &*mine.workspace.api_key } else { ADMIN_KEY };
        assert_unauthorized(&what, &ask(None));
        for wrong in WRONG_KEYS.into_iter().chain([foreign]) {
            assert_unauthorized(&what, &ask(Some(wrong)));
        }
        let basic = request(route, mine.path(route)).header("Authorization", &format!("Basic {ADMIN_KEY}"));
        assert_unauthorized(&what, &http.ask(&basic));
    }
}

#[test]
fn its_own_key_leads_to_every_handler_and_none_of_them_breaks() {
    let server = Server::start();
    let (mine, http) = (Owned::create(&server, "Acme", "+12025550100"), server.http());
    for route in routes() {
        let answer = http.ask(&with_key(request(&route, mine.path(&route)), key(route.role, &mine)));
        assert!(answer.status < 500 && ![401, 403, 405].contains(&answer.status), "{route:?}: {answer:?}");
        assert!(answer.header("X-Request-Id").is_some(), "{route:?}: {answer:?}");
    }
}

#[test]
fn an_unknown_token_opens_nothing_whatever_key_comes_with_it() {
    let server = Server::start();
    let (mine, http) = (Owned::create(&server, "Acme", "+12025550100"), server.http());
    for route in routes().iter().filter(|route| route.role == Role::Inbound) {
        for key in [None, Some(&*mine.workspace.api_key), Some(ADMIN_KEY)] {
            let path = route.path.replace("{token}", "in_0123456789ABCDEFGHIJKL");
            let answer = http.ask(&with_key(Request::post(path).json(&message(PHONE, "hi")), key));
            assert_eq!((answer.status, code(&answer).as_deref()), (404, Some("webhook_not_found")), "{answer:?}");
        }
    }
}

#[test]
fn one_workspace_never_sees_what_another_has() {
    let server = Server::start();
    let (mine, http) = (Owned::create(&server, "Acme", "+12025550100"), server.http());
    let other = Owned::create_another(&server, "Globex", "+12025550110");
    // Reports of an open stream have no other ids: tests/it/outbound/listening.rs.
    let has_id = |path: &str| path.contains('{') && !path.contains("/listen/");
    let with_id = |route: &&Listed| route.role == Role::Workspace && has_id(route.path);
    for route in routes().iter().filter(with_id) {
        let body = json!({"as": "sent", "reason": "looked", "text": "hi", "name": "x"});
        let ask = |owned: &Owned| {
            let request = request(route, owned.path(route)).bearer(&mine.workspace.api_key);
            http.ask(&if route.method == Method::GET { request } else { request.json(&body) })
        };
        let foreign = ask(&other);
        assert_eq!(foreign.status, 404, "{route:?}: {foreign:?}");
        assert!(code(&foreign).is_some_and(|code| code.ends_with("_not_found")), "{route:?}: {foreign:?}");
        assert_ne!(ask(&mine).status, 404, "{route:?}");
    }
}

#[test]
fn no_list_or_download_shows_what_another_workspace_has() {
    let server = Server::start();
    let (mine, http) = (Owned::create(&server, "Acme", "+12025550100"), server.http());
    let other = Owned::create_another(&server, "Globex", "+12025550110");
    for (owned, foreign) in [(&mine, &other), (&other, &mine)] {
        let shown = owned.everything(&http);
        for mark in owned.marks() {
            assert!(shown.contains(mark), "no {mark}: {shown}");
        }
        for mark in foreign.marks().into_iter().chain([&*foreign.workspace.api_key]) {
            assert!(!shown.contains(mark), "{mark}: {shown}");
        }
    }
    assert!(mine.everything(&http).contains("Acme") && !mine.everything(&http).contains("Globex"));
}

#[test]
fn what_another_workspace_has_is_unknown_in_bodies_and_queries_too() {
    let server = Server::start();
    let mine = Owned::create(&server, "Acme", "+12025550100");
    let other = Owned::create_another(&server, "Globex", "+12025550110");
    let api = |method, path: &str| mine.workspace.api(method, path);
    let by_chat = json!({"text": "hi", "chat_id": other.chat});
    let from_account = json!({"text": "hi", "phone": PHONE, "account": "+12025550110"});
    let chat = format!("/chats/{}", mine.chat);
    let cases = [
        (api("POST", "/messages").json(&by_chat), "chat_not_found"),
        (api("POST", "/messages").json(&from_account), "account_not_found"),
        (api("PATCH", &chat).json(&json!({"responsible_email": other.email})), "teammate_not_found"),
        (api("DELETE", "/teammates").json(&json!({"email": other.email})), "teammate_not_found"),
        (api("DELETE", &format!("/teammates?id={}", other.teammate)), "teammate_not_found"),
        (api("DELETE", &format!("/keys?id={}", other.key)), "key_not_found"),
    ];
    for (asked, wanted) in cases {
        let answer = mine.workspace.ask(&asked);
        assert_eq!((answer.status, code(&answer).as_deref()), (404, Some(wanted)), "{answer:?}");
    }
    let shown = other.everything(&server.http());
    assert!(other.marks().iter().all(|mark| shown.contains(mark)), "{shown}");
}

#[test]
fn head_is_answered_as_get_is_without_its_body() {
    let server = Server::start();
    let (mine, http) = (Owned::create(&server, "Acme", "+12025550100"), server.http());
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let get = http.ask(&with_key(Request::get(mine.path(route)), key(route.role, &mine)));
        let head = http.ask(&with_key(Request::new("HEAD", mine.path(route)), key(route.role, &mine)));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{route:?}: {head:?}");
        assert_eq!(head.header("Content-Type"), get.header("Content-Type"), "{route:?}");
    }
}

#[test]
fn a_known_path_names_the_methods_that_it_takes() {
    let server = Server::start();
    let (mine, http) = (Owned::create(&server, "Acme", "+12025550100"), server.http());
    for route in routes() {
        let answer = http.ask(&Request::new("TRACE", mine.path(&route)));
        let allowed: Vec<&str> = answer.header("Allow").unwrap_or_default().split(", ").collect();
        assert_eq!((answer.status, code(&answer).as_deref()), (405, Some("method_not_allowed")), "{route:?}");
        assert!(allowed.contains(&route.method.as_str()), "{route:?}: {allowed:?}");
        assert_eq!(allowed.contains(&"GET"), allowed.contains(&"HEAD"), "{route:?}: {allowed:?}");
    }
    let nowhere = http.ask(&Request::get("/api/v1/nothing"));
    assert_eq!((nowhere.status, nowhere.json()["error"]["code"].clone()), (404, Value::from("not_found")));
}
