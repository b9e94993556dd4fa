//! The metrics for monitoring: their format, their labels, and that they count what happens.

use std::collections::{BTreeMap, BTreeSet};

use events::event::Event;
use tidings::http::routes;

use crate::harness::client::message;
use crate::harness::{ACCOUNT_PHONE, Http, Request, SOON, Server, Setup, wait_until};

const PHONE: &str = "+12025550101";
const NOT_ON_WHATSAPP: &str = "+12025550140";
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// A line of the metrics.
#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// All metrics at one moment.
struct Figures {
    samples: Vec<Sample>,
    /// Keyed by the name in a `# TYPE` line.
    types: BTreeMap<String, String>,
    helps: BTreeSet<String>,
}

impl Figures {
    fn of(http: &Http) -> Self {
        let answer = http.ask(&Request::get("/metrics"));
        assert_eq!(answer.status, 200, "{answer:?}");
        Self::parse(&answer.text())
    }

    /// Parses Prometheus' text format 0.0.4: every line must be a comment or a sample.
    fn parse(text: &str) -> Self {
        let mut figures = Self { samples: Vec::new(), types: BTreeMap::new(), helps: BTreeSet::new() };
        assert!(text.ends_with('\n'), "the last line has no end");
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, words) = help.split_once(' ').unwrap();
                assert!(!words.is_empty() && figures.helps.insert(name.to_owned()), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert_eq!(figures.types.insert(name.to_owned(), kind.to_owned()), None, "{line}");
            } else {
                figures.samples.push(sample(line).unwrap_or_else(|| panic!("not a sample: {line:?}")));
            }
        }
        figures
    }

    /// The sum of all lines with this name and these labels, rounded to a whole number; 0 without such a line.
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> i64 {
        let fits = |sample: &&Sample| {
            let has = |(key, value): &(&str, &str)| sample.labels.get(*key).is_some_and(|found| found == value);
            sample.name == name && labels.iter().all(has)
        };
        let sum: f64 = self.samples.iter().filter(fits).map(|sample| sample.value).sum();
        format!("{sum:.0}").parse().unwrap()
    }

    /// The name under which a sample's family is described.
    fn family<'a>(&self, name: &'a str) -> &'a str {
        let bare = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix));
        bare.filter(|bare| self.types.get(*bare).is_some_and(|kind| kind == "histogram")).unwrap_or(name)
    }
}

/// Parses `name{key="value",...} number` by the format's grammar.
fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    let is_name = |text: &str| {
        !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
    };
    let mut read = BTreeMap::new();
    let mut rest = labels;
    while !rest.is_empty() {
        let (key, value) = rest.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        let fresh = is_name(key) && !key.is_empty() && read.insert(key.to_owned(), value.to_owned()).is_none();
        rest = if fresh { after.strip_prefix(',').unwrap_or(after) } else { return None };
    }
    let value = value.parse().ok()?;
    (is_name(name) && !name.is_empty()).then(|| Sample { name: name.to_owned(), labels: read, value })
}

#[test]
fn the_parser_of_this_test_refuses_what_is_no_sample() {
    let read = sample("a_total{b=\"c d\",e=\"{f}\"} 1.5").unwrap();
    assert_eq!((&*read.name, &*read.labels["b"], &*read.labels["e"], read.value), ("a_total", "c d", "{f}", 1.5));
    for line in ["", "a", "a b", "1a 1", "a{b} 1", "a{b=\"c} 1", "a{b=\"c\",b=\"d\"} 1", "a-b 1"] {
        assert!(sample(line).is_none(), "{line}");
    }
}

#[test]
fn every_family_is_described_and_named_by_the_conventions() {
    let server = Server::start();
    let workspace = server.workspace();
    workspace.send(PHONE, "hi");

    let figures = Figures::of(&server.http());

    assert!(figures.samples.len() > 30, "{:?}", figures.samples);
    assert!(figures.types.keys().eq(figures.helps.iter()), "{:?} {:?}", figures.types, figures.helps);
    for sample in &figures.samples {
        let family = figures.family(&sample.name);
        let kind = figures.types.get(family).unwrap_or_else(|| panic!("{} is not described", sample.name));
        assert!(sample.name.starts_with("tidings_"), "{sample:?}");
        assert_eq!(kind == "counter", sample.name.ends_with("_total"), "{sample:?}");
        assert!(!["_ms", "_mb", "_s"].iter().any(|unit| family.ends_with(unit)), "{family} is in no base unit");
        assert!(sample.value >= 0.0, "{sample:?}");
    }
}

#[test]
fn a_wrong_operators_key_is_counted_and_a_missing_one_is_not() {
    let server = Server::start();
    let count = || Figures::of(&server.http()).value("tidings_wrong_operator_keys_total", &[]);
    let before = count();
    let asked = || Request::get("/admin/v1/workspaces");
    assert_eq!(server.http().ask(&asked()).status, 401);
    assert_eq!(server.http().ask(&asked().bearer("adm_wrong")).status, 401);
    assert_eq!(count() - before, 1);
}

#[test]
fn a_message_moves_the_figures() {
    let server = Setup::new().clock_rate(60).start();
    let workspace = server.workspace();
    let before = Figures::of(&server.http());
    let sent = workspace.send(PHONE, "hi");
    let refunded = workspace.send(NOT_ON_WHATSAPP, "hi");
    workspace.post(&message("", ""));
    workspace.wait_for_state(&sent, "read", SOON);
    workspace.wait_for_state(&refunded, "failed", SOON);

    let after = Figures::of(&server.http());

    let moved = |name: &str, labels: &[(&str, &str)]| after.value(name, labels) - before.value(name, labels);
    let inbound = |status| [("route", "/in/{token}"), ("method", "POST"), ("status", status)];
    assert_eq!(moved("tidings_http_requests_total", &inbound("200")), 2);
    assert_eq!(moved("tidings_http_requests_total", &inbound("400")), 1);
    assert_eq!(moved("tidings_http_request_duration_seconds_count", &[("route", "/in/{token}")]), 3);
    assert_eq!(moved("tidings_events_appended_total", &[("type", "MessageQueued")]), 2);
    assert_eq!(moved("tidings_events_appended_total", &[("type", "MessageRead")]), 1);
    assert_eq!(moved("tidings_messages_failed_total", &[("code", "not_on_whatsapp")]), 1);
    assert_eq!((moved("tidings_credits_charged_total", &[]), moved("tidings_credits_refunded_total", &[])), (2, 1));
    for grown in ["log_batches_total", "log_syncs_total", "log_commits_total", "log_keys_total", "log_position_durable"]
    {
        assert!(moved(&format!("tidings_{grown}"), &[]) >= 1, "{grown}");
    }
    let (sequenced, durable) = ("tidings_log_position_sequenced", "tidings_log_position_durable");
    assert!(after.value(sequenced, &[]) >= after.value(durable, &[]));
}

#[test]
fn figures_tell_how_the_gateway_is_doing() {
    let server = Server::start();
    let workspace = server.workspace();
    server.simulator().set_connected(ACCOUNT_PHONE, false);
    let is_lost = || (workspace.account(ACCOUNT_PHONE)["state"] == "disconnected").then_some(());
    wait_until("the loss shows", SOON, is_lost);
    let mut held = message(PHONE, "patience");
    held["whatsapp account phone"] = ACCOUNT_PHONE.into();
    workspace.post(&held).message_id();

    let figures = Figures::of(&server.http());

    assert_eq!(figures.value("tidings_messages_waiting", &[]), 1);
    assert_eq!(figures.value("tidings_actors_awake", &[("kind", "workspace")]), 1);
    assert_eq!(figures.value("tidings_actors_outstanding", &[]), 1);
    assert_eq!(figures.value("tidings_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1);
    assert_eq!(figures.value("tidings_disk_full", &[]), 0);
    assert_eq!(figures.value("tidings_commands_in_flight_limit", &[]), 4_096);
    for present in ["disk_free_bytes", "start_time_seconds", "process_resident_memory_bytes", "process_open_fds"] {
        assert!(figures.value(&format!("tidings_{present}"), &[]) > 1, "{present}");
    }
}

#[test]
fn labels_have_the_values_that_are_known_beforehand_and_no_others() {
    let server = Server::start();
    let workspace = server.workspace();
    let id = workspace.send(PHONE, "hi");
    let http = server.http();
    for request in [
        Request::get("/in/in_0123456789ABCDEFGHIJKL"),
        Request::post("/in/in_0123456789ABCDEFGHIJKL"),
        Request::get("/nowhere/+12025550101"),
        Request::new("INVENTED", "/livez"),
        Request::new("INVENTED", "/nowhere"),
        workspace.api("GET", &format!("/messages/{id}")),
        Request::get("/api/v1/chats/10010001?after=wsk_secret"),
    ] {
        http.ask(&request);
    }

    let figures = Figures::of(&http);

    let paths: BTreeSet<&str> = routes().iter().map(|route| route.path).chain(["other"]).collect();
    let codes: BTreeSet<&str> = tidings::codes::all().map(|code| code.name).chain(["other", "ok"]).collect();
    for sample in &figures.samples {
        for (key, value) in &sample.labels {
            let is_known = match key.as_str() {
                "route" => paths.contains(&**value),
                "method" => METHODS.contains(&&**value),
                "status" => value.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)),
                "type" => Event::NAMES.contains(&&**value),
                "code" | "result" => codes.contains(&**value),
                "of" => ["descriptors", "ports", "memory"].contains(&&**value),
                "kind" => ["workspace", "account", "chat", "webhook"].contains(&&**value),
                "le" => value == "+Inf" || value.parse::<f64>().is_ok(),
                "version" => value == env!("CARGO_PKG_VERSION"),
                _ => false,
            };
            assert!(is_known, "{key}={value} in {sample:?}");
        }
    }
    let unknown = [("route", "other"), ("status", "404")];
    assert_eq!(figures.value("tidings_http_requests_total", &unknown), 2);
    let invented = [("route", "/livez"), ("method", "other"), ("status", "405")];
    assert_eq!(figures.value("tidings_http_requests_total", &invented), 1);
}

#[test]
fn prometheus_gets_the_format_that_it_asks_for() {
    let server = Server::start();
    let wish = Request::get("/metrics").header("Accept", "application/openmetrics-text;version=1.0.0,*/*;q=0.1");
    let open = server.http().ask(&wish);
    let plain = server.http().ask(&Request::get("/metrics"));
    let kind = |answer: &crate::harness::Answer| answer.header("Content-Type").map(str::to_owned);
    assert_eq!(kind(&open).as_deref(), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert_eq!(kind(&plain).as_deref(), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(open.text().ends_with("\n# EOF\n") && !plain.text().contains("# EOF"));
    assert!(open.text().contains("# TYPE tidings_log_syncs counter\n"), "{open:?}");
    assert!(plain.text().contains("# TYPE tidings_log_syncs_total counter\n"), "{plain:?}");
}

#[test]
fn a_file_that_cannot_be_had_is_counted_by_its_code() {
    let server = Server::start();
    let workspace = server.workspace();
    let url = "http://127.0.0.1:8080/a.png?token=wsk_secret";
    let body = serde_json::json!({"url": url});
    workspace.ask(&workspace.api("POST", "/files/check").json(&body));

    let figures = Figures::of(&server.http());

    let refused = [("result", "file_address_forbidden")];
    assert_eq!(figures.value("tidings_file_fetches_total", &refused), 1, "{:?}", figures.samples);
    assert_eq!(figures.value("tidings_file_fetch_duration_seconds_count", &[]), 1);
}
