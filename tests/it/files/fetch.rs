//! Fetches a file from one URL without redirects: what counts as a file, and what a server may send instead.

use std::time::Duration;

use tidings::files::{Fault, Files};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::site::{Reply, Site};
use super::{PNG, TWO_MIB, fetch, within};

const SHORT: Duration = Duration::from_millis(300);
/// A generous bound for what fits into the socket buffers between two processes.
const UNDER_WAY: usize = 16 << 20;

async fn fault_of(reply: Reply, name: &str) -> Fault {
    let site = Site::on("127.0.0.1", reply).await;
    fetch(&site.url("/file"), name).await.unwrap_err()
}

fn answer(headers: &str, body: &[u8]) -> Reply {
    Reply::Bytes([b"HTTP/1.1 200 OK\r\n", headers.as_bytes(), b"\r\n", body].concat())
}

#[tokio::test]
async fn a_file_arrives_with_its_bytes_its_kind_and_a_base_name() {
    let site = Site::on("127.0.0.1", Reply::file(PNG)).await;
    let file = fetch(&site.url("/a?b#c"), "../holiday\u{202e}.png").await.unwrap();
    assert_eq!((&file.bytes[..], file.mime, &*file.name), (PNG, "image/png", "holiday.png"));
    assert_eq!(fetch(&site.url("/a"), "..").await.unwrap().name, "file");
    let request = site.requests().remove(0).to_ascii_lowercase();
    assert!(request.starts_with("get /a?b http/1.1\r\n"), "{request}");
    let version = format!("{}.{}", env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    assert!(request.contains(&format!("\r\nuser-agent: tidings/{version}\r\n")), "{request}");
    assert!(request.contains("\r\naccept-encoding: identity\r\n"), "{request}");
    assert!(!request.contains("referer") && !request.contains("cookie"), "{request}");
}

#[tokio::test]
async fn a_name_in_the_address_is_called_with_its_host() {
    let site = Site::on("127.0.0.1", Reply::file(PNG)).await;
    let url = format!("http://localhost:{}/a.png", site.address.port());
    assert!(fetch(&url, "a.png").await.is_ok());
    assert!(site.requests()[0].to_ascii_lowercase().contains(&format!("\r\nhost: localhost:{}", site.address.port())));
}

#[tokio::test]
async fn two_mib_pass_and_one_byte_more_does_not() {
    let full = vec![0; TWO_MIB];
    let site = Site::on("127.0.0.1", Reply::file(&full)).await;
    assert_eq!(fetch(&site.url("/"), "a").await.unwrap().bytes.len(), TWO_MIB);
    let more = vec![0; TWO_MIB + 1];
    assert_eq!(fault_of(Reply::file(&more), "a").await, Fault::TooLarge(TWO_MIB));
    // The same without a length, and in chunks.
    assert_eq!(fault_of(answer("", &more), "a").await, Fault::TooLarge(TWO_MIB));
    let chunks = [format!("{:x}\r\n", more.len()).as_bytes(), &more, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(fault_of(answer("Transfer-Encoding: chunked\r\n", &chunks), "a").await, Fault::TooLarge(TWO_MIB));
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let reply = Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'a'; 65_536]);
    let site = Site::on("127.0.0.1", reply).await;
    assert_eq!(fetch(&site.url("/"), "a").await, Err(Fault::TooLarge(TWO_MIB)));
    assert!(site.written() < UNDER_WAY, "{}", site.written());
}

#[tokio::test]
async fn the_length_that_is_told_is_not_trusted() {
    let incomplete = [
        answer("Content-Length: 100\r\n", PNG),
        answer("Content-Length: 99999999999\r\n", PNG),
        answer("Transfer-Encoding: chunked\r\n", b"10\r\nabc"),
        answer("Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n"),
        answer("Transfer-Encoding: chunked\r\n", b"no size\r\nabc"),
    ];
    for reply in incomplete {
        assert_eq!(fault_of(reply, "a.png").await, Fault::Incomplete);
    }
    for lengths in ["Content-Length: -1\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: x\r\n"] {
        assert_eq!(fault_of(answer(lengths, PNG), "a.png").await, Fault::AnswerInvalid, "{lengths}");
    }
    let site = Site::on("127.0.0.1", answer("Content-Length: 4\r\n", PNG)).await;
    assert_eq!(fetch(&site.url("/"), "a.png").await.unwrap().bytes, &PNG[..4]);
}

#[tokio::test]
async fn a_file_without_bytes_is_none() {
    assert_eq!(fault_of(Reply::file(b""), "a.png").await, Fault::Empty);
    let none = Reply::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec());
    assert_eq!(fault_of(none, "a.png").await, Fault::Status(204));
}

#[tokio::test]
async fn one_deadline_covers_connection_headers_and_body() {
    let pause = Duration::from_millis(20);
    for reply in [
        Reply::Silence,
        Reply::Slow(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), pause),
        Reply::Slow(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), pause),
        Reply::Slow(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".to_vec(), pause),
        Reply::Endless(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
    ] {
        let site = Site::on("127.0.0.1", reply).await;
        assert_eq!(within(SHORT).fetch(&site.url("/"), "a").await, Err(Fault::Timeout(SHORT)));
    }
}

#[tokio::test]
async fn a_compressed_answer_is_never_unpacked() {
    let bomb = gzip_of_zeros();
    let gzip = "Content-Encoding: gzip\r\n";
    assert_eq!(fault_of(answer(gzip, &bomb), "a.png").await, Fault::Compressed);
    assert_eq!(fault_of(answer("Content-Encoding: identity, br\r\n", PNG), "a.png").await, Fault::Compressed);
    let site = Site::on("127.0.0.1", answer(gzip, &bomb)).await;
    let packed = fetch(&site.url("/"), "backup.tar.GZ").await.unwrap();
    assert_eq!((packed.bytes.len(), packed.mime), (bomb.len(), "application/gzip"));
    let site = Site::on("127.0.0.1", answer("Content-Encoding: Identity\r\n", PNG)).await;
    assert!(fetch(&site.url("/"), "a.png").await.is_ok());
}

/// A gzip file of stored blocks (RFC 1951 section 3.2.4) that claims to unpack to 4 GiB.
fn gzip_of_zeros() -> Vec<u8> {
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    for _ in 0..16 {
        gzip.extend([0, 0xff, 0xff, 0, 0]);
        gzip.resize(gzip.len() + 65_535, 0);
    }
    gzip.extend([1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    gzip
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let many = "X-Name: a\r\n".repeat(100_000);
    assert_eq!(fault_of(answer(&many, PNG), "a.png").await, Fault::AnswerInvalid);
    for more in [b"X: a\r\n".repeat(1_000), b"a".repeat(65_536)] {
        let site = Site::on("127.0.0.1", Reply::Endless(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), more)).await;
        assert_eq!(fetch(&site.url("/"), "a").await, Err(Fault::AnswerInvalid));
        assert!(site.written() < UNDER_WAY, "{}", site.written());
    }
}

#[tokio::test]
async fn a_header_outside_ascii_does_no_harm() {
    let reply = [b"HTTP/1.1 200 OK\r\nX-Name: Z\xf6e \xff\r\nContent-Length: 3\r\n\r\nabc".as_slice()].concat();
    let site = Site::on("127.0.0.1", Reply::Bytes(reply)).await;
    assert_eq!(fetch(&site.url("/"), "a.txt").await.unwrap().mime, "text/plain");
}

#[tokio::test]
async fn other_answers_each_have_their_code() {
    for (status, code) in [
        (404, "file_not_found"),
        (410, "file_not_found"),
        (304, "file_http_error"),
        (401, "file_http_error"),
        (403, "file_http_error"),
        (429, "file_http_error"),
        (500, "file_http_error"),
    ] {
        let fault = fault_of(Reply::status(status), "a.png").await;
        assert_eq!(fault.code(), code, "{status}");
        assert!(fault.to_string().contains(&status.to_string()), "{fault}");
    }
    assert_eq!(fault_of(Reply::Bytes(Vec::new()), "a.png").await, Fault::Reset);
    for invalid in ["SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 twohundred OK\r\n\r\n", "+OK\r\n"] {
        let fault = fault_of(Reply::Bytes(invalid.as_bytes().to_vec()), "a.png").await;
        assert_eq!(fault, Fault::AnswerInvalid, "{invalid:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(fetch(&format!("http://{closed}/a.png"), "a.png").await, Err(Fault::Unreachable));
    assert_eq!(fetch("http://nowhere.invalid/a.png", "a.png").await, Err(Fault::NameUnknown));
}

#[tokio::test]
async fn a_server_without_tls_is_not_secure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/a.png", listener.local_addr().unwrap());
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 16_384];
        assert!(stream.read(&mut hello).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let _ = stream.read(&mut hello).await;
    };
    assert_eq!(tokio::join!(fetch(&url, "a.png"), server).0, Err(Fault::Insecure));
}

#[tokio::test]
async fn a_web_page_under_another_name_is_no_direct_link() {
    let page = b"<!doctype html><title>Download offer.pdf</title>";
    let as_png = answer("Content-Type: image/png\r\n", page);
    for name in ["a.png", "offer.pdf", "offer", "notes.txt"] {
        let fault = fault_of(as_png.clone(), name).await;
        assert_eq!(fault.code(), "not_a_direct_link", "{name}");
        assert!(fault.to_string().contains("private browser window"), "{fault}");
    }
    let site = Site::on("127.0.0.1", as_png).await;
    assert_eq!(fetch(&site.url("/"), "offer.html").await.unwrap().mime, "text/html");
    let site = Site::on("127.0.0.1", answer("Content-Type: text/html\r\n", PNG)).await;
    assert_eq!(fetch(&site.url("/"), "a.png").await.unwrap().mime, "image/png");
    let both = [b"GIF89a".as_slice(), page].concat();
    let site = Site::on("127.0.0.1", answer("Content-Type: text/html\r\n", &both)).await;
    assert_eq!(fetch(&site.url("/"), "a.png").await.unwrap().mime, "image/gif");
}
