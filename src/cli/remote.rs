//! An HTTP client for a gateway: calls it as the operator or as a workspace, and turns refusals into failures.

mod lines;

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::args::{Access, Cli, Operator, SimulatorUrl};
use super::data_dir::{data_dir, gateway_of, kept_api_key, kept_key};
use super::exit::{Exit, Failure};
use crate::config::Config;

const TIMEOUT: Duration = Duration::from_mins(10);
/// The time-out of a response that never ends.
const FOREVER: Duration = Duration::from_hours(24 * 365);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The environment variable with the operator's key.
const ADMIN_KEY: &str = "TIDINGS_ADMIN_KEY";
/// The characters to encode in a segment of a path: all but the unreserved ones of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The page size when reading a whole list.
const PAGE: u16 = 500;

/// The kind of key that a gateway is called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credential {
    /// The operator's key.
    Operator,
    /// A workspace's API key.
    Workspace,
}

impl Credential {
    const fn key(self) -> &'static str {
        match self {
            Self::Operator => "the operator's key",
            Self::Workspace => "the API key",
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Operator => "set TIDINGS_ADMIN_KEY or use --admin-key",
            Self::Workspace => "set TIDINGS_API_KEY or use --api-key",
        }
    }
}

#[derive(Clone)]
pub(super) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Call {
    /// Creates a request without a body.
    pub(super) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), headers: Vec::new(), body: None }
    }

    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(super) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, path) }
    }

    pub(super) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::PATCH, path) }
    }

    pub(super) fn put(path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::PUT, path) }
    }

    #[cfg(test)]
    pub(super) fn into_body(self) -> Option<Value> {
        self.body
    }

    /// Adds a query parameter, if there is a value.
    pub(super) fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Adds a header, if there is a value.
    pub(super) fn header(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.headers.extend(value.map(|value| (name, value.to_string())));
        self
    }
}

/// A gateway to call.
pub(super) struct Remote {
    client: Client,
    runtime: Runtime,
    url: String,
    key: Option<String>,
    endpoint: Credential,
}

impl Remote {
    /// Prepares calls to the gateway at a URL; connects later.
    pub(super) fn new(url: &str, key: Option<String>, endpoint: Credential) -> Result<Self, Failure> {
        let client = crate::net::client::builder().timeout(TIMEOUT).connect_timeout(CONNECT_TIMEOUT).build();
        let client = client.map_err(|error| Failure::because(Exit::Failed, &error))?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Failure::because(Exit::Failed, &error))?;
        Ok(Self { client, runtime, url: url.trim_end_matches('/').to_owned(), key, endpoint })
    }

    /// Finds the gateway for an operator's command, and the key.
    pub(super) fn operator(cli: &Cli, operator: &Operator) -> Result<Self, Failure> {
        let given = operator.admin_key.clone();
        let Some(url) = &operator.url else {
            let config = super::config(cli, None)?;
            let directory = data_dir(cli, &config);
            let preset = || config.admin_key.as_ref().map(|key| key.reveal().to_owned());
            let (url, key) = gateway_of(directory, given.or_else(preset), kept_key)?;
            return Self::new(&url, key, Credential::Operator)?.with_a_key();
        };
        // A stored key is sent to a given URL only if the data directory that holds the key was given as well.
        let kept = || cli.data_dir.as_deref().map_or(Ok(None), kept_key);
        let key = given.map_or_else(kept, |key| Ok(Some(key)))?;
        Self::new(url, key, Credential::Operator)?.with_a_key()
    }

    /// Finds the gateway for a workspace's command, and the key.
    pub(super) fn workspace(cli: &Cli, access: &Access) -> Result<Self, Failure> {
        Self::workspace_if_keyed(cli, access)?.with_a_key()
    }

    /// Like `workspace`, but the key may be missing.
    fn workspace_if_keyed(cli: &Cli, access: &Access) -> Result<Self, Failure> {
        let given = access.api_key.clone();
        if let Some(url) = &access.url {
            // As for the operator's key.
            let kept = || cli.data_dir.as_deref().map_or(Ok(None), kept_api_key);
            let key = given.map_or_else(kept, |key| Ok(Some(key)))?;
            return Self::new(url, key, Credential::Workspace);
        }
        let config: Config = super::config(cli, None)?;
        let directory = data_dir(cli, &config);
        let (url, key) = gateway_of(directory, given, kept_api_key)?;
        Self::new(&url, key, Credential::Workspace)
    }

    /// Like `workspace`, but returns `None` if there is no key.
    pub(super) fn keyed_workspace(cli: &Cli, access: &Access) -> Result<Option<Self>, Failure> {
        let remote = Self::workspace_if_keyed(cli, access)?;
        Ok(Some(remote).filter(|remote| remote.key.as_ref().is_some_and(|key| !key.is_empty())))
    }

    /// Finds the simulator. The operator's key is needed only from another machine, so it may be missing.
    pub(super) fn simulator(cli: &Cli, simulator: &SimulatorUrl) -> Result<Self, Failure> {
        if let Some(url) = &simulator.url {
            let given = std::env::var(ADMIN_KEY).ok().filter(|key| !key.is_empty());
            // No key is needed on this machine, so a key file that cannot be read is ignored.
            let kept = || cli.data_dir.as_deref().and_then(|directory| kept_key(directory).ok().flatten());
            return Self::new(url, given.or_else(kept), Credential::Operator);
        }
        let config = super::config(cli, None)?;
        let directory = data_dir(cli, &config);
        let preset = config.admin_key.as_ref().map(|key| key.reveal().to_owned());
        let found = gateway_of(directory, preset, kept_key).or_else(|_| gateway_of(directory, None, |_| Ok(None)));
        let (url, key) = found?;
        Self::new(&url, key, Credential::Operator)
    }

    fn with_a_key(self) -> Result<Self, Failure> {
        if self.key.as_ref().is_none_or(String::is_empty) {
            return Err(Failure::new(Exit::NotAllowed, format!("{} is missing", self.endpoint.key()))
                .hint(self.endpoint.hint()));
        }
        Ok(self)
    }

    /// Sends a request and parses the JSON response; null if the response has no body.
    pub(super) fn ask(&self, call: Call) -> Result<Value, Failure> {
        let bytes = self.download(call)?;
        if bytes.is_empty() { Ok(Value::Null) } else { self.read(&bytes) }
    }

    /// Sends a request and parses the response as a known type.
    pub(super) fn typed<T: DeserializeOwned>(&self, call: Call) -> Result<T, Failure> {
        self.read(&self.download(call)?)
    }

    pub(super) fn read<T: DeserializeOwned>(&self, answer: &[u8]) -> Result<T, Failure> {
        serde_json::from_slice(answer).map_err(|error| {
            let what =
                if error.is_data() { format!("with what was asked for ({error})") } else { "with JSON".to_owned() };
            Failure::new(Exit::Failed, format!("{} does not answer {what}", self.url)).hint("is this a gateway?")
        })
    }

    /// Sends a request and returns the response's bytes.
    pub(super) fn download(&self, call: Call) -> Result<Vec<u8>, Failure> {
        self.runtime.block_on(self.send(call))
    }

    /// Reads all pages of a list and returns their rows.
    pub(super) fn all(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let mut rows = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let call = Call::get(path).query("limit", Some(PAGE)).query("after", after.as_ref());
            let (mut page, next) = rows_of(self.ask(call)?);
            rows.append(&mut page);
            if next.is_none() || next == after {
                return Ok(rows);
            }
            after = next;
        }
    }

    /// Runs a task that makes several calls at once.
    pub(super) fn run<T>(&self, task: impl Future<Output = T>) -> T {
        self.runtime.block_on(task)
    }

    /// Sends a request whose response never ends by itself.
    pub(super) async fn stream(&self, call: Call) -> Result<Response, Failure> {
        self.answer(call, Some(FOREVER)).await
    }

    /// Sends a request and returns the response's bytes.
    pub(super) async fn send(&self, call: Call) -> Result<Vec<u8>, Failure> {
        let answer = self.answer(call, None).await?;
        let bytes = answer.bytes().await.map_err(|error| self.not_sent(&error))?;
        Ok(bytes.to_vec())
    }

    /// Sends a request and returns the response, if it is a success.
    async fn answer(&self, call: Call, time: Option<Duration>) -> Result<Response, Failure> {
        let mut url = Url::parse(&format!("{}{}", self.url, call.path))
            .map_err(|error| Failure::new(Exit::Usage, format!("{}: {error}", self.url)))?;
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let mut request = self.client.request(call.method, url);
        request = call.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        if let Some(time) = time {
            request = request.timeout(time);
        }
        let answer = request.send().await.map_err(|error| self.not_sent(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let bytes = answer.bytes().await.map_err(|error| self.not_sent(&error))?;
        Err(self.refused(status, &bytes))
    }

    /// The failure if the request could not be built or got no response.
    fn not_sent(&self, error: &reqwest::Error) -> Failure {
        let exit = if error.is_builder() { Exit::Usage } else { Exit::Unreachable };
        let failure = Failure::because(exit, error);
        let message = format!("no answer from {}: {}", self.url, failure.message);
        Failure::new(exit, message).hint("is the gateway running there? --url or TIDINGS_URL names another one")
    }

    fn refused(&self, status: StatusCode, bytes: &[u8]) -> Failure {
        let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
        // It may repeat what a stranger wrote, who must not add a line.
        let one_line = |text: &Value| Some(text.as_str()?.replace(char::is_control, " "));
        let said = body.get("message").and_then(one_line);
        let details = |name| body.pointer(&format!("/error/{name}")).and_then(one_line);
        let exit = exit_of(status);
        let mut failure = match (exit, said) {
            (Exit::NotAllowed, said) => {
                let said = said.unwrap_or_else(|| "no explanation".to_owned());
                Failure::new(exit, format!("{} refuses {}: {said}", self.url, self.endpoint.key()))
                    .hint(self.endpoint.hint())
            }
            (_, Some(said)) => Failure::new(exit, said),
            (_, None) => Failure::new(exit, format!("{} answered {status}", self.url)),
        };
        failure.code = details("code");
        match details("hint") {
            Some(hint) if exit != Exit::NotAllowed => failure.hint(hint),
            _ => failure,
        }
    }
}

/// Maps the status of a refusal to an exit code.
fn exit_of(status: StatusCode) -> Exit {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Exit::NotAllowed,
        StatusCode::NOT_FOUND => Exit::NotFound,
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Exit::Unreachable,
        _ => Exit::Failed,
    }
}

/// Returns the rows of a page, and the cursor of the next page if there is one.
pub(super) fn rows_of(mut answer: Value) -> (Vec<Value>, Option<String>) {
    let next = match answer.pointer("/page/next") {
        None | Some(Value::Null) => None,
        Some(Value::String(next)) => Some(next.clone()),
        Some(next) => Some(next.to_string()),
    };
    let rows = answer.get_mut("data").and_then(Value::as_array_mut).map(std::mem::take);
    (rows.unwrap_or_default(), next)
}

/// Percent-encodes a text as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(endpoint: Credential, status: u16, body: &str) -> Failure {
        let remote = Remote::new("http://127.0.0.1:9/", Some("key".to_owned()), endpoint).unwrap();
        remote.refused(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn a_refusal_keeps_its_words_its_code_and_its_hint() {
        let body = json!({"status": 409, "data": {}, "message": "Account exists already",
            "error": {"code": "account_exists", "hint": "It is account 10010001"}});
        let failure = refused(Credential::Workspace, 409, &body.to_string());
        assert_eq!((failure.exit, failure.message.as_str()), (Exit::Failed, "Account exists already"));
        assert_eq!(failure.code.as_deref(), Some("account_exists"));
        assert_eq!(failure.hint.as_deref(), Some("It is account 10010001"));
    }

    #[test]
    fn what_a_refusal_repeats_of_a_stranger_adds_no_line() {
        let body = json!({"status": 404, "message": "a\nsent: ok", "error": {"code": "x", "hint": "b\r\nsent: ok"}});
        let told = refused(Credential::Workspace, 404, &body.to_string()).render(false);
        assert_eq!(told.lines().count(), 2, "{told}");
    }

    #[test]
    fn a_status_has_its_exit_code() {
        let exits = [(401, 4), (403, 4), (404, 3), (400, 1), (402, 1), (503, 1), (502, 5), (504, 5)];
        for (status, exit) in exits {
            assert_eq!(refused(Credential::Operator, status, "{}").exit.code(), exit, "{status}");
        }
    }

    #[test]
    fn a_refused_key_is_named_with_the_way_to_give_another_one() {
        let failure =
            refused(Credential::Operator, 401, r#"{"message":"The key is missing or wrong","error":{"hint":"x"}}"#);
        assert_eq!(failure.message, "http://127.0.0.1:9 refuses the operator's key: The key is missing or wrong");
        assert_eq!(failure.hint.as_deref(), Some("set TIDINGS_ADMIN_KEY or use --admin-key"));
        let failure = refused(Credential::Workspace, 403, "<html>");
        assert!(failure.hint.unwrap().contains("TIDINGS_API_KEY"));
    }

    #[test]
    fn nobody_at_the_address_is_unreachable_and_no_address_is_a_usage_error() {
        let ask = |url: &str| Remote::new(url, None, Credential::Operator).unwrap().ask(Call::get("/x")).unwrap_err();
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(ask(&format!("http://{nobody}")).exit, Exit::Unreachable);
        assert_eq!(ask("not an address").exit, Exit::Usage);
    }

    #[test]
    fn without_a_key_nobody_is_asked() {
        let remote = Remote::new("http://127.0.0.1:9", None, Credential::Workspace).unwrap();
        assert_eq!(remote.with_a_key().err().map(|failure| failure.exit), Some(Exit::NotAllowed));
    }

    #[test]
    fn a_page_knows_where_the_next_one_begins() {
        assert_eq!(rows_of(json!({"data": [1, 2], "page": {"next": "7", "prev": null}})).1.as_deref(), Some("7"));
        assert_eq!(rows_of(json!({"data": [1], "page": {"next": null}})), (vec![json!(1)], None));
        assert_eq!(rows_of(json!({})), (Vec::new(), None));
    }

    #[test]
    fn a_segment_cannot_leave_its_place_in_the_path() {
        assert_eq!(segment("../a b/ü?#"), "..%2Fa%20b%2F%C3%BC%3F%23");
    }
}
