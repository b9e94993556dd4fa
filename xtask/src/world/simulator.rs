//! A simulated `WhatsApp` in its own process, and the contacts that write on it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use crate::http::Client;
use crate::server::free_address;
use crate::stopwatch::Stopwatch;

const READY_WITHIN: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(20);

/// The process; killed when it is dropped.
pub struct Simulator {
    child: Child,
    /// The address where it listens.
    pub address: SocketAddr,
}

impl Simulator {
    /// Starts `tidings simulator` and waits until it answers.
    pub fn start(binary: &Path, clock_rate: u64) -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(binary);
        command.args(["simulator", "--listen", &address.to_string(), "--clock-rate", &clock_rate.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().context("cannot start the simulator")?;
        let simulator = Self { child, address };
        let (waited, client) = (Stopwatch::start(), Client::new(address));
        while waited.elapsed() < READY_WITHIN {
            if client.get("/sim/v1/stats", &[]).is_ok_and(|answer| answer.status == 200) {
                return Ok(simulator);
            }
            thread::sleep(ASK_EVERY);
        }
        bail!("the simulator was not ready within {} s", READY_WITHIN.as_secs())
    }

    /// Returns the value of `[simulator] url` for a gateway.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a contact write to an account; `client` must be one of this simulator.
    pub fn receive(client: &Client, account: &str, from: &str, text: &str) -> Result<()> {
        let body = json!({"account": account, "from": from, "name": "Mary Major", "text": text});
        let answer = client.post("/sim/v1/receive", &[], &body)?;
        ensure!(answer.status == 200, "nothing is heard: {}", answer.abridged());
        Ok(())
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Both fail only if the process is already gone, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
