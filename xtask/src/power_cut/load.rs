//! Clients that post without a pause until the power is cut.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::draft::Draft;
use super::erasing::Eraser;
use crate::http::{Answer, Client};
use crate::workspace::{ACCOUNT, Workspace, message_id};
use crate::world::{Receiver, Simulator};

/// The number of clients that post, and that check afterwards.
pub const CLIENTS: usize = 8;

/// More messages than the clients of one round can have started without a response.
pub const NUMBERS_BETWEEN_ROUNDS: u64 = 1_000;

/// Above these limits in one round, messages are short and slightly delayed, so that the disk need not hold more.
const LONG_BYTES_MAX: u64 = 20 << 20;
const HASTY_MESSAGES_MAX: u64 = 400;
/// The interval at which contacts write.
const TALK_EVERY: Duration = Duration::from_millis(10);
const APART: Duration = Duration::from_millis(4);

/// A message that the server answered with 200.
#[derive(Clone)]
pub struct Acknowledged {
    pub draft: Draft,
    pub message_id: String,
}

/// The load of a round.
pub struct Load<'a> {
    pub workspace: &'a Workspace,
    pub address: SocketAddr,
    pub seed: u64,
    /// Serves the files.
    pub receiver: &'a Receiver,
    /// Receives what contacts write.
    pub simulator: &'a Simulator,
}

/// The state that the clients of a round share.
struct Round {
    first: u64,
    next: AtomicU64,
    bytes: AtomicU64,
    is_over: AtomicBool,
}

impl Load<'_> {
    /// Posts messages numbered from `first` while `cut` runs; `cut` calls its argument just before the power goes.
    /// Until then, a response other than 200 is an error; later responses do not count.
    pub fn run(
        &self,
        first: u64,
        (heard, eraser): (&mut BTreeSet<String>, &mut Eraser),
        cut: impl FnOnce(&dyn Fn()) -> Result<()>,
    ) -> Result<Vec<Acknowledged>> {
        let round =
            Round { first, next: AtomicU64::new(first), bytes: AtomicU64::new(0), is_over: AtomicBool::new(false) };
        thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| self.post_until_the_cut(&round))).collect();
            let erasing = scope.spawn(|| eraser.work(self.address, &round.is_over));
            let talking = scope.spawn(|| self.talk_until_the_cut(&round));
            let result = cut(&|| round.is_over.store(true, Ordering::SeqCst));
            let mut acknowledged = Vec::new();
            for client in clients {
                match client.join() {
                    Ok(posted) => acknowledged.extend(posted?),
                    Err(_) => bail!("a client panicked"),
                }
            }
            match erasing.join() {
                Ok(worked) => worked?,
                Err(_) => bail!("whoever erases panicked"),
            }
            match talking.join() {
                Ok(texts) => heard.extend(texts?),
                Err(_) => bail!("a contact panicked"),
            }
            acknowledged.sort_by_key(|one| one.draft.number);
            result.map(|()| acknowledged)
        })
    }

    /// Lets contacts write until the cut and returns their texts. These survive the cut, because they are on the
    /// contacts' phones.
    fn talk_until_the_cut(&self, round: &Round) -> Result<Vec<String>> {
        let (client, mut texts) = (Client::new(self.simulator.address), Vec::new());
        while !round.is_over.load(Ordering::SeqCst) {
            let text = format!("heard {} {}", round.first, texts.len());
            let from = format!("+120255501{:02}", texts.len() % 40);
            Simulator::receive(&client, ACCOUNT, &from, &text)?;
            texts.push(text);
            thread::sleep(TALK_EVERY);
        }
        Ok(texts)
    }

    fn post_until_the_cut(&self, round: &Round) -> Result<Vec<Acknowledged>> {
        let client = Client::new(self.address);
        let mut acknowledged = Vec::new();
        loop {
            let draft = round.next_draft(self.seed);
            let text = draft.text();
            if draft.is_short {
                thread::sleep(APART);
            }
            let answer = submit(draft, &text, self.workspace, self.receiver, &client);
            // A later response could not come from a machine without power. It proves nothing: a sync that was in
            // progress at the cut may be reported as done.
            if round.is_over.load(Ordering::SeqCst) {
                return Ok(acknowledged);
            }
            let answer = answer.context("the server broke off before the cut")?;
            if answer.status != 200 {
                bail!("message {} of {} bytes was refused: {}", draft.number, text.len(), answer.abridged());
            }
            acknowledged.push(Acknowledged { draft, message_id: message_id(&answer)? });
            round.bytes.fetch_add(u64::try_from(text.len())?, Ordering::Relaxed);
        }
    }
}

/// Posts a message, with its file if it has one.
pub fn submit(
    draft: Draft,
    text: &str,
    workspace: &Workspace,
    receiver: &Receiver,
    client: &Client,
) -> std::io::Result<Answer> {
    match draft.file() {
        Some(path) => workspace.submit_file(client, &draft.key(), &draft.phone(), text, &receiver.url(path)),
        None => workspace.submit(client, &draft.key(), &draft.phone(), text),
    }
}

impl Round {
    fn next_draft(&self, seed: u64) -> Draft {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let is_full = self.bytes.load(Ordering::Relaxed) > LONG_BYTES_MAX;
        Draft { number, seed, is_short: is_full || number - self.first > HASTY_MESSAGES_MAX }
    }
}
