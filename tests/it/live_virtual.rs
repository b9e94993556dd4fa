//! The live stream in virtual time: silence, a disk that is slower than the actors, and crashes.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, http::StatusCode};
use events::log::Log;
use events::record::Record;
use serde_json::json;
use tidings::http;
use tokio::time::Instant;

use crate::simulation::life::{ADMIN_KEY, Life, Machine};

const ACCOUNT: &str = "+12025550190";
const SEEDS: u64 = 40;
const LIVES: u32 = 4;

/// A workspace, and the events that its follower got in all lives.
#[derive(Default)]
struct Followed {
    workspace: Option<(u64, String)>,
    told: Vec<(u64, String)>,
}

/// The body of the stream's response, read piece by piece.
struct Body(std::pin::Pin<Box<BoxBody>>);

impl Body {
    async fn open(life: &Life, key: &str, after: Option<u64>) -> Self {
        let gateway = life.gateway.clone();
        let app = init_service(App::new().configure(move |config| http::configure(config, &gateway))).await;
        let request = TestRequest::get().uri("/api/v1/stream");
        let request = request.insert_header(("Authorization", format!("Bearer {key}")));
        let request = after.into_iter().fold(request, |request, after| request.insert_header(("Last-Event-ID", after)));
        let answer = call_service(&app, request.to_request()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        Self(Box::pin(answer.into_body()))
    }

    async fn next(&mut self) -> Option<String> {
        let piece = poll_fn(|cx| self.0.as_mut().poll_next(cx)).await?;
        Some(String::from_utf8(piece.unwrap().to_vec()).unwrap())
    }
}

/// Parses the events in a piece.
fn events(piece: &str) -> Vec<(u64, String)> {
    let mut events = Vec::new();
    let mut lines: VecDeque<&str> = piece.lines().collect();
    while let Some(line) = lines.pop_front() {
        let id = line.strip_prefix("id: ").map(|id| id.parse().unwrap());
        let event = lines.front().and_then(|line| line.strip_prefix("event: "));
        events.extend(id.zip(event.map(str::to_owned)));
    }
    events
}

/// Creates a workspace and returns its number and key.
async fn create(life: &Life) -> (u64, String) {
    let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
    let body = json!({"name": "Acme", "owner": owner, "credits": 1_000});
    let created = life.post("/admin/v1/workspaces", ADMIN_KEY, &body).await;
    (created.body["workspace_id"].as_u64().unwrap(), created.body["api_key"].as_str().unwrap().to_owned())
}

/// Connects the account, unless it is connected already.
async fn connect(life: &Life, key: &str) {
    connect_as(ACCOUNT, life, key).await;
}

async fn connect_as(phone: &str, life: &Life, key: &str) {
    let account = json!({"phone": phone, "full_name": "Acme Sales", "email": "sales@acme.example",
        "transport": "simulator"});
    assert!([201, 409].contains(&life.post("/api/v1/accounts", key, &account).await.status));
}

/// Creates a workspace with an account and returns its key.
async fn begin(life: &Life) -> String {
    let (_, key) = create(life).await;
    connect(life, &key).await;
    key
}

async fn send(life: &Life, key: &str) {
    life.post("/api/v1/messages", key, &json!({"phone": "+12025550101", "text": "hi"})).await;
}

#[test]
fn silence_is_broken_every_15_seconds_with_a_place_to_come_back_to() {
    let machine = Machine::new(1);
    machine.fate.be_kind();
    let lived = machine.live(1, None, async |life| {
        let (mine, (_, other)) = (begin(&life).await, create(&life).await);
        connect_as("+12025550191", &life, &other).await;
        let mut body = Body::open(&life, &mine, None).await;
        let head = life.gateway.shard.watermark().durable();
        assert_eq!(body.next().await.unwrap(), format!("retry: 1000\nid: {head}\n\n"));
        for _ in 0..3 {
            send(&life, &other).await;
            let begun = Instant::now();
            let told = body.next().await.unwrap();
            let passed = life.gateway.shard.watermark().durable();
            assert_eq!(told, format!(": still here\nid: {passed}\n\n"), "what concerns others is passed over");
            let silence = begun.elapsed();
            assert!(silence >= Duration::from_secs(14) && silence < Duration::from_secs(16), "{silence:?}");
        }
    });
    assert_eq!(lived, Some(()));
}

#[test]
fn a_stream_ends_when_the_gateway_stops() {
    let machine = Machine::new(1);
    machine.fate.be_kind();
    let lived = machine.live(1, None, async |life| {
        let key = begin(&life).await;
        let mut body = Body::open(&life, &key, None).await;
        assert!(body.next().await.is_some());
        life.gateway.readiness.stop();
        let begun = Instant::now();
        assert_eq!(body.next().await, None);
        assert!(begun.elapsed() <= Duration::from_secs(1), "{:?}", begun.elapsed());
    });
    assert_eq!(lived, Some(()));
}

#[test]
fn nothing_is_told_before_it_is_durable_and_nothing_is_lost_over_crashes() {
    let (mut told, mut crashes) = (0, 0);
    for seed in 0..SEEDS {
        let (machine, followed) = (Machine::new(seed), RefCell::<Followed>::default());
        for number in 0..LIVES {
            let last = number + 1 == LIVES;
            let dies = (!last).then(|| 20 + machine.fate.below(200));
            crashes += u64::from(
                machine.live(u64::from(number), dies, async |life| live(&machine, &life, &followed).await).is_none(),
            );
        }
        let Followed { workspace, told: heard } = followed.into_inner();
        assert_eq!(heard, stored(&machine, workspace.unwrap().0), "seed {seed}");
        told += heard.len();
    }
    assert!(told > 1_000 && crashes > SEEDS, "{told} events in {crashes} crashes");
}

/// Runs one life: messages are sent, and one follower resumes where it left off, until the stream is silent or the
/// life ends.
async fn live(machine: &Machine, life: &Life, followed: &RefCell<Followed>) {
    let known = followed.borrow().workspace.clone();
    let workspace = if let Some(known) = known { known } else { create(life).await };
    let key = workspace.1.clone();
    followed.borrow_mut().workspace = Some(workspace);
    connect(life, &key).await;
    let send = async {
        for _ in 0..10 {
            send(life, &key).await;
        }
    };
    let follow = async {
        let after = followed.borrow().told.last().map_or(0, |(id, _)| *id);
        let mut body = Body::open(life, &key, Some(after)).await;
        while let Some(piece) = body.next().await {
            let durable = machine.disk.bare_copy().head().position;
            for event in events(&piece) {
                assert!(event.0 <= durable, "{event:?} was told when {durable} was on the disk");
                followed.borrow_mut().told.push(event);
            }
            if piece.starts_with(": still here") {
                break;
            }
        }
    };
    tokio::join!(send, follow);
}

/// All events of a workspace that are on the disk.
fn stored(machine: &Machine, workspace: u64) -> Vec<(u64, String)> {
    let records = machine.disk.synced_after(0);
    let events = records.iter().filter(|record| record.workspace.number() == workspace).flat_map(Record::positioned);
    events.map(|(position, event)| (position, event.name().to_owned())).collect()
}
