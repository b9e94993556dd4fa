//! The answers of receivers: success, failure, too much, too slow, nonsense.

use std::time::Duration;

use tidings::config::Success;
use tidings::net::client::Insecure;
use tidings::outbound::{BODY_BYTES_MAX, Fault, GuardedPoster, HttpPoster};

use super::{answer, answered, code, post, post_within, request};
use crate::files::check::secure;
use crate::files::guard;
use crate::files::site::{Reply, Site};

const SHORT: Duration = Duration::from_millis(300);
/// A generous bound for what fits into the socket buffers between two processes.
const UNDER_WAY: usize = 16 << 20;

#[tokio::test]
async fn a_post_carries_its_headers_and_its_body_unchanged() {
    let site = Site::on("127.0.0.1", answer("200", "Content-Length: 2\r\nX-Trace: a1\r\n", b"ok")).await;
    let answered = post(&site.url("/hook?key=1#part")).await;
    assert!(answered.is_success() && answered.duration > Duration::ZERO, "{answered:?}");
    let response = answered.response.unwrap();
    assert_eq!((response.status, &*response.body, response.body_cut, response.retry_after), (200, "ok", false, None));
    assert!(response.headers.contains(&("x-trace".to_owned(), "a1".to_owned())), "{:?}", response.headers);

    let sent = site.requests().remove(0);
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook?key=1 HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, "{\"chat\":\"\u{410}\"}");
    for line in ["content-type: application/json", "webhook-id: dlv_1", "accept-encoding: identity"] {
        assert_eq!(head.lines().filter(|header| *header == line).count(), 1, "{line} in {head}");
    }
    let agents: Vec<_> = head.lines().filter(|line| line.starts_with("user-agent")).collect();
    assert_eq!(agents, ["user-agent: Tidings/1.2"]);
    assert!(!head.contains("cookie") && !head.contains("referer") && !head.contains("authorization"), "{head}");
}

#[tokio::test]
async fn the_status_decides() {
    for (status, expected) in [
        ("200", ""),
        ("201", ""),
        ("204", ""),
        ("299", ""),
        ("301", "report_redirected"),
        ("304", "report_redirected"),
        ("400", "report_http_error"),
        ("404", "report_http_error"),
        ("410", "report_http_error"),
        ("429", "report_http_error"),
        ("500", "report_http_error"),
        ("999", "report_http_error"),
    ] {
        let (answered, _) = answered(answer(status, "Content-Length: 0\r\n", b"")).await;
        assert_eq!(code(&answered), expected, "{status}");
        assert_eq!(answered.response.map(|response| response.status.to_string()).as_deref(), Some(status));
    }
}

#[tokio::test]
async fn with_the_other_setting_only_200_is_success() {
    let strict = GuardedPoster::within(guard(&["127.0.0.0/8"]), super::PATIENT, Success::Only200);
    for (status, fault) in [("200", None), ("201", Some(Fault::Status(201))), ("204", Some(Fault::Status(204)))] {
        let site = Site::on("127.0.0.1", answer(status, "Content-Length: 0\r\n", b"")).await;
        assert_eq!(strict.post(request(&site.url("/"))).await.fault, fault);
    }
}

#[tokio::test]
async fn a_receiver_says_how_long_to_wait() {
    for (header, seconds) in [
        ("Retry-After: 120\r\n", Some(120)),
        ("retry-after: 999999999999999999999\r\n", Some(28_800)),
        ("Retry-After: Tue, 31 Dec 2999 23:59:59 GMT\r\n", Some(28_800)),
        ("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", Some(0)),
        ("Retry-After: soon\r\n", None),
        ("Retry-After: \u{ff}\r\n", None),
        ("", None),
    ] {
        let (answered, _) = answered(answer("503", &format!("{header}Content-Length: 0\r\n"), b"")).await;
        let asked = answered.response.unwrap().retry_after;
        assert_eq!(asked, seconds.map(Duration::from_secs), "{header}");
    }
}

#[tokio::test]
async fn of_an_endless_answer_the_first_part_is_kept_and_the_status_counts() {
    for (status, expected) in [("200", ""), ("500", "report_http_error")] {
        let head = format!("HTTP/1.1 {status} X\r\n\r\n");
        let (answered, taken) = answered(Reply::Endless(head.into_bytes(), vec![b'a'; 65_536])).await;
        assert_eq!(code(&answered), expected);
        let response = answered.response.unwrap();
        assert_eq!((response.body, response.body_cut), ("a".repeat(BODY_BYTES_MAX), true));
        assert!(taken < UNDER_WAY, "{taken}");
    }
}

#[tokio::test]
async fn sixteen_kib_are_whole_and_one_byte_more_is_cut() {
    for (bytes, is_cut) in [(BODY_BYTES_MAX - 1, false), (BODY_BYTES_MAX, false), (BODY_BYTES_MAX + 1, true)] {
        let (answered, _) = answered(Reply::file(&vec![b'a'; bytes])).await;
        let response = answered.response.unwrap();
        assert_eq!((response.body.len(), response.body_cut), (bytes.min(BODY_BYTES_MAX), is_cut));
    }
}

#[tokio::test]
async fn one_deadline_covers_connection_and_headers() {
    let pause = Duration::from_millis(20);
    for reply in [
        Reply::Silence,
        Reply::Slow(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), pause),
        Reply::Slow(b"HTTP/1.1 204 OK\r\n".to_vec(), pause),
        Reply::Endless(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
    ] {
        let site = Site::on("127.0.0.1", reply).await;
        let answered = post_within(SHORT, &site.url("/")).await;
        assert_eq!(answered.fault, Some(Fault::Timeout(SHORT)), "{answered:?}");
        assert!(answered.duration >= SHORT, "{answered:?}");
        assert_eq!(answered.response, None);
    }
}

/// A receiver that has accepted a report must not get it again, whatever follows the status, or does not.
#[tokio::test]
async fn a_body_that_does_not_end_changes_nothing_of_the_status() {
    let pause = Duration::from_millis(20);
    for (status, expected) in
        [(200, None), (201, None), (500, Some(Fault::Status(500))), (302, Some(Fault::Redirected(302)))]
    {
        let head = format!("HTTP/1.1 {status} X\r\nRetry-After: 7\r\n\r\n");
        let site = Site::on("127.0.0.1", Reply::Slow(head.into_bytes(), pause)).await;
        let answered = post_within(Duration::from_millis(900), &site.url("/")).await;
        assert_eq!(answered.fault, expected, "{answered:?}");
        let response = answered.response.unwrap();
        assert_eq!((response.status, response.retry_after), (status, Some(Duration::from_secs(7))));
    }
}

/// Sloppy HTTP from a receiver is no reason to post a report twice (RFC 9112 lets clients be strict or lenient).
#[tokio::test]
async fn sloppy_headers_behind_a_status_are_passed_over() {
    for headers in [
        "X-Name : a\r\n",
        "X-Name\t: a\r\n",
        "X-Long: a\r\n  folded\r\n",
        ": nameless\r\n",
        "without a colon\r\n",
        "X Name: a\r\n",
        "X-Na\u{e9}me: a\r\n",
        "X-Name: a\u{1}b\r\n",
        "X-Name : a\r\nX-Long: a\r\n\tfolded\r\n: nameless\r\n",
    ] {
        for line in ["HTTP/1.1 200 OK", "HTTP/1.1 200", "HTTP/1.0 200 OK"] {
            let whole = format!("{line}\r\n{headers}Content-Length: 2\r\n\r\nok");
            let (answered, _) = answered(Reply::Bytes(whole.into_bytes())).await;
            assert_eq!(answered.fault, None, "{line} {headers:?}");
        }
        let (answered, _) = answered(answer("503", &format!("{headers}Retry-After: 7\r\n"), b"")).await;
        assert_eq!(answered.fault, Some(Fault::Status(503)), "{headers:?}");
        assert_eq!(answered.response.unwrap().retry_after, Some(Duration::from_secs(7)), "{headers:?}");
    }
    let (answered, _) = answered(answer("200", &"X-Name: a\r\n".repeat(900), b"ok")).await;
    assert!(answered.is_success(), "{answered:?}");
}

#[tokio::test]
async fn a_packed_answer_is_never_unpacked() {
    // A gzip file (RFC 1952) that would unpack to 1 MiB of zeros.
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    bomb.extend([0xed, 0xc1, 0x01, 0x01, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a]);
    bomb.resize(1_000, 0);
    let (answered, _) = answered(answer("200", "Content-Encoding: gzip\r\nContent-Length: 1000\r\n", &bomb)).await;
    let response = answered.response.unwrap();
    assert!(response.body.starts_with("\u{1f}\u{fffd}\u{8}"), "{response:?}");
    assert_eq!((response.body.chars().count(), response.body_cut), (1_000, false));
}

#[tokio::test]
async fn headers_without_end_are_refused() {
    let many = "X-Name: a\r\n".repeat(100_000);
    let (found, _) = answered(answer("200", &many, b"ok")).await;
    assert_eq!((found.fault, found.response), (Some(Fault::AnswerInvalid), None));
    for more in [b"X: a\r\n".repeat(1_000), b"a".repeat(65_536)] {
        let (found, taken) = answered(Reply::Endless(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), more)).await;
        assert_eq!(found.fault, Some(Fault::AnswerInvalid));
        assert!(taken < UNDER_WAY, "{taken}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_do_no_harm() {
    let reply = b"HTTP/1.1 200 OK\r\nX-Name: Z\xf6e \xff\r\nContent-Length: 3\r\n\r\na\xffb".to_vec();
    let (answered, _) = answered(Reply::Bytes(reply)).await;
    assert!(answered.is_success());
    let response = answered.response.unwrap();
    assert!(response.headers.contains(&("x-name".to_owned(), "Z\u{fffd}e \u{fffd}".to_owned())), "{response:?}");
    assert_eq!(response.body, "a\u{fffd}b");
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    for invalid in ["", "SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 twohundred OK\r\n\r\n", "+OK\r\n", "HTTP/1.1 200 O"] {
        let (answered, _) = answered(Reply::Bytes(invalid.as_bytes().to_vec())).await;
        assert_eq!((answered.fault, answered.response), (Some(Fault::AnswerInvalid), None), "{invalid:?}");
    }
    for lengths in ["Content-Length: -1\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: x\r\n"] {
        assert_eq!(code(&answered(answer("200", lengths, b"ok")).await.0), "report_answer_invalid", "{lengths}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_behind_its_status_counts_by_its_status() {
    for (status, expected) in [("200", ""), ("500", "report_http_error")] {
        for headers in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
            let (answered, _) = answered(answer(status, headers, b"10\r\nabc")).await;
            assert_eq!(code(&answered), expected, "{headers}");
            assert!(answered.response.unwrap().body_cut, "{headers}");
        }
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(post(&format!("http://{closed}/")).await.fault, Some(Fault::Unreachable));
    assert_eq!(post("http://nowhere.invalid/").await.fault, Some(Fault::NameUnknown));
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (port, _) = secure("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned());
    let answered = post(&format!("https://127.0.0.1:{port}/")).await;
    assert_eq!((answered.fault, answered.response), (Some(Fault::Insecure(Insecure::SelfSigned)), None));
}
