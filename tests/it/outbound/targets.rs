//! The allowed targets of a report: the guard checks each try, and no redirect is followed.

use std::sync::Arc;
use std::time::Duration;

use tidings::config::Success;
use tidings::net::guard::{Guard, Own};
use tidings::outbound::{Fault, GuardedPoster, HttpPoster};

use super::{PATIENT, code, post_by, request};
use crate::files::site::{Reply, Site};
use crate::files::{NameServer, guard};

#[tokio::test]
async fn no_redirect_is_followed_wherever_it_leads() {
    let inside = Site::on("127.0.0.1", Reply::file(b"secret")).await;
    for to in [
        inside.url("/"),
        format!("//127.1:{}/", inside.address.port()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::1]/".to_owned(),
        "https://tidings.example/in/in_x".to_owned(),
        "file:///etc/passwd".to_owned(),
        "/loop".to_owned(),
        String::new(),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let head = format!("HTTP/1.1 {status} X\r\nLocation: {to}\r\nContent-Length: 4\r\n\r\nbody");
            let outside = Site::on("127.0.0.2", Reply::Bytes(head.into_bytes())).await;
            let answered = post_by(guard(&["127.0.0.0/8"]), &outside.url("/")).await;
            assert_eq!(answered.fault, Some(Fault::Redirected(status)), "{to}");
            assert_eq!(
                answered.response.map(|response| (response.status, response.body)),
                Some((status, "body".into()))
            );
            assert_eq!(outside.requests().len(), 1, "{to}");
        }
    }
    assert_eq!(inside.requests().len(), 0);
}

#[tokio::test]
async fn a_forbidden_address_is_never_connected_to() {
    let site = Site::on("127.0.0.1", Reply::file(b"ok")).await;
    let port = site.address.port();
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::ffff:127.0.0.1]", "0", "①②⑦.⓪.⓪.①"] {
        let answered = post_by(guard(&["10.0.0.0/8"]), &format!("http://{host}:{port}/")).await;
        assert_eq!((code(&answered), answered.response), ("report_address_forbidden", None), "{host}");
    }
    assert_eq!(site.requests().len(), 0);
    let soon = Duration::from_secs(2);
    for metadata in ["http://169.254.169.254/latest/", "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/"] {
        for open in [&[][..], &["0.0.0.0/0", "::/0"]] {
            let answered = tokio::time::timeout(soon, post_by(guard(open), metadata)).await;
            assert_eq!(code(&answered.expect("nothing is waited for")), "report_address_forbidden", "{metadata}");
        }
    }
}

#[tokio::test]
async fn what_is_no_plain_web_address_is_not_called() {
    for (url, expected) in [
        ("", "report_url_invalid"),
        ("crm.example/hook", "report_url_invalid"),
        ("ftp://93.184.216.34/", "report_url_invalid"),
        ("file:///etc/passwd", "report_url_invalid"),
        ("http://ada:secret@93.184.216.34/", "report_url_invalid"),
        ("http://93.184.216.34:22/", "report_address_forbidden"),
        ("http://10.0.0.5/", "report_address_forbidden"),
        ("https://tidings.example/in/in_x", "report_address_forbidden"),
        ("http://crm.invalid/", "report_unreachable"),
    ] {
        assert_eq!(code(&post_by(guard(&[]), url).await), expected, "{url}");
    }
}

#[tokio::test]
async fn a_name_server_that_changes_its_mind_reaches_nobody_inside() {
    let [outside, inside] = Site::on_one_port(["127.0.0.2", "127.0.0.1"], Reply::file(b"ok")).await;
    let names = NameServer::answering(&[&["127.0.0.2"], &["127.0.0.1"], &["127.0.0.2", "127.0.0.1"]]);
    let poster =
        GuardedPoster::within(guard(&["127.0.0.2"]).resolving_by(Arc::clone(&names) as _), PATIENT, Success::Any2xx);
    let url = format!("http://rebinding.example:{}/", outside.address.port());
    assert!(poster.post(request(&url)).await.is_success());
    for _ in 0..2 {
        let answered = poster.post(request(&url)).await;
        assert_eq!(code(&answered), "report_address_forbidden");
        assert!(!answered.fault.unwrap().to_string().contains("127"), "it says nothing of the network");
    }
    assert_eq!((outside.requests().len(), inside.requests().len()), (1, 0));
}

#[tokio::test]
async fn of_this_gateway_only_the_echo_is_called() {
    let gateway = Site::on("127.0.0.1", Reply::file(b"ok")).await;
    let guard = |has_echo| {
        let own = Own::new(gateway.address, &gateway.url("")).with_echo(has_echo);
        Guard::new(&["127.0.0.0/8".parse().unwrap()], own)
    };
    for path in ["/in/in_x", "/sim/v1/receive", "/sim/v1/echo/../receive", "/"] {
        assert_eq!(code(&post_by(guard(true), &gateway.url(path)).await), "report_address_forbidden", "{path}");
    }
    let echo = gateway.url("/sim/v1/echo/crm");
    assert_eq!(code(&post_by(guard(false), &echo).await), "report_address_forbidden");
    assert_eq!(gateway.requests().len(), 0);
    assert!(post_by(guard(true), &echo).await.is_success());
    assert!(gateway.requests()[0].starts_with("POST /sim/v1/echo/crm HTTP/1.1\r\n"));
}
