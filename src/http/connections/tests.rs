//! Tests which connections are admitted, closed and forgotten.

use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::advance;

use super::*;

const LIMITS: Limits = Limits { silence_max: Duration::from_secs(80), per_address: 2, exempt: Vec::new() };

pub(super) fn connections() -> Connections {
    Connections::with(
        LIMITS,
        Arc::new(|_| bytes::Bytes::from_static(b"HTTP/1.1 400 Bad Request\r\n\r\nno")),
        Arc::new(|| ()),
    )
}

/// A connection that a server has accepted, and the client's end of it.
pub(super) async fn accepted(connections: &Connections) -> (Guarded, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (connections.admit(server).unwrap(), client)
}

fn sweep_of(connections: &Connections) {
    sweep(&connections.open, connections.began, connections.limits.silence_max);
}

fn is_closed(server: &mut Guarded) -> bool {
    matches!(server.read(&mut [0]).now_or_never(), Some(Ok(0)))
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed_and_a_busy_one_is_not() {
    let connections = connections();
    let (mut silent, _client) = accepted(&connections).await;
    let (mut used, _other) = accepted(&connections).await;
    let busy = used.connection().busy();
    advance(Duration::from_secs(79)).await;
    sweep_of(&connections);
    assert!(!is_closed(&mut silent) && !is_closed(&mut used));
    advance(Duration::from_secs(2)).await;
    sweep_of(&connections);
    assert!(is_closed(&mut silent) && !is_closed(&mut used), "a request may take its time");
    drop(busy);
    sweep_of(&connections);
    advance(Duration::from_secs(80)).await;
    sweep_of(&connections);
    assert!(!is_closed(&mut used), "its time begins with its last answer");
    advance(Duration::from_secs(1)).await;
    sweep_of(&connections);
    assert!(is_closed(&mut used));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ended_is_forgotten() {
    let connections = connections();
    drop(accepted(&connections).await);
    sweep_of(&connections);
    assert_eq!(connections.open.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn it_is_seen_that_the_other_side_has_gone_even_during_a_request() {
    let connections = connections();
    let (mut server, client) = accepted(&connections).await;
    let _busy = server.connection().busy();
    assert!(server.read(&mut [0; 8]).now_or_never().is_none() && !server.connection().is_left());
    drop(client);
    assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    assert!(server.connection().is_left());
}

#[tokio::test]
async fn a_connection_that_is_cut_ends_for_both_sides() {
    let connections = connections();
    let (mut server, mut client) = accepted(&connections).await;
    let connection = Arc::clone(server.connection());
    let cut = async {
        tokio::task::yield_now().await;
        connection.cut();
    };
    let (read, ()) = tokio::join!(server.read_u8(), cut);
    assert!(read.is_err() && server.write_all(b"x").await.is_err());
    drop(server);
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
}

// One address that keeps opening connections takes no places from the others.
#[test]
fn an_address_has_so_many_connections_and_takes_none_from_another() {
    let connections = connections();
    let from = |ip: &str| connections.address(ip.parse().unwrap());
    let mut held = vec![from("192.0.2.7").unwrap(), from("192.0.2.7").unwrap()];
    assert!(from("192.0.2.7").is_err());
    assert!(from("192.0.2.8").is_ok_and(|address| address.is_some()));
    held.pop();
    assert!(from("192.0.2.7").is_ok());
    drop(held);
    assert!(connections.addresses.is_empty(), "whoever has none is forgotten");
}

#[test]
fn all_of_one_ipv6_network_are_one() {
    let connections = connections();
    let from = |ip: &str| connections.address(ip.parse().unwrap());
    let _held = (from("2001:db8::1").unwrap(), from("2001:db8::2").unwrap());
    assert!(from("2001:db8::3").is_err() && from("2001:db8:0:1::3").is_ok());
}

#[test]
fn this_machine_and_trusted_proxies_may_have_any_number() {
    let limits = Limits { per_address: 0, exempt: vec!["192.0.2.0/24".parse().unwrap()], ..LIMITS };
    let connections = Connections { limits, ..connections() };
    for (ip, any_number) in [("127.0.0.1", true), ("::1", true), ("192.0.2.200", true), ("192.0.3.1", false)] {
        assert_eq!(connections.address(ip.parse().unwrap()).is_ok(), any_number, "{ip}");
    }
}
