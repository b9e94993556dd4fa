//! One life of a gateway in virtual time: it starts with what is on the disk, and ends in a crash or normally.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use actix::System;
use actix_web::body::BoxBody;
use actix_web::dev::{Extensions, Service, ServiceResponse};
use actix_web::web::Data;
use actix_web::{App, HttpMessage, HttpResponse, test};
use actors::runtime::clock::Clock;
use actors::runtime::vault_room::Filler;
use events::founding::LogId;
use events::history::ReadMode;
use events::log::{Log, ReadError};
use events::secrets::Secrets;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use tidings::audit::proofs::Proofs;
use tidings::config::{Attachments, Config, Overrides};
use tidings::gateway::{Dependencies, Gateway};
use tidings::http;
use tidings::notices::mail::Mailer;
use tidings::secrets::{Entropy, digest};
use tidings::whatsapp::sending::Transports;
use tokio::runtime::{Builder, Runtime};

use super::disk::{self, Disk, Failing};
use super::fate::{Fate, Rng};
use super::files::Shelf;
use super::leaks::Leaks;
use super::mail::MailServer;
use super::receiver::Receiver;
use super::time::RealTime;
use super::vault::{Trouble, VaultDisk};
use super::whatsapp::WhatsApp;

pub const ADMIN_KEY: &str = "adm_0123456789abcdefghijklmnopqrstuvwxyzABCD";

/// The parts that survive a crash.
#[derive(Clone)]
pub struct Machine {
    pub disk: Disk,
    pub whatsapp: WhatsApp,
    pub receiver: Receiver,
    pub fate: Fate,
    pub time: RealTime,
    pub mail: MailServer,
    /// The disk operations that may fail.
    pub failing: Failing,
    /// True if the vault has few seeds ready.
    pub scarce_seeds: bool,
    /// The waits after errors in a row, in seconds; `None` for the default.
    pub retry_s: Option<Vec<u32>>,
    /// The number of events of an actor after which a snapshot of its state is stored.
    pub snapshot_every: u64,
    /// True if messages with a file are reported.
    pub attachments: bool,
    /// True if there is a mail server.
    pub mails: bool,
    /// The texts that nobody may read any more.
    pub leaks: Leaks,
}

impl Machine {
    pub fn new(seed: u64) -> Self {
        let (fate, time) = (Fate::new(seed), RealTime::default());
        let (disk, whatsapp) = (Disk::new(seed), WhatsApp::new(fate.clone(), time.clone()));
        let receiver = Receiver::new(fate.clone(), time.clone());
        let mail = MailServer::new(fate.clone(), disk.clone());
        let failing = Failing::default();
        Self {
            disk,
            whatsapp,
            receiver,
            fate,
            time,
            mail,
            failing,
            scarce_seeds: false,
            retry_s: None,
            attachments: false,
            mails: false,
            leaks: Leaks::default(),
            snapshot_every: 1 + seed % 40,
        }
    }

    /// The waits after errors in a row, in seconds.
    pub fn retry_s(&self) -> Vec<u32> {
        self.config().outbound.retry_s
    }

    fn config(&self) -> Config {
        static USUAL: OnceLock<Config> = OnceLock::new();
        let mut config = USUAL.get_or_init(|| Config::load(None, [("", ""); 0], Overrides::default()).unwrap()).clone();
        config.limits.snapshot_every = self.snapshot_every;
        // This limit uses the machine's real clock, which is independent of the story's time.
        config.limits.changes_per_workspace_s = 0;
        if let Some(retry_s) = &self.retry_s {
            config.outbound.retry_s.clone_from(retry_s);
        }
        if self.attachments {
            config.outbound.attachments = Attachments::Include;
        }
        config
    }

    /// Runs one life; `None` if it ended in a crash. After it, a random part of what was not synced is lost.
    pub fn live<T>(&self, seed: u64, dies_after_calls: Option<u64>, life: impl AsyncFnOnce(Life) -> T) -> Option<T> {
        self.fate.begin_life(dies_after_calls);
        let machine = self.clone();
        let system = System::with_tokio_rt(|| runtime(true));
        let ended = system.block_on(async move {
            machine.time.begin_life();
            let ended = match Life::launch(&machine, seed).await {
                Ok(launched) => tokio::select! {
                    biased;
                    () = machine.fate.death() => None,
                    ended = life(launched) => Some(ended),
                },
                // The real program would end with an error message.
                Err(_) => None,
            };
            machine.time.end_life(machine.fate.below(5_000));
            ended
        });
        {
            // A dropped system polls its actors once more, and their timers need a runtime.
            let grave = runtime(false);
            let _inside = grave.enter();
            drop(system);
        }
        let at_risk = self.disk.at_risk() as u64;
        self.disk.crash(usize::try_from(self.fate.below(at_risk + 1)).unwrap(), &self.fate);
        ended
    }
}

fn runtime(paused: bool) -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(paused).build().unwrap()
}

/// Answers a request to a gateway.
type Routes = Rc<dyn Fn(test::TestRequest, Current) -> LocalBoxFuture<'static, ServiceResponse<BoxBody>>>;

/// The gateway that a request is for, as the routes find it.
#[derive(Clone)]
struct Current(Rc<Extensions>);

/// A running gateway.
#[derive(Clone)]
pub struct Life {
    pub gateway: Gateway,
    service: Routes,
    current: Current,
    disk: Disk,
    fate: Fate,
    pub leaks: Leaks,
}

/// The answer to a request.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub replayed: bool,
    /// True if a status 5xx is justified: a read failed meanwhile, the disk is full, or the vault has nothing ready.
    pub excused: bool,
}

impl Life {
    async fn launch(machine: &Machine, seed: u64) -> Result<Self, ReadError> {
        let log = Arc::new(machine.disk.mount(machine.fate.clone(), machine.failing));
        let slow = machine.scarce_seeds.then(|| machine.disk.vault.clone());
        let (fate, dies, ends, trouble) = (
            machine.fate.clone(),
            machine.fate.clone(),
            machine.fate.clone(),
            Trouble { fails: machine.failing.writes, is_scarce: machine.scarce_seeds },
        );
        let mut transports = Transports::new();
        transports.insert("simulator".to_owned(), Arc::new(machine.whatsapp.clone()));
        let make = Dependencies {
            clock: Clock::start(machine.time.wall(), log.head().recorded_at, 1),
            secrets: Arc::clone(&log) as Arc<dyn Secrets>,
            log,
            vault: Arc::new(machine.disk.vault.mount(machine.fate.clone(), trouble)),
            entropy: entropy(seed),
            transports,
            files: Arc::new(Shelf::new(machine.fate.clone())),
            poster: Arc::new(machine.receiver.clone()),
            mailer: machine.mails.then(|| Arc::new(machine.mail.clone()) as Arc<dyn Mailer>),
            transport_routes: Vec::new(),
            reading: ReadMode::Inline,
            start_writer: Box::new(move |writer, work| drop(actix::spawn(disk::write(writer, work, fate)))),
            start_filler: Box::new(move |filler| drop(actix::spawn(fill(filler, dies, slow)))),
            proofs: Proofs::of_nobody(LogId([7; 16])),
            start_proofs: Box::new(drop),
            vault_failed: Arc::new(move |_| ends.end()),
            admin_key: digest(ADMIN_KEY),
            base_url: "http://tidings.example".to_owned(),
        };
        let gateway = Gateway::launch(make, &machine.config())?;
        let mut extensions = Extensions::new();
        extensions.insert(Data::new(gateway.clone()));
        let current = Current(Rc::new(extensions));
        let (disk, fate, leaks) = (machine.disk.clone(), machine.fate.clone(), machine.leaks.clone());
        Ok(Self { gateway, service: service().await, current, disk, fate, leaks })
    }

    /// Answers with a body that is not read yet.
    pub async fn open(&self, request: test::TestRequest) -> ServiceResponse<BoxBody> {
        (self.service)(request, self.current.clone()).await
    }

    pub async fn ask(&self, request: test::TestRequest) -> Reply {
        self.ask_with(request, String::new()).await
    }

    pub async fn ask_with(&self, request: test::TestRequest, body: String) -> Reply {
        let (failed_before, waits_before) = (self.disk.failed_reads(), self.disk.vault.waits());
        let was_slow = self.disk.vault.is_slow();
        let forgotten = self.leaks.forgotten();
        let words = if self.fate.keeps_diary() { body.clone() } else { String::new() };
        let answer = self.open(request.set_payload(body)).await;
        let asked = format!("{} {}", answer.request().method(), answer.request().path());
        let (status, replayed) = (answer.status().as_u16(), answer.headers().contains_key("idempotent-replayed"));
        let waits = answer.headers().contains_key("retry-after");
        let bytes = test::read_body(answer).await;
        self.leaks.check(&asked, &String::from_utf8_lossy(&bytes), forgotten);
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        self.fate.note(|| format!("    {asked} {words} -> {status}"));
        let full = self.gateway.readiness.is_disk_full() && body["error"]["code"] == "disk_full";
        let slow = was_slow || self.disk.vault.is_slow() || self.disk.vault.waits() > waits_before;
        let busy = status == 503 && body["error"]["code"] == "overloaded" && waits && slow;
        if busy {
            self.fate.happened("nothing is ready in the vault");
        }
        let excused = status >= 500 && (full || busy || self.disk.failed_reads() > failed_before);
        Reply { status, body, replayed, excused }
    }

    pub async fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.ask_with(test::TestRequest::post().uri(path).insert_header(bearer(key)), body.to_string()).await
    }

    pub async fn patch(&self, path: &str, key: &str, body: &Value) -> Reply {
        self.ask_with(test::TestRequest::patch().uri(path).insert_header(bearer(key)), body.to_string()).await
    }

    pub async fn delete(&self, path: &str, key: &str) -> Reply {
        self.ask(test::TestRequest::delete().uri(path).insert_header(bearer(key))).await
    }

    pub async fn get(&self, path: &str, key: &str) -> Reply {
        self.ask(test::TestRequest::get().uri(path).insert_header(bearer(key))).await
    }
}

/// Makes seeds as a task. An error ends the process, as in the real gateway.
async fn fill(filler: Filler, fate: Fate, slow: Option<VaultDisk>) {
    let pause = async || {
        if let Some(vault) = &slow {
            vault.wait(&fate).await;
        }
    };
    if filler.run_slowly(pause).await.is_err() {
        fate.die().await;
    }
}

pub fn bearer(key: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {key}"))
}

/// Returns this thread's routes. They are built once per thread, because that takes longer than many a life.
async fn service() -> Routes {
    thread_local!(static SERVICE: RefCell<Option<Routes>> = const { RefCell::new(None) });
    // Use the pools of requests and responses first: when the thread ends, the routes must be dropped before these
    // pools.
    drop((test::TestRequest::get().to_request(), HttpResponse::Ok().finish()));
    if let Some(service) = SERVICE.with_borrow(Clone::clone) {
        return service;
    }
    let app = App::new().configure(http::configure_for_any).wrap_fn(|mut request, service| {
        let current = request.extensions_mut().remove::<Current>();
        request.add_data_container(current.unwrap().0);
        service.call(request)
    });
    let app = Rc::new(test::init_service(app).await);
    let service: Routes = Rc::new(move |request: test::TestRequest, current: Current| {
        let app = Rc::clone(&app);
        Box::pin(async move {
            let request = request.to_request();
            request.extensions_mut().insert(current);
            app.call(request).await.unwrap()
        })
    });
    SERVICE.set(Some(Rc::clone(&service)));
    service
}

/// Seeded random bytes instead of the system's.
fn entropy(seed: u64) -> Entropy {
    let rng = std::sync::Mutex::new(Rng::new(seed));
    Entropy::from_fn(move || {
        let mut rng = rng.lock().unwrap();
        let words = [rng.next(), rng.next(), rng.next(), rng.next()];
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(words) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    })
}
