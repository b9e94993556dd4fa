//! A vault that makes no seed in time: who would open a chat or a workspace is told to come again, and it is counted.
//! Who waits for a slow disk is not.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, test};
use actors::runtime::clock::Clock;
use events::founding::LogId;
use events::history::ReadMode;
use events::ids::WorkspaceId;
use events::store::memory_log::MemoryLog;
use events::time::Timestamp;
use events::vault::{MemoryVault, Vault as _};
use serde_json::{Value, json};
use tidings::audit::proofs::Proofs;
use tidings::config::{Config, Overrides};
use tidings::files::Fetcher;
use tidings::gateway::{Dependencies, Gateway};
use tidings::http;
use tidings::net::guard::{Guard, Own};
use tidings::outbound::GuardedPoster;
use tidings::secrets::{Entropy, digest};
use tidings::whatsapp::sending::Transports;

use crate::harness::ADMIN_KEY;

/// Starts a gateway with these seeds, which stay as they are, and whose disk is slow to begin.
fn start(seeds: &[(WorkspaceId, u64)], slow: impl FnOnce() + Send + 'static) -> Gateway {
    let config = Config::load(None::<&Path>, [] as [(String, String); 0], Overrides::default()).unwrap();
    let guard = || Guard::new(&[], Own::new("127.0.0.1:1".parse().unwrap(), "http://tidings.example"));
    let log = Arc::new(MemoryLog::default());
    let vault = MemoryVault::new(1);
    vault.extend(seeds).unwrap();
    let make = Dependencies {
        clock: Clock::system(Timestamp::from_ms(0), 1),
        secrets: log.clone(),
        log,
        vault: Arc::new(vault),
        entropy: Entropy::system(),
        transports: Transports::new(),
        files: Arc::new(Fetcher::new(guard(), config.limits.into())),
        poster: Arc::new(GuardedPoster::new(guard(), &config.outbound)),
        mailer: None,
        transport_routes: Vec::new(),
        reading: ReadMode::Inline,
        start_writer: Box::new(|writer, work| {
            drop(std::thread::spawn(move || {
                slow();
                writer.run(work)
            }));
        }),
        // Asked in vain.
        start_filler: Box::new(std::mem::forget),
        proofs: Proofs::of_nobody(LogId([7; 16])),
        start_proofs: Box::new(drop),
        vault_failed: Arc::new(|error| panic!("{error}")),
        admin_key: digest(ADMIN_KEY),
        base_url: "http://tidings.example".to_owned(),
    };
    Gateway::launch(make, &config).unwrap()
}

fn create_workspace() -> test::TestRequest {
    let body =
        json!({"name": "Acme", "owner": {"full_name": "Ada Doe", "email": "ada@acme.example", "language": "en"}});
    test::TestRequest::post().uri("/admin/v1/workspaces").set_json(body)
}

async fn ask(gateway: &Gateway, request: test::TestRequest) -> (u16, Option<String>, String) {
    let routes = gateway.clone();
    let app = test::init_service(App::new().configure(move |config| http::configure(config, &routes))).await;
    let request = request.insert_header(("Authorization", format!("Bearer {ADMIN_KEY}"))).to_request();
    let answer = test::call_service(&app, request).await;
    let after = answer.headers().get("Retry-After").map(|after| after.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    (status, after, String::from_utf8(test::read_body(answer).await.to_vec()).unwrap())
}

#[actix_web::test]
async fn who_waited_for_a_seed_in_vain_gets_503_and_is_counted() {
    let gateway = start(&[(WorkspaceId::LOG, 0)], || {});
    let counted = async || {
        let (status, _, figures) = ask(&gateway, test::TestRequest::get().uri("/metrics")).await;
        assert_eq!(status, 200);
        let line = figures.lines().find_map(|line| line.strip_prefix("tidings_vault_busy_total "));
        line.unwrap_or_else(|| panic!("no such figure: {figures}")).parse::<u64>().unwrap()
    };
    assert_eq!(counted().await, 0);
    for nth in 1..=2 {
        let (status, after, answer) = ask(&gateway, create_workspace()).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(
            (status, &answer["error"]["code"], after.as_deref()),
            (503, &json!("overloaded"), Some("1")),
            "{answer}"
        );
        assert_eq!(counted().await, nth);
    }
}

/// It would be refused although it is carried out, and sent again.
#[actix_web::test]
async fn who_waits_for_a_slow_disk_is_not_told_to_come_again() {
    let (begin, begun) = std::sync::mpsc::channel();
    let gateway = start(&[(WorkspaceId::LOG, 0), (WorkspaceId::nth(0), 0)], move || begun.recv().unwrap());
    tokio::time::pause();
    let later = async {
        tokio::time::sleep(Duration::from_mins(1)).await;
        begin.send(()).unwrap();
    };
    let ((status, _, answer), ()) = tokio::join!(ask(&gateway, create_workspace()), later);
    assert_eq!(status, 201, "{answer}");
}
