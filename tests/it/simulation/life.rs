//! One life of a gateway in virtual time: launched on what the disk has, ended by a crash or in peace.

use std::rc::Rc;
use std::sync::Arc;

use actix::System;
use actix_web::dev::Service;
use actix_web::{App, test};
use actors::clock::Clock;
use actors::shard::Reading;
use events::log::Log;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use tidings::config::{Config, Overrides};
use tidings::gateway::{Gateway, Make};
use tidings::http;
use tidings::secrets::{Chance, digest};
use tidings::sending::Transports;

use super::disk::{self, Disk};
use super::fate::{Fate, Rng};
use super::files::Shelf;
use super::receiver::Receiver;
use super::time::RealTime;
use super::whatsapp::WhatsApp;

pub const ADMIN_KEY: &str = "adm_0123456789abcdefghijklmnopqrstuvwxyzABCD";

/// What outlives a crash.
#[derive(Clone)]
pub struct Machine {
    pub disk: Disk,
    pub whatsapp: WhatsApp,
    pub receiver: Receiver,
    pub fate: Fate,
    pub time: RealTime,
    /// The waits after errors in a row, in seconds, where they are not the usual ones.
    pub retry_s: Option<Vec<u32>>,
    /// Events of an actor after which its state is kept.
    pub snapshot_every: u64,
}

impl Machine {
    pub fn new(seed: u64) -> Self {
        let (fate, time) = (Fate::new(seed), RealTime::default());
        let whatsapp = WhatsApp::new(fate.clone(), time.clone());
        let receiver = Receiver::new(fate.clone(), time.clone());
        Self { disk: Disk::default(), whatsapp, receiver, fate, time, retry_s: None, snapshot_every: 1 + seed % 40 }
    }

    /// The waits after errors in a row, in seconds.
    pub fn retry_s(&self) -> Vec<u32> {
        self.config().outbound.retry_s
    }

    fn config(&self) -> Config {
        let mut config = Config::load(None, [("", ""); 0], Overrides::default()).unwrap();
        config.limits.snapshot_every = self.snapshot_every;
        if let Some(retry_s) = &self.retry_s {
            config.outbound.retry_s.clone_from(retry_s);
        }
        config
    }

    /// Runs one life; `None` if it ended in a crash. Then as much of what was not synced is lost as chance has it.
    pub fn live<T>(&self, seed: u64, dies_after_calls: Option<u64>, life: impl AsyncFnOnce(Life) -> T) -> Option<T> {
        self.fate.begin_life(dies_after_calls);
        let machine = self.clone();
        let runtime = || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            builder.enable_all().start_paused(true).build().unwrap()
        };
        let system = System::with_tokio_rt(runtime);
        let ended = system.block_on(async move {
            machine.time.begin_life();
            let launched = Life::launch(&machine, seed).await;
            let ended = tokio::select! {
                biased;
                () = machine.fate.death() => None,
                ended = life(launched) => Some(ended),
            };
            machine.time.end_life(machine.fate.below(5_000));
            ended
        });
        {
            // A dropped system polls its actors once more, and their timers want a runtime.
            let grave = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let _inside = grave.enter();
            drop(system);
        }
        let at_risk = self.disk.at_risk() as u64;
        self.disk.crash(usize::try_from(self.fate.below(at_risk + 1)).unwrap());
        ended
    }
}

/// Answers one request.
type Door = Rc<dyn Fn(test::TestRequest) -> LocalBoxFuture<'static, Reply>>;

/// A gateway that lives.
#[derive(Clone)]
pub struct Life {
    pub gateway: Gateway,
    door: Door,
}

/// What a handler answered.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub replayed: bool,
}

impl Life {
    async fn launch(machine: &Machine, seed: u64) -> Self {
        let log: Arc<dyn Log> = Arc::new(machine.disk.mount());
        let fate = machine.fate.clone();
        let mut transports = Transports::new();
        transports.insert("simulator".to_owned(), Arc::new(machine.whatsapp.clone()));
        let make = Make {
            clock: Clock::start(machine.time.wall(), log.head().recorded_at, 1),
            log,
            chance: chance(seed),
            transports,
            files: Arc::new(Shelf::new(machine.fate.clone())),
            poster: Arc::new(machine.receiver.clone()),
            mailer: None,
            simulator: None,
            echo: None,
            reading: Reading::Inline,
            start_writer: Box::new(move |writer, work| drop(actix::spawn(disk::write(writer, work, fate)))),
            admin_key: digest(ADMIN_KEY),
            base_url: "http://tidings.example".to_owned(),
        };
        let gateway = Gateway::launch(make, &machine.config()).unwrap();
        let routes = gateway.clone();
        let app = App::new().configure(move |config| http::configure(config, &routes));
        let app = Rc::new(test::init_service(app).await);
        let door: Door = Rc::new(move |request| {
            let app = Rc::clone(&app);
            Box::pin(async move {
                let answer = app.call(request.to_request()).await.unwrap();
                let (status, replayed) =
                    (answer.status().as_u16(), answer.headers().contains_key("idempotent-replayed"));
                let body = test::read_body(answer).await;
                Reply { status, body: serde_json::from_slice(&body).unwrap_or_default(), replayed }
            })
        });
        Self { gateway, door }
    }

    pub async fn ask(&self, request: test::TestRequest) -> Reply {
        (self.door)(request).await
    }

    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        let request = test::TestRequest::post().uri(path).insert_header(("Authorization", format!("Bearer {key}")));
        self.ask(request.set_payload(body.to_string())).await
    }

    pub async fn patch(&self, path: &str, key: &str, body: &Value) -> Reply {
        let request = test::TestRequest::patch().uri(path).insert_header(("Authorization", format!("Bearer {key}")));
        self.ask(request.set_payload(body.to_string())).await
    }

    pub async fn delete(&self, path: &str, key: &str) -> Reply {
        self.ask(test::TestRequest::delete().uri(path).insert_header(("Authorization", format!("Bearer {key}")))).await
    }

    pub async fn get(&self, path: &str, key: &str) -> Reply {
        self.ask(test::TestRequest::get().uri(path).insert_header(("Authorization", format!("Bearer {key}")))).await
    }
}

/// Seeded bytes in place of the system's.
fn chance(seed: u64) -> Chance {
    let rng = std::sync::Mutex::new(Rng::new(seed));
    Chance::from_fn(move || {
        let mut rng = rng.lock().unwrap();
        let words = [rng.next(), rng.next(), rng.next(), rng.next()];
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    })
}
