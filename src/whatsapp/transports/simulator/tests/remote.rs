//! The remote transport against a simulator on a free port, and against servers that misbehave.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use actors::account::outcome::{Outcome, Permanent, StopReason};
use events::ids::MessageId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;

use super::super::address::Address;
use super::super::echo::Echo;
use super::super::remote::Remote;
use super::super::{Shared, routes};
use super::{clock, incoming, message, world};
use crate::whatsapp::transports::{
    Attachment, Connection, MessageLookup, Outgoing, Status, StatusUpdate, Transport, Update,
};
use crate::whatsapp::wire_ids::OwnWireId;

/// Makes twenty seconds of the simulator's time less than six milliseconds.
const RATE: u32 = 3_600;

/// A simulator on a free port, and a transport to it.
fn simulator() -> (ServerHandle, Remote) {
    let (server, _, remote) = simulator_and_world();
    (server, remote)
}

fn simulator_and_world() -> (ServerHandle, Shared, Remote) {
    let world = world(RATE);
    let (shared, echo) = (world.clone(), Echo::new(clock(RATE)));
    let server = HttpServer::new(move || App::new().configure(|cfg| routes::alone(cfg, shared.clone(), echo.clone())))
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .expect("a free port");
    let address = server.addrs()[0];
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(running);
    (handle, world, remote(address))
}

fn remote(address: SocketAddr) -> Remote {
    Remote::with_timeout(&format!("http://{address}/"), Duration::from_secs(10)).expect("a base URL")
}

#[actix_web::test]
async fn each_number_behaves_over_http_as_it_does_in_process() {
    let (server, remote) = simulator();
    for (to, outcomes) in [
        ("+12025550101", vec![Outcome::Sent, Outcome::Sent]),
        ("+12025550140", vec![Outcome::Failed(Permanent::NotOnWhatsApp)]),
        ("+12025550141", vec![Outcome::ServerError; 3]),
        ("+12025550142", vec![Outcome::ServerError, Outcome::ServerError, Outcome::Sent]),
        ("+12025550143", vec![Outcome::Sent]),
        ("+12025550144", vec![Outcome::Unknown; 3]),
        ("+12025550145", vec![Outcome::Stopped { reason: StopReason::Blocked, until_ms: None }]),
        ("Mary", vec![Outcome::Failed(Permanent::RecipientInvalid)]),
    ] {
        let bits = to.bytes().map(u64::from).sum();
        for outcome in outcomes {
            assert_eq!(remote.send(message(bits, to)).await, outcome, "{to}");
        }
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn a_look_up_over_http_tells_the_three_cases_apart() {
    let (server, remote) = simulator();
    remote.send(message(1, "+12025550101")).await;
    remote.send(message(2, "+12025550144")).await;
    for (bits, expected) in [(1, MessageLookup::Sent), (2, MessageLookup::Unknown), (3, MessageLookup::NotSent)] {
        assert_eq!(remote.lookup("+12025550100", MessageId::from_bits(bits)).await, expected);
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn updates_come_over_http_in_order_and_stop_when_asked() {
    let (server, remote) = simulator();
    let (sink, mut updates) = mpsc::channel(1);
    remote.start(sink);
    remote.send(message(1, "+12025550101")).await;
    for status in [Status::Delivered, Status::Read] {
        let wire_id = OwnWireId::from_bits(1).to_string();
        let expected = StatusUpdate { account_phone: "+12025550100".to_owned(), wire_id, status };
        assert_eq!(updates.recv().await, Some(Update::Status(expected)));
    }
    remote.stop();
    assert_eq!(updates.recv().await, None);
    server.stop(false).await;
}

#[actix_web::test]
async fn the_largest_file_and_the_longest_text_come_over_http_in_one_message() {
    let (server, remote) = simulator();
    let (name, mime) = ("film.mp4".to_owned(), "video/mp4".to_owned());
    let file = Attachment { name, mime, bytes: vec![7; 2 << 20].into() };
    let text = "\u{1}".repeat(65_536);
    let sent = Outgoing { text, file: Some(file.clone()), ..message(1, "+12025550101") };
    assert_eq!(remote.send(sent).await, Outcome::Sent);
    let too_large = Attachment { bytes: vec![7; (2 << 20) + 1].into(), ..file };
    let sent = Outgoing { file: Some(too_large), ..message(2, "+12025550101") };
    assert_eq!(remote.send(sent).await, Outcome::Failed(Permanent::ContentRejected));
    server.stop(false).await;
}

#[actix_web::test]
async fn the_longest_updates_come_over_http_one_after_the_other() {
    let (server, world, remote) = simulator_and_world();
    let (sink, mut updates) = mpsc::channel(1);
    for _ in 0..5 {
        world.receive(incoming(&"\u{1}".repeat(65_536)));
    }
    remote.start(sink);
    for _ in 0..5 {
        let update = updates.recv().await;
        assert!(matches!(update, Some(Update::Message(heard)) if heard.text.len() == 65_536));
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn a_connection_that_comes_and_goes_is_reported_over_http() {
    let (server, world, remote) = simulator_and_world();
    let (sink, mut updates) = mpsc::channel(1);
    remote.start(sink);
    let account = Address::parse("+12025550100").expect("an address");
    world.disconnect(account.clone()).expect("room");
    assert_eq!(remote.send(message(1, "+12025550101")).await, Outcome::NotConnected);
    world.connect(&account);
    for connected in [false, true] {
        let expected = Connection { account_phone: "+12025550100".to_owned(), connected };
        assert_eq!(updates.recv().await, Some(Update::Connection(expected)));
    }
    server.stop(false).await;
}

#[actix_web::test]
async fn a_refused_connection_is_not_connected() {
    let bound_but_not_listening = TcpSocket::new_v4().expect("a socket");
    bound_but_not_listening.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let remote = remote(bound_but_not_listening.local_addr().expect("an address"));
    assert_eq!(remote.send(message(1, "+12025550101")).await, Outcome::NotConnected);
    assert_eq!(remote.lookup("+12025550100", MessageId::from_bits(1)).await, MessageLookup::Unknown);
}

/// The outcome of sending to a server that reads one request and then gives this answer, or never answers if it is
/// `None`.
async fn answering(answer: Option<&'static str>, timeout: Duration) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let served = async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        assert!(stream.read(&mut [0; 4_096]).await.expect("a request") > 0);
        match answer {
            Some(answer) => stream.write_all(answer.as_bytes()).await.expect("written"),
            None => std::future::pending().await,
        }
    };
    let remote = Remote::with_timeout(&format!("http://{address}"), timeout).expect("a base URL");
    let serving = actix_web::rt::spawn(served);
    let outcome = remote.send(message(1, "+12025550101")).await;
    serving.abort();
    outcome
}

#[actix_web::test]
async fn anything_but_a_clear_answer_is_an_unknown_outcome() {
    for answer in [
        "",
        "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"outcome\":\"sent\"}",
        "HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"outcome\":\"vanished\"}",
    ] {
        assert_eq!(answering(Some(answer), Duration::from_secs(10)).await, Outcome::Unknown, "{answer}");
    }
}

#[actix_web::test]
async fn no_answer_in_time_is_an_unknown_outcome() {
    assert_eq!(answering(None, Duration::from_millis(50)).await, Outcome::Unknown);
}

#[actix_web::test]
async fn an_endless_answer_is_given_up() {
    let endless = Box::leak(format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(9 << 20)).into_boxed_str());
    assert_eq!(answering(Some(endless), Duration::from_secs(10)).await, Outcome::Unknown);
}

#[test]
fn what_is_not_a_base_url_is_refused_at_once() {
    for text in ["", "127.0.0.1:9000", "simulator", "mailto:someone@example.com"] {
        assert!(Remote::new(text).is_err(), "{text}");
    }
}
