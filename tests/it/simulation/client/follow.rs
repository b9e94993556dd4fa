//! Follows the live stream: from any position, and after each cut from where it was cut.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::test::TestRequest;
use tokio::time::timeout;

use super::super::fate::Rng;
use super::super::life::{Life, Machine, bearer};
use super::super::referee::Referee;
use super::People;

/// After such a silence there is nothing more to send.
const SILENCE: Duration = Duration::from_secs(2);
/// The most pieces that are read before the connection is cut.
const PIECES_MAX: u64 = 6;

impl People {
    /// Reads some pieces of the stream: each event must come once, in order, and only when it is durable.
    pub(super) async fn follow(
        &mut self,
        nth: usize,
        rng: &mut Rng,
        life: &Life,
        referee: &mut Referee,
        machine: &Machine,
    ) -> Result<(), String> {
        let tenant = &mut self.tenants[nth];
        if rng.percent(20) {
            tenant.followed_to = rng.below(tenant.followed_to + 1);
        }
        let request = TestRequest::get().uri("/api/v1/stream").insert_header(bearer(tenant.key()));
        let failed_before = machine.disk.failed_reads();
        let answer = life.open(request.insert_header(("Last-Event-ID", tenant.followed_to))).await;
        if answer.status() != 200 {
            let excused = machine.disk.failed_reads() > failed_before;
            return if excused { Ok(()) } else { Err(format!("a stream is refused: {}", answer.status())) };
        }
        let mut body = Box::pin(answer.into_body());
        let mut heard = 0;
        for _ in 0..=rng.below(PIECES_MAX) {
            let mut piece = timeout(SILENCE, next(&mut body)).await;
            if piece.is_err() {
                referee.catch_up(&machine.disk)?;
                let Some(left) = referee.next_event(tenant.workspace, tenant.followed_to) else { return Ok(()) };
                // The event may have happened only just now.
                piece = timeout(SILENCE, next(&mut body)).await;
                if piece.is_err() && machine.disk.failed_reads() == failed_before {
                    return Err(format!("a stream is silent though there is {left:?} to tell"));
                }
            }
            let Ok(piece) = piece else { return Ok(()) };
            let Some(piece) = piece else { return Ok(()) };
            referee.catch_up(&machine.disk)?;
            for event in events(&piece) {
                let wanted = referee.next_event(tenant.workspace, tenant.followed_to);
                if wanted.map(|(position, name)| (position, name.to_owned())) != Some(event.clone()) {
                    return Err(format!("a stream tells {event:?}, where {wanted:?} comes next"));
                }
                tenant.followed_to = event.0;
                heard += 1;
            }
        }
        *self.counts.entry("followed events").or_default() += heard;
        Ok(())
    }
}

async fn next(body: &mut Pin<Box<BoxBody>>) -> Option<String> {
    let piece = poll_fn(|context| body.as_mut().poll_next(context)).await?;
    Some(String::from_utf8(piece.unwrap().to_vec()).unwrap())
}

/// Parses the events in a piece.
fn events(piece: &str) -> Vec<(u64, String)> {
    let lines: Vec<&str> = piece.lines().collect();
    let pairs = lines.windows(2).filter_map(|pair| pair[0].strip_prefix("id: ").zip(pair[1].strip_prefix("event: ")));
    pairs.map(|(id, name)| (id.parse().unwrap(), name.to_owned())).collect()
}
