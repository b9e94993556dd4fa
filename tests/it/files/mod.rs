//! Tests for files from URLs that users give: what arrives, and everything that a server may do instead.

pub mod check;
mod costs;
mod fetch;
mod interrupted;
mod kinds;
mod lack;
mod names;
mod order;
mod passing;
mod redirects;
pub mod sent;
mod shares;
pub mod site;

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tidings::config::Network;
use tidings::files::{Fault, Fetched, Fetcher, Files, Limits};
use tidings::net::guard::{Guard, Own, Resolve};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
/// For tests that are not about the deadline.
const PATIENT: Duration = Duration::from_secs(30);
const TWO_MIB: usize = 2_097_152;

/// A guard that allows these networks, and whose own address is none that these tests use.
pub fn guard(networks: &[&str]) -> Guard {
    let networks: Vec<Network> = networks.iter().map(|network| network.parse().unwrap()).collect();
    Guard::new(&networks, Own::new("127.0.0.1:1".parse().unwrap(), "https://tidings.example"))
}

/// A fetcher that may call all loopback addresses.
fn fetcher() -> Fetcher {
    within(PATIENT)
}

fn within(deadline: Duration) -> Fetcher {
    Fetcher::new(guard(&["127.0.0.0/8"]), Limits { deadline, ..Limits::default() })
}

async fn fetch(url: &str, name: &str) -> Result<Fetched, Fault> {
    fetcher().fetch(url, name).await
}

/// A fake name server: it gives its answers one after the other, then none.
#[derive(Default)]
pub struct NameServer {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl NameServer {
    pub fn answering(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect());
        Arc::new(Self { answers: Mutex::new(answers.collect()), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for NameServer {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(name.to_owned());
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}
