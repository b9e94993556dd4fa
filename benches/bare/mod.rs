//! The bare loop: the least that a durable accept can cost with these libraries. It has no rules, no index and no
//! chain.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use actix::{Actor, Addr, Arbiter, Context, Handler, Message};
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use tokio::sync::oneshot;

const BATCH_MAX: usize = 256;
/// Bytes that an accept writes at least; as large as a stored message.
const VALUE_BYTES: usize = 300;
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// Counts what was written, in the same format as the gateway's counters.
#[derive(Default)]
struct Counters {
    batches: AtomicU64,
    syncs: AtomicU64,
    commits: AtomicU64,
    keys: AtomicU64,
}

/// One accept that waits to be durable.
struct Pending {
    position: u64,
    text: String,
    durable: oneshot::Sender<u64>,
}

/// The actor that every accept passes through, on its own thread.
struct Desk {
    position: u64,
    writer: Sender<Pending>,
}

#[derive(Message)]
#[rtype(result = "()")]
struct Accept {
    text: String,
    durable: oneshot::Sender<u64>,
}

impl Actor for Desk {
    type Context = Context<Self>;
}

impl Handler<Accept> for Desk {
    type Result = ();

    fn handle(&mut self, Accept { text, durable }: Accept, _: &mut Context<Self>) {
        self.position += 1;
        // The writer ends only with the process.
        let _ = self.writer.send(Pending { position: self.position, text, durable });
    }
}

/// Serves until the process is killed.
pub fn serve(address: &str, dir: &Path) -> io::Result<()> {
    let counters = Arc::new(Counters::default());
    let (writer, pending) = channel();
    let log = open(dir)?;
    let written = Arc::clone(&counters);
    std::thread::spawn(move || write(&log, &pending, &written));
    actix::System::new().block_on(async move {
        let desk = Desk::start_in_arbiter(&Arbiter::new().handle(), |_| Desk { position: 0, writer });
        let app = move || {
            App::new()
                .app_data(web::Data::new(desk.clone()))
                .app_data(web::Data::from(Arc::clone(&counters)))
                .route("/in", web::post().to(accept))
                .route("/stats", web::get().to(stats))
        };
        HttpServer::new(app).bind(address)?.run().await
    })
}

async fn accept(desk: web::Data<Addr<Desk>>, body: web::Bytes) -> HttpResponse {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let Some(text) = body.get("text").and_then(Value::as_str).map(str::to_owned) else {
        return HttpResponse::BadRequest().finish();
    };
    let (durable, outcome) = oneshot::channel();
    desk.do_send(Accept { text, durable });
    match outcome.await {
        Ok(position) => {
            let id = format!("wa_backend:3EB0{position:016X}");
            HttpResponse::Ok().json(json!({"status": "success", "data": {"message_id": id}}))
        }
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

async fn stats(counters: web::Data<Counters>) -> HttpResponse {
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    HttpResponse::Ok().json(json!({"log": {
        "batches": count(&counters.batches),
        "syncs": count(&counters.syncs),
        "commits": count(&counters.commits),
        "keys": count(&counters.keys),
    }}))
}

/// The tree and its file: on Linux, `flush` alone does not call fsync.
struct Log {
    tree: sled::Db,
    file: File,
}

fn open(dir: &Path) -> io::Result<Log> {
    let tree = sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).open()?;
    let file = File::open(dir.join("db"))?;
    Ok(Log { tree, file })
}

/// Group commit: makes everything that has arrived meanwhile durable at once.
fn write(log: &Log, pending: &Receiver<Pending>, counters: &Counters) {
    while let Ok(first) = pending.recv() {
        let mut group = vec![first];
        group.extend(pending.try_iter().take(BATCH_MAX - 1));
        if let Err(error) = write_group(log, &group) {
            eprintln!("the bare loop cannot write: {error}");
            std::process::exit(1);
        }
        let size = u64::try_from(group.len()).unwrap_or(u64::MAX);
        counters.batches.fetch_add(1, Ordering::Relaxed);
        counters.syncs.fetch_add(1, Ordering::Relaxed);
        counters.commits.fetch_add(size, Ordering::Relaxed);
        counters.keys.fetch_add(size, Ordering::Relaxed);
        for Pending { position, durable, .. } in group {
            // A client that has gone away needs no answer.
            let _ = durable.send(position);
        }
    }
}

fn write_group(log: &Log, group: &[Pending]) -> io::Result<()> {
    let mut batch = sled::Batch::default();
    for Pending { position, text, .. } in group {
        let mut value = text.clone().into_bytes();
        value.resize(value.len().max(VALUE_BYTES), b'.');
        batch.insert(&position.to_be_bytes(), value);
    }
    log.tree.apply_batch(batch)?;
    log.tree.flush()?;
    log.file.sync_data()
}
