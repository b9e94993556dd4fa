//! A gateway in virtual time with the simulated `WhatsApp` and a few workspaces: serves requests, and has its answers
//! and its log judged.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use actix::{System, SystemRunner};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, Uri};
use actix_web::{App, test};
use actors::workspace::Workspace;
use events::ids::WorkspaceId;
use events::record::{Position, Record};
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use tidings::gateway::Gateway;

use super::judge::{self, Answer, Exchange, RememberedAnswers};
use super::launch::{ADMIN_KEY, BASE_URL, launch};
use super::request::{Request, Url};

/// Virtual time jumps when all tasks wait, so a request that waits forever is found at once.
const ENDS_WITHIN: Duration = Duration::from_hours(1);
const CREDITS: u64 = 1_000_000;
/// Turns of the runtime after which everything that is ready has been done.
const TURNS: usize = 64;
const NEVER_ISSUED: &str = "/in/in_0000000000000000000000";

/// The address of the caller: a trusted proxy.
const PEER: ([u8; 4], u16) = ([127, 0, 0, 1], 40_000);

type Ask = Rc<dyn Fn(test::TestRequest) -> LocalBoxFuture<'static, Answer>>;

/// A running gateway.
pub struct House {
    /// `None` only while a request is served, and once it is dropped.
    system: Option<SystemRunner>,
    gateway: Gateway,
    ask: Ask,
    tenants: BTreeMap<Url, Tenant>,
    kept: RememberedAnswers,
    served: usize,
}

/// A workspace and its secret path.
#[derive(Debug, Clone)]
struct Tenant {
    id: WorkspaceId,
    path: String,
}

impl House {
    /// Launches a gateway and creates its workspaces.
    pub fn open() -> Self {
        let paused = || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            builder.enable_all().start_paused(true).build().expect("a runtime")
        };
        let system = System::with_tokio_rt(paused);
        let (gateway, ask, tenants) = system.block_on(async {
            let gateway = launch();
            let ask = asking(&gateway).await;
            let mut tenants = BTreeMap::new();
            for url in [Url::Open, Url::Strict, Url::Disabled, Url::Poor, Url::Empty] {
                tenants.insert(url, furnish(&ask, url).await);
            }
            quiet().await;
            (gateway, ask, tenants)
        });
        Self { system: Some(system), gateway, ask, tenants, kept: RememberedAnswers::default(), served: 0 }
    }

    /// Returns the number of requests it has served.
    pub fn served(&self) -> usize {
        self.served
    }

    /// Sends a request and judges the answer.
    pub fn serve(&mut self, request: &Request<'_>) {
        let tenant = self.tenants.get(&request.url).cloned();
        let odd = || format!("/in/{}", String::from_utf8_lossy(request.odd));
        let path = match &tenant {
            Some(tenant) => tenant.path.clone(),
            None if request.url == Url::Odd => odd(),
            None => NEVER_ISSUED.to_owned(),
        };
        // A server never passes on a path that is not a URI, or one that names a host.
        let Some(uri) = path.parse::<Uri>().ok().filter(|uri| uri.host().is_none()) else { return };
        self.served += 1;
        let system = self.system.take().expect("it stands");
        let seen = system.block_on(async {
            let seen = tokio::time::timeout(ENDS_WITHIN, self.ask(request, &uri, tenant.as_ref())).await;
            seen.unwrap_or_else(|_| panic!("no end within {ENDS_WITHIN:?}: {request:?}"))
        });
        let secret = tenant.as_ref().and_then(|tenant| tenant.path.strip_prefix("/in/"));
        judge::judge(request, &seen, secret, &mut self.kept);
        system.block_on(async {
            tokio::time::sleep(Duration::from_millis(request.pause_ms)).await;
            quiet().await;
        });
        self.system = Some(system);
    }

    /// Sends a request, and reads the balance and the log before and after.
    async fn ask(&self, request: &Request<'_>, uri: &Uri, tenant: Option<&Tenant>) -> Exchange {
        let balance_before = self.balance(tenant).await;
        let position = self.gateway.shard.watermark().sequenced();
        let answer = (self.ask)(to_send(request, uri)).await;
        let records = self.records_after(position);
        let balance = self.balance(tenant).await;
        Exchange { workspace: tenant.map(|tenant| tenant.id), answer, records, balance_before, balance }
    }

    async fn balance(&self, tenant: Option<&Tenant>) -> u64 {
        let Some(tenant) = tenant else { return 0 };
        let seen = self.gateway.shard.inspect::<Workspace, _>(tenant.id, |state| state.balance).await;
        seen.expect("a workspace can be looked at").value
    }

    fn records_after(&self, position: Position) -> Vec<Record> {
        if self.gateway.shard.watermark().sequenced() == position {
            return Vec::new();
        }
        let history = self.gateway.shard.history();
        let records = history.log().read(position.saturating_add(1)).map(|stored| stored.expect("the log reads"));
        records.map(|stored| history.decode(&stored).expect("what was written can be read")).collect()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // A dropped system polls its actors once more, and their timers need a runtime.
        let grave = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let _inside = grave.enter();
        drop(self.system.take());
    }
}

async fn asking(gateway: &Gateway) -> Ask {
    let routes = gateway.clone();
    let app = App::new().configure(move |config| tidings::http::configure(config, &routes));
    let app = Rc::new(test::init_service(app).await);
    Rc::new(move |request| {
        let app = Rc::clone(&app);
        Box::pin(async move { read(app.call(request.to_request()).await.expect("every error is an answer")).await })
    })
}

async fn read(answer: ServiceResponse) -> Answer {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Answer { status, headers, body: test::read_body(answer).await }
}

fn to_send(request: &Request<'_>, uri: &Uri) -> test::TestRequest {
    let mut sent = test::TestRequest::with_uri(&uri.to_string()).method(request.method.clone());
    for header in &request.headers {
        sent = sent.append_header(header.clone());
    }
    sent.peer_addr(SocketAddr::from(PEER)).set_payload(request.body.to_vec())
}

/// Creates the workspace behind a URL.
async fn furnish(ask: &Ask, url: Url) -> Tenant {
    let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
    let credits = if url == Url::Poor { 1 } else { CREDITS };
    let body = json!({"name": "Acme", "owner": owner, "credits": credits});
    let made = order(ask, Method::POST, "/admin/v1/workspaces", ADMIN_KEY, &body).await;
    let text = |field: &str| made.get(field).and_then(Value::as_str).expect("the answer has it");
    let key = text("api_key");
    if url != Url::Empty {
        // A number can be connected in one workspace only.
        let phone = match url {
            Url::Strict => "+12025550190",
            Url::Disabled => "+12025550191",
            Url::Poor => "+12025550192",
            _ => "+12025550100",
        };
        let account = json!({"phone": phone, "full_name": "Sales", "email": "sales@acme.example"});
        order(ask, Method::POST, "/api/v1/accounts", key, &account).await;
    }
    let settings = json!({"enabled": url != Url::Disabled, "strict": url == Url::Strict});
    order(ask, Method::PATCH, "/api/v1/inbound", key, &settings).await;
    let path = text("inbound_url").strip_prefix(BASE_URL).expect("our own address").to_owned();
    let id = made.get("workspace_id").and_then(Value::as_u64).and_then(WorkspaceId::new);
    Tenant { id: id.expect("a workspace's id"), path }
}

async fn order(ask: &Ask, method: Method, path: &str, key: &str, body: &Value) -> Value {
    let request = test::TestRequest::with_uri(path).method(method).set_payload(body.to_string());
    let answer = ask(request.append_header(("authorization", format!("Bearer {key}")))).await;
    assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// Waits until everything that is due has been done; only one millisecond passes.
async fn quiet() {
    tokio::time::sleep(Duration::from_millis(1)).await;
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}
