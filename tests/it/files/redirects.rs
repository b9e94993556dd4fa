//! The allowed targets of a fetch: each address is checked anew, and each name is resolved once per request.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tidings::files::{Fault, Fetcher, Files, Limits};
use tidings::net::guard::Resolve;

use super::site::{Reply, Site};
use super::{NameServer, PNG, fetch, guard};

#[tokio::test]
async fn three_redirects_are_followed_and_a_fourth_is_not() {
    let site = Site::answering("127.0.0.1", |path| match path {
        "/1" => Reply::redirect("/2"),
        "/2" => Reply::redirect("3"),
        "/3" => Reply::redirect("?4"),
        "/3?4" => Reply::file(PNG),
        "/0" => Reply::redirect("/1"),
        _ => Reply::redirect("/loop"),
    });
    let site = site.await;
    assert_eq!(fetch(&site.url("/1"), "a.png").await.unwrap().mime, "image/png");
    assert_eq!(fetch(&site.url("/0"), "a.png").await, Err(Fault::RedirectLoop(3)));
    let before = site.requests().len();
    assert_eq!(fetch(&site.url("/loop"), "a.png").await.unwrap_err().code(), "file_redirect_loop");
    assert_eq!(site.requests().len(), before + 4);
}

#[tokio::test]
async fn a_redirect_to_a_forbidden_address_is_not_followed() {
    let inside = Site::on("127.0.0.1", Reply::file(PNG)).await;
    let only_outside = || Fetcher::new(guard(&["127.0.0.2"]), Limits::default());
    let forbidden = [
        inside.url("/"),
        format!("http://2130706433:{}/", inside.address.port()),
        format!("//127.1:{}/", inside.address.port()),
        format!("http://[::ffff:127.0.0.1]:{}/", inside.address.port()),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[::1]/".to_owned(),
        "http://localhost/".to_owned(),
        "https://tidings.example/in/in_x".to_owned(),
    ];
    for to in forbidden {
        let outside = Site::on("127.0.0.2", Reply::redirect(&to)).await;
        let fault = only_outside().fetch(&outside.url("/"), "a.png").await.unwrap_err();
        assert_eq!(fault.code(), "file_address_forbidden", "{to}");
        assert_eq!(outside.requests().len(), 1);
    }
    for to in ["file:///etc/passwd", "ftp://example.com/", "http://a:b@example.com/", "http://", "javascript:alert(1)"]
    {
        let outside = Site::on("127.0.0.2", Reply::redirect(to)).await;
        let code = only_outside().fetch(&outside.url("/"), "a.png").await.unwrap_err().code();
        assert!(["file_url_invalid", "file_http_error"].contains(&code), "{to}: {code}");
    }
    assert_eq!(inside.requests().len(), 0);
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_answer_like_any_other() {
    let bare = Site::on("127.0.0.1", Reply::status(302)).await;
    assert_eq!(fetch(&bare.url("/"), "a.png").await, Err(Fault::Status(302)));
    let unreadable = b"HTTP/1.1 302 Found\r\nLocation: /\xff\xfe\r\nContent-Length: 0\r\n\r\n".to_vec();
    let unreadable = Site::on("127.0.0.1", Reply::Bytes(unreadable)).await;
    assert_eq!(fetch(&unreadable.url("/"), "a.png").await, Err(Fault::Status(302)));
}

#[tokio::test]
async fn an_address_that_is_forbidden_is_never_connected_to() {
    let site = Site::on("127.0.0.1", Reply::file(PNG)).await;
    let port = site.address.port();
    let closed = Fetcher::new(guard(&["10.0.0.0/8"]), Limits::default());
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "localhost", "[::ffff:127.0.0.1]", "0"] {
        let fault = closed.fetch(&format!("http://{host}:{port}/"), "a.png").await.unwrap_err();
        assert_eq!(fault.code(), "file_address_forbidden", "{host}");
    }
    assert_eq!(site.requests().len(), 0);
    let soon = Duration::from_secs(2);
    let metadata = closed.fetch("http://169.254.169.254/", "a.png");
    let fault = tokio::time::timeout(soon, metadata).await.expect("nothing is waited for").unwrap_err();
    assert_eq!(fault.code(), "file_address_forbidden");
}

#[tokio::test]
async fn a_name_server_that_changes_its_mind_changes_nothing() {
    let [outside, inside] = Site::on_one_port(["127.0.0.2", "127.0.0.1"], Reply::file(PNG)).await;
    let names = NameServer::answering(&[&["127.0.0.2"], &["127.0.0.1"], &["127.0.0.2", "127.0.0.1"]]);
    let guard = guard(&["127.0.0.2"]).resolving_by(Arc::clone(&names) as _);
    let fetcher = Fetcher::new(guard, Limits::default());
    let url = format!("http://rebinding.example:{}/", outside.address.port());
    assert!(fetcher.fetch(&url, "a.png").await.is_ok());
    assert_eq!(names.asked(), ["rebinding.example"]);
    for _ in 0..2 {
        assert_eq!(fetcher.fetch(&url, "a.png").await.unwrap_err().code(), "file_address_forbidden");
    }
    assert_eq!((outside.requests().len(), inside.requests().len()), (1, 0));
}

#[tokio::test]
async fn each_redirect_is_looked_up_and_judged_again() {
    let names = NameServer::answering(&[&["127.0.0.2"], &["127.0.0.2"], &["127.0.0.1"]]);
    let guard = guard(&["127.0.0.2"]).resolving_by(Arc::clone(&names) as _);
    let fetcher = Fetcher::new(guard, Limits::default());
    let site = Site::on("127.0.0.2", Reply::redirect("/again")).await;
    let url = format!("http://rebinding.example:{}/", site.address.port());
    assert_eq!(fetcher.fetch(&url, "a.png").await.unwrap_err().code(), "file_address_forbidden");
    assert_eq!(names.asked().len(), 3);
    assert_eq!(site.requests().len(), 2);
}

#[tokio::test]
async fn what_a_user_is_told_says_nothing_of_the_network() {
    let names = NameServer::answering(&[&["10.1.2.3"], &["93.184.216.34", "127.0.0.1"]]);
    let guard = guard(&[]).resolving_by(names);
    let fetcher = Fetcher::new(guard, Limits::default());
    for _ in 0..2 {
        let fault = fetcher.fetch("http://intranet.example/", "a.png").await.unwrap_err();
        assert_eq!(fault.to_string(), "The file's address may not be called: its host must be publicly reachable");
    }
}

#[tokio::test]
async fn files_wait_for_their_turn() {
    let limits = Limits { at_once: 1, deadline: Duration::from_millis(300), ..Limits::default() };
    let fetcher = Fetcher::new(guard(&["127.0.0.0/8"]), limits);
    let (silent, quick) = (Site::on("127.0.0.1", Reply::Silence).await, Site::on("127.0.0.1", Reply::file(PNG)).await);
    let (silent_url, quick_url) = (silent.url("/"), quick.url("/"));
    let (first, second) = tokio::join!(fetcher.fetch(&silent_url, "a"), fetcher.fetch(&quick_url, "a.png"));
    assert_eq!(first.unwrap_err().code(), "file_timeout");
    assert!(second.is_ok(), "waiting is not part of its time");
}

/// A name server that never answers.
struct Silent;

impl Resolve for Silent {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn the_deadline_covers_the_look_up_too() {
    let limits = Limits { deadline: Duration::from_millis(100), ..Limits::default() };
    let fetcher = Fetcher::new(guard(&[]).resolving_by(Arc::new(Silent)), limits);
    assert_eq!(fetcher.fetch("http://example.com/a.png", "a.png").await.unwrap_err().code(), "file_timeout");
}
