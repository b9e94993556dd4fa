//! Runs the real gateway in its own process and calls its API for a bench. It knows nothing of what is measured.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

const ADMIN_KEY: &str = "adm_Bench0perator000000000000000000000000042";
/// Longest wait for a start, enough with a million deliveries.
const READY: Duration = Duration::from_mins(10);
const PAUSE: Duration = Duration::from_millis(5);
/// Ticks per second in `/proc/<pid>/stat`, the same on every Linux.
const TICKS: f64 = 100.0;

/// A running gateway. Killed when dropped.
pub struct Gateway {
    child: Child,
    client: Client,
    /// The address on which it listens.
    pub address: SocketAddr,
    /// Time from its start until it answered that it is ready.
    pub ready: Duration,
}

/// A workspace with one account.
pub struct Workspace {
    pub id: u64,
    pub key: String,
    /// The id of its account.
    pub account: u64,
}

impl Gateway {
    /// Starts it on a data directory; receivers on this machine are allowed.
    pub async fn start(directory: &Path) -> io::Result<Self> {
        Self::start_with(directory, &[]).await
    }

    /// The same with configuration keys set, by the names of their environment variables.
    pub async fn start_with(directory: &Path, set: &[(&str, &str)]) -> io::Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("TIDINGS_")) {
            command.env_remove(key);
        }
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(directory);
        command.env("TIDINGS_ADMIN_KEY", ADMIN_KEY).env("TIDINGS_SIMULATOR__ENABLED", "true");
        command.env("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8").env("TIDINGS_LOG", "warn");
        command.envs(set.iter().copied());
        let begun = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
        let mut gateway = Self { child, client: client()?, address, ready: Duration::ZERO };
        while begun.elapsed() < READY {
            if gateway.ask(Method::GET, "/readyz", "", &Value::Null).await.is_ok() {
                gateway.ready = begun.elapsed();
                return Ok(gateway);
            }
            sleep(PAUSE).await;
        }
        Err(io::Error::other("the gateway does not become ready"))
    }

    /// Creates a workspace and connects its account.
    pub async fn workspace(&self, phone: &str) -> io::Result<Workspace> {
        let owner = json!({"full_name": "Ada Owner", "email": "ada@acme.example", "language": "en"});
        let body = json!({"name": "Acme", "owner": owner, "credits": 1});
        let made = self.ask(Method::POST, "/admin/v1/workspaces", ADMIN_KEY, &body).await?;
        let key = made["api_key"].as_str().unwrap_or_default().to_owned();
        let body = json!({"phone": phone, "full_name": "Acme Sales", "email": "sales@acme.example",
            "transport": "simulator"});
        let account = self.ask(Method::POST, "/api/v1/accounts", &key, &body).await?;
        let number = |value: &Value| value.as_u64().ok_or_else(|| io::Error::other(format!("no number: {value}")));
        Ok(Workspace { id: number(&made["workspace_id"])?, key, account: number(&account["id"])? })
    }

    /// Changes the outbound webhook and returns its new state.
    pub async fn webhook(&self, workspace: &Workspace, settings: &Value) -> io::Result<Value> {
        self.set_webhook(&workspace.key, settings).await
    }

    /// The same with the workspace's API key.
    pub async fn set_webhook(&self, key: &str, settings: &Value) -> io::Result<Value> {
        self.ask(Method::PATCH, "/api/v1/outbound", key, settings).await
    }

    /// Returns the number of owed deliveries.
    pub async fn owed(&self, workspace: &Workspace) -> io::Result<u64> {
        let shown = self.ask(Method::GET, "/api/v1/outbound", &workspace.key, &Value::Null).await?;
        shown["owed"].as_u64().ok_or_else(|| io::Error::other(format!("nothing owed: {shown}")))
    }

    /// Lets a contact write to an account.
    pub async fn hear(&self, account: &str, from: &str, text: &str) -> io::Result<()> {
        let body = json!({"account": account, "from": from, "name": "Mary Major", "text": text});
        self.ask(Method::POST, "/sim/v1/receive", "", &body).await.map(drop)
    }

    async fn ask(&self, method: Method, path: &str, key: &str, body: &Value) -> io::Result<Value> {
        let mut request = self.client.request(method, format!("http://{}{path}", self.address)).bearer_auth(key);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(io::Error::other)?;
        let status = answer.status();
        let text = answer.text().await.map_err(io::Error::other)?;
        if !status.is_success() {
            return Err(io::Error::other(format!("{path}: {status} {text}")));
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Returns the log's own counters.
    pub async fn log(&self) -> io::Result<Value> {
        Ok(self.ask(Method::GET, "/readyz?verbose", "", &Value::Null).await?["log"].clone())
    }

    /// Sends an API request; returns the status, and how long the answer took.
    pub async fn time(&self, method: Method, path: &str, key: &str, body: &Value) -> io::Result<(u16, Duration)> {
        let request = self.client.request(method, format!("http://{}{path}", self.address)).bearer_auth(key);
        let begun = Instant::now();
        let answer = request.json(body).send().await.map_err(io::Error::other)?;
        let status = answer.status().as_u16();
        answer.bytes().await.map_err(io::Error::other)?;
        Ok((status, begun.elapsed()))
    }

    /// Returns the bytes that the process has written to the disk, as counted by the kernel.
    pub fn bytes_written(&self) -> io::Result<u64> {
        let io = fs::read_to_string(format!("/proc/{}/io", self.child.id()))?;
        let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
        Ok(written.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or_default())
    }

    /// Returns the CPU time of the whole process so far, user and system, in seconds.
    pub fn cpu_seconds(&self) -> io::Result<f64> {
        cpu_seconds(self.child.id())
    }

    /// Returns the resident memory in MiB: now, and at its highest.
    pub fn memory_mib(&self) -> io::Result<(u64, u64)> {
        memory_mib(self.child.id())
    }

    /// Kills it: like a power cut, except for the disk.
    pub fn kill(self) {
        drop(self);
    }

    /// Stops it with SIGTERM, as a service manager does, and waits.
    pub fn stop(mut self) -> io::Result<()> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        self.child.wait().map(drop)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client() -> io::Result<Client> {
    tidings::net::client::builder().build().map_err(io::Error::other)
}

/// Returns the CPU time of a process so far, user and system, in seconds.
pub fn cpu_seconds(pid: u32) -> io::Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name is in brackets and may contain anything; utime and stime are the 12th and 13th field after it.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() / TICKS)
}

/// Returns the resident memory of a process in MiB: now, and at its highest.
pub fn memory_mib(pid: u32) -> io::Result<(u64, u64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let mib = |name: &str| {
        let kib = status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1_024
    };
    Ok((mib("VmRSS:"), mib("VmHWM:")))
}
