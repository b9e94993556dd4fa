//! Tests `POST /api/v1/files/check` of the real program, with TLS servers and with a proxy in the environment.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};
use serde_json::{Value, json};

use super::site::{Reply, site};
use super::{PNG, TWO_MIB};
use crate::harness::{Request, Server, Setup, Workspace};

fn check(workspace: &Workspace, url: &str) -> Value {
    let answer = workspace.ask(&workspace.api("POST", "/files/check").json(&json!({"url": url})));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn started(setup: Setup) -> (Server, Workspace) {
    let server = setup.set("TIDINGS_GUARD__ALLOW_NETWORKS", "127.0.0.0/8").start();
    let workspace = server.create_workspace("Acme", 1);
    (server, workspace)
}

#[test]
fn a_check_says_what_the_file_is_or_why_it_cannot_be_had() {
    let site = site(|path| match path {
        "/a.png" | "/page.html.png" => Reply::file(PNG),
        "/page.html" | "/offer.pdf" => Reply::file(b"<html>"),
        "/large" => Reply::file(&vec![0; TWO_MIB + 1]),
        _ => Reply::status(404),
    });
    let (server, workspace) = started(Setup::new());
    let fine = json!({"ok": true, "code": null, "message": null, "size": PNG.len(), "type": "image/png"});
    assert_eq!(check(&workspace, &site.url("/a.png")), fine);
    assert_eq!(check(&workspace, &site.url("/page.html"))["type"], "text/html");
    for (path, code) in [("/offer.pdf", "not_a_direct_link"), ("/large", "file_too_large"), ("/none", "file_not_found")]
    {
        let found = check(&workspace, &site.url(path));
        assert_eq!((&found["ok"], &found["code"]), (&json!(false), &json!(code)));
        assert!(found["message"].as_str().is_some_and(|words| !words.is_empty()), "{found}");
        assert_eq!((&found["size"], &found["type"]), (&Value::Null, &Value::Null));
    }
    let before = site.requests().len();
    for url in [
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        format!("http://127.0.0.1:{}/livez", server.port),
        format!("http://localhost:{}{}", server.port, workspace.inbound),
        format!("http://127.1:{}/readyz", server.port),
    ] {
        assert_eq!(check(&workspace, &url)["code"], "file_address_forbidden", "{url}");
    }
    assert_eq!(check(&workspace, "offer.pdf")["code"], "file_url_invalid");
    assert_eq!(site.requests().len(), before);
}

#[test]
fn a_check_needs_a_key_and_a_url() {
    let (server, workspace) = started(Setup::new());
    let body = json!({"url": "http://127.0.0.1/"});
    let stranger = Request::post("/api/v1/files/check").bearer("wsk_wrong").json(&body);
    assert_eq!(server.http().ask(&stranger).status, 401);
    for (body, code) in
        [(json!({}), "missing_field"), (json!({"url": 1}), "invalid_value"), (json!([]), "not_an_object")]
    {
        let answer = workspace.ask(&workspace.api("POST", "/files/check").json(&body));
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(code)));
    }
    assert_eq!(workspace.ask(&workspace.api("GET", "/files/check")).status, 405);
}

#[test]
fn nothing_is_open_unless_the_operator_opens_it() {
    let site = site(|_| Reply::file(PNG));
    let server = Server::start();
    let workspace = server.create_workspace("Acme", 1);
    assert_eq!(check(&workspace, &site.url("/a.png"))["code"], "file_address_forbidden");
    assert_eq!(site.requests().len(), 0);
}

#[test]
fn a_proxy_of_the_environment_sees_nothing() {
    let site = site(|_| Reply::file(PNG));
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let (_server, workspace) = started(names.into_iter().fold(Setup::new(), |setup, name| setup.set(name, &url)));
    assert_eq!(check(&workspace, &site.url("/a.png"))["ok"], true);
    assert_eq!(check(&workspace, &site.url("/a.png").replace("http:", "https:"))["ok"], false);
    assert_eq!(proxy.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

/// Starts a TLS server at 127.0.0.1 with a self-signed certificate. Returns its port, and the certificate as PEM.
pub fn secure(answer: String) -> (u16, String) {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(KeyPair::serialize_der(&signing_key)));
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(stream, Arc::clone(&config), &answer);
        }
    });
    (port, cert.pem())
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, answer: &str) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head)? > 0 {}
    let stream = stream.get_mut();
    stream.write_all(answer.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

#[test]
fn a_secure_server_is_called_if_the_machine_trusts_it_and_may_not_lead_to_an_insecure_one() {
    let plain = site(|_| Reply::file(PNG));
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    let (trusted, certificate) = secure(head.to_owned());
    let (unknown, _) = secure(head.to_owned());
    let (away, other) =
        secure(format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", plain.url("/a.png")));
    let dir = tempfile::tempdir().unwrap();
    let authorities = dir.path().join("authorities.pem");
    std::fs::write(&authorities, certificate + &other).unwrap();
    let (_server, workspace) = started(Setup::new().set("SSL_CERT_FILE", authorities.to_str().unwrap()));
    let file = check(&workspace, &format!("https://127.0.0.1:{trusted}/a.txt"));
    assert_eq!((&file["ok"], &file["size"], &file["type"]), (&json!(true), &json!(5), &json!("text/plain")));
    for (port, code) in [(unknown, "file_tls_failed"), (away, "file_redirect_insecure")] {
        assert_eq!(check(&workspace, &format!("https://127.0.0.1:{port}/a.txt"))["code"], code);
    }
    assert_eq!(check(&workspace, &format!("https://localhost:{trusted}/a.txt"))["code"], "file_tls_failed");
    assert_eq!(plain.requests().len(), 0);
}
