//! Receives what a gateway on this machine reports, without touching its settings.

use std::ops::ControlFlow;
use std::time::Duration;

use actors::runtime::clock::wall_now;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};

use super::desk::Desk;
use super::received::{Received, Reply};
use super::sse::{SseEvent, SseReader};
use crate::cli::args::{Cli, ListenArgs};
use crate::cli::exit::{Exit, Failure};
use crate::cli::remote::{Call, Remote};
use crate::cli::say;
use crate::outbound::BODY_BYTES_MAX;
use crate::service::listen::{AnswerBody, ListenerView, Receives, ReportView};

const PATH: &str = "/api/v1/outbound/listen";
/// A gateway that has not even sent a comment for this long has gone; it sends one every 15 seconds.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// The pause before another try to reach a gateway that has gone.
const AGAIN: Duration = Duration::from_secs(1);
/// How often an answer is sent again.
const ANSWERS_MAX: u32 = 3;

/// Receives until it is stopped. A gateway that has gone is waited for; one that was never there is a failure.
pub(super) fn run(cli: &Cli, args: &ListenArgs) -> Result<(), Failure> {
    let gateway = Remote::workspace(cli, &args.access)?;
    let desk = Desk::new(cli, args)?;
    let listening = Listening { gateway: &gateway, desk: &desk, instead: args.instead };
    gateway.run(async {
        let mut stops = stops()?;
        tokio::select! {
            ended = listening.run() => ended,
            () = stops.next() => Ok(()),
        }
    })
}

/// The signals that stop it.
struct Stops([Signal; 2]);

fn stops() -> Result<Stops, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::because(Exit::Failed, &error));
    Ok(Stops([listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?]))
}

impl Stops {
    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

struct Listening<'a> {
    gateway: &'a Remote,
    desk: &'a Desk,
    instead: bool,
}

impl Listening<'_> {
    async fn run(&self) -> Result<(), Failure> {
        let mut was_there = false;
        loop {
            match self.open().await {
                Ok(stream) => {
                    was_there = true;
                    self.read(stream).await?;
                    if self.desk.is_unread() {
                        return Ok(());
                    }
                    say("The gateway has ended the stream; trying to reach it again.\n");
                }
                Err(failure) if !was_there || failure.exit == Exit::NotAllowed => return Err(failure),
                Err(_) => {}
            }
            sleep(AGAIN).await;
        }
    }

    async fn open(&self) -> Result<reqwest::Response, Failure> {
        let instead = self.instead.then_some("true");
        self.gateway.stream(Call::get(PATH).query("instead", instead)).await
    }

    /// Takes what comes until the stream ends. Several reports are answered at a time.
    async fn read(&self, mut stream: reqwest::Response) -> Result<(), Failure> {
        let (mut reader, mut answering) = (SseReader::default(), FuturesUnordered::new());
        loop {
            tokio::select! {
                piece = timeout(SILENCE_MAX, stream.chunk()) => {
                    let Ok(Ok(Some(piece))) = piece else { return Ok(()) };
                    for event in reader.push(&piece) {
                        answering.extend(read(&event, self.instead)?.map(|report| self.answer(report)));
                    }
                }
                Some(answered) = answering.next() => {
                    if let ControlFlow::Break(()) = answered { return Ok(()) }
                }
            }
        }
    }

    /// Takes a report, and sends the answer if it counts.
    async fn answer(&self, report: ReportView) -> ControlFlow<()> {
        let (number, counts) = (report.number, report.counts);
        let Reply { status, headers, body } = self.desk.take(&received(report)).await;
        // What nobody reads was not received: the next receiver gets it.
        if self.desk.is_unread() {
            return ControlFlow::Break(());
        }
        if !counts {
            return ControlFlow::Continue(());
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        // No more of a body is kept.
        let body = text(body.get(..BODY_BYTES_MAX).unwrap_or(&body));
        let answer = serde_json::to_value(AnswerBody { status, headers, body }).unwrap_or_default();
        match self.send(number, &answer).await {
            Err(failure) if failure.exit == Exit::Unreachable => ControlFlow::Break(()),
            Err(failure) => {
                say(&format!("The answer came to nothing: {}\n", failure.message));
                ControlFlow::Continue(())
            }
            Ok(()) => ControlFlow::Continue(()),
        }
    }

    /// Sends an answer, again if the gateway is busy.
    async fn send(&self, number: u64, answer: &Value) -> Result<(), Failure> {
        let mut tries = 0;
        loop {
            let sent = self.gateway.send(Call::post(format!("{PATH}/{number}"), answer.clone())).await;
            match sent {
                Err(failure) if tries < ANSWERS_MAX && failure.exit == Exit::Failed => tries += 1,
                other => return other.map(drop),
            }
            sleep(AGAIN).await;
        }
    }
}

/// Reads an event: prints a standing, returns a report.
fn read(event: &SseEvent, instead: bool) -> Result<Option<ReportView>, Failure> {
    let not_understood = |error| Failure::because(Exit::Failed, &error).hint("is the gateway of another version?");
    match &*event.name {
        "standing" => {
            let standing = serde_json::from_str(&event.data).map_err(not_understood)?;
            say(&format!("{}\n", words(&standing, instead)));
            Ok(None)
        }
        "report" => serde_json::from_str(&event.data).map(Some).map_err(not_understood),
        _ => Ok(None),
    }
}

fn words(standing: &ListenerView, instead: bool) -> String {
    let missed = match standing.missed {
        0 => String::new(),
        missed => format!(" ({missed} missed, because more came than could be read)"),
    };
    let what = match (standing.receives, &standing.url) {
        (Receives::Reports, None) => {
            "Receiving the reports: no URL is set, and what comes after this has ended goes nowhere".to_owned()
        }
        (Receives::Reports, Some(url)) => {
            format!(
                "Receiving new reports in place of {url}, which gets what it was owed before, and all once this has ended"
            )
        }
        (Receives::Copies, None) => "Receiving copies: another listener answers".to_owned(),
        (Receives::Copies, Some(url)) if standing.another => {
            format!("Receiving copies: another listener receives in place of {url}")
        }
        (Receives::Copies, Some(url)) if instead => {
            format!(
                "Receiving copies: a report was not answered in time, so {url} gets them again; start it anew to go on"
            )
        }
        (Receives::Copies, Some(url)) => {
            format!("Receiving copies: the reports go to {url}, whose answers count (--instead receives them here)")
        }
        (Receives::Nothing, None) => {
            "Receiving nothing more: too many errors in a row; start it anew to go on".to_owned()
        }
        (Receives::Nothing, Some(_)) => {
            "Receiving nothing: the webhook is switched off (`tidings outbound enable`)".to_owned()
        }
    };
    let waits = standing.next_try_at.as_ref().map(|at| format!("; after an error nothing comes before {at}"));
    format!("{what}{}{missed} - Ctrl-C ends it", waits.unwrap_or_default())
}

fn received(report: ReportView) -> Received {
    Received {
        at: report.at.parse().unwrap_or_else(|_| wall_now()),
        method: "POST".to_owned(),
        path: "/".to_owned(),
        headers: report.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect(),
        body: report.body.into_bytes(),
        counts: report.counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_gets_copies_is_told_why() {
        let told = |another, instead, url: Option<&str>| {
            let (receives, url) = (Receives::Copies, url.map(str::to_owned));
            words(&ListenerView { receives, another, url, missed: 0, next_try_at: None }, instead)
        };
        let url = Some("https://crm.example/");
        for instead in [true, false] {
            assert!(told(true, instead, url).contains("another listener receives in place of https://crm.example/"));
            assert!(told(true, instead, None).contains("another listener answers"));
        }
        assert!(told(false, true, url).contains("was not answered in time, so https://crm.example/ gets them again"));
        assert!(told(false, false, url).contains("--instead receives them here"));
    }
}
