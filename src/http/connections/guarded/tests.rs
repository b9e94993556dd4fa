//! Tests when bytes are read, how long a response waits for its client, and which responses are replaced.

use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::tests::{accepted, connections};
use super::*;

/// More than the system buffers for a client.
const MUCH: usize = 64 << 20;

/// Reads as much as can be read in this turn.
fn turn(server: &mut Guarded) -> usize {
    let mut buffer = [0; 4 * READ_AT_ONCE_BYTES];
    let mut read = 0;
    while let Some(Ok(more)) = server.read(&mut buffer).now_or_never() {
        read += more;
    }
    read
}

/// Waits until bytes have arrived, and reads one turn.
async fn first_turn(server: &mut Guarded) -> usize {
    server.io.readable().await.unwrap();
    turn(server)
}

// Many requests in one packet: each takes far more memory than bytes on the wire.
#[tokio::test]
async fn requests_are_read_a_few_at_a_time() {
    let (mut server, mut client) = accepted(&connections()).await;
    client.write_all(&[b'x'; 3 * READ_AT_ONCE_BYTES]).await.unwrap();
    for _ in 0..3 {
        assert_eq!(first_turn(&mut server).await, READ_AT_ONCE_BYTES);
        assert_eq!(turn(&mut server), 0, "not before there was a chance to answer");
        server.flush().await.unwrap();
    }
}

#[tokio::test]
async fn what_comes_behind_a_request_waits_until_it_is_answered() {
    let (mut server, mut client) = accepted(&connections()).await;
    let busy = server.connection().busy();
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(first_turn(&mut server).await, 0);
    drop(busy);
    assert_eq!(first_turn(&mut server).await, 18);
}

// The server sleeps meanwhile: the later of the two has to wake it.
#[tokio::test]
async fn what_comes_behind_a_request_is_read_whether_it_comes_before_the_answer_or_after_it() {
    for is_before in [true, false] {
        let (mut server, mut client) = accepted(&connections()).await;
        let connection = Arc::clone(server.connection());
        let busy = connection.busy();
        let reading = tokio::spawn(async move { server.read(&mut [0; 64]).await.unwrap() });
        tokio::task::yield_now().await;
        if is_before {
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            while !connection.is_held_back.load(Ordering::Relaxed) {
                tokio::task::yield_now().await;
            }
        }
        assert!(!reading.is_finished());
        drop(busy);
        if !is_before {
            tokio::task::yield_now().await;
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        }
        assert_eq!(reading.await.unwrap(), 18);
    }
}

#[tokio::test]
async fn the_body_of_a_request_is_read_and_nothing_behind_it() {
    let (mut server, mut client) = accepted(&connections()).await;
    let _busy = server.connection().busy();
    server.connection().expect_body(5);
    client.write_all(b"hello").await.unwrap();
    assert_eq!(first_turn(&mut server).await, 5);
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(first_turn(&mut server).await, 0);
}

// A client that sends a request and never reads: the response is not kept for ever.
#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_is_given_up() {
    let (mut server, _client) = accepted(&connections()).await;
    let begun = tokio::time::Instant::now();
    let written = server.write_all(&vec![b'x'; MUCH]).await;
    assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert!(begun.elapsed() >= TAKEN_WITHIN);
}

#[tokio::test]
async fn nothing_is_read_while_an_answer_waits_for_its_reader() {
    let (mut server, mut client) = accepted(&connections()).await;
    client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let answer = vec![b'x'; MUCH];
    assert!(server.write_all(&answer).now_or_never().is_none());
    assert_eq!(first_turn(&mut server).await, 0);
    let mut taken = [0; READ_AT_ONCE_BYTES];
    // Once the client reads on, so does the server.
    while server.write(&answer).now_or_never().is_none() {
        client.read_exact(&mut taken).await.unwrap();
    }
    assert_eq!(first_turn(&mut server).await, 18);
}

#[tokio::test]
async fn what_the_server_says_of_no_request_gets_our_shape() {
    let (mut server, mut client) = accepted(&connections()).await;
    let bare = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n";
    server.write_all(bare).await.unwrap();
    drop(server);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "HTTP/1.1 400 Bad Request\r\n\r\nno");
}

#[test]
fn our_own_answers_stay_as_they_are() {
    for (head, found) in [
        ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: x", Some(400)),
        ("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\ndate: x", Some(408)),
        ("HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\ndate: x", Some(431)),
        ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: req_1\r\ndate: x", None),
        ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ncache-control: no-store\r\ndate: x", None),
        ("HTTP/1.1 400 Bad Request\r\ncontent-length: 7\r\ndate: x", None),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\ndate: x", None),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\ndate: x", None),
    ] {
        let status = refusal(format!("{head}\r\n\r\n").as_bytes()).map(|status| status.as_u16());
        assert_eq!(status, found, "{head}");
        assert_eq!(refusal(head.as_bytes()), None, "not whole: {head}");
    }
    let two = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(refusal(two.as_bytes()), None);
}
