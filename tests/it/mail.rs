//! Sends e-mails to a foreign mail server, and checks what it gets and what it must never get.

pub mod server;

use std::net::TcpListener;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use events::time::Timestamp;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tidings::config::{Config, Overrides};
use tidings::notices::mail::letters::{Letter, WebhookGone, webhook_gone};
use tidings::notices::mail::{Authorities, Fault, Language, Mail, Mailer, Recipient, Smtp};

use self::server::{Behaviour, OPEN, Server};

const USER: &str = "tidings";
const PASSWORD: &str = "C4naryPassword";
const SIGNED_IN: Behaviour = Behaviour { tls: "starttls", user: USER, password: PASSWORD, ..OPEN };

/// A letter in Hindi to somebody whose name is not ASCII either.
fn mail() -> Mail {
    let at = Timestamp::from_ms(1_767_323_045_000);
    let gone = WebhookGone { owner: "अदा", workspace: "Acme <b>", url: "https://crm.example/", owed: 7, at };
    let Letter { subject, text, html } = webhook_gone(&gone, Language::Hindi);
    let to = Recipient { name: "अदा \"Ada\" Doe".to_owned(), address: "ada@acme.example".to_owned() };
    Mail { id: "webhook-1001-7".to_owned(), at, to, subject, text, html }
}

/// An SMTP client, and the file from which it reads its password anew for each e-mail.
struct Client {
    smtp: Smtp,
    _password: NamedTempFile,
}

/// A client for this port, with a password if one is given.
fn client(port: u16, tls: &str, password: Option<&str>, authorities: Authorities) -> Client {
    let file = NamedTempFile::new().unwrap();
    let set = |key: &str, value: &str| (format!("TIDINGS_SMTP__{key}"), value.to_owned());
    let mut keys = vec![
        set("HOST", "127.0.0.1"),
        set("PORT", &port.to_string()),
        set("TLS", tls),
        set("FROM", "tidings@gw.example"),
        set("TIMEOUT_S", "30"),
    ];
    if let Some(password) = password {
        std::fs::write(file.path(), format!("{password}\n")).unwrap();
        keys.extend([set("USER", USER), set("PASSWORD_FILE", file.path().to_str().unwrap())]);
    }
    let config = Config::load(None::<&Path>, keys, Overrides::default()).unwrap();
    Client { smtp: Smtp::new(&config.smtp, None, || authorities).unwrap().unwrap(), _password: file }
}

fn send(Client { smtp, .. }: &Client, mail: &Mail) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(smtp.send(mail))
}

fn trusting(server: &Server) -> Authorities {
    Authorities::new(vec![server.authority.clone()])
}

/// Everything that the server received, in one text; if `in_clear_only`, only what an eavesdropper could read.
fn heard(told: &[Value], in_clear_only: bool) -> String {
    let heard = told.iter().filter(|told| told["what"] == "heard" && !(in_clear_only && told["secret"] == true));
    heard.filter_map(|told| told["text"].as_str()).collect()
}

/// Every form in which the password may go over the wire.
fn passwords() -> [String; 3] {
    let plain = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    [PASSWORD.to_owned(), STANDARD.encode(PASSWORD), plain]
}

fn assert_no_password(text: &str) {
    for password in passwords() {
        assert!(!text.contains(&password), "{text}");
    }
}

#[test]
fn a_letter_in_hindi_arrives_as_it_was_written() {
    let Some(mut server) = Server::start(&OPEN) else { return };
    let mail = mail();
    send(&client(server.port, "none", None, Authorities::of_this_machine()), &mail).unwrap();

    let got = server.mail();
    assert_eq!((&got["sender"], &got["recipients"]), (&json!("tidings@gw.example"), &json!(["ada@acme.example"])));
    assert_eq!(got["headers"]["subject"], mail.subject);
    assert_eq!(got["headers"]["to"], "\"अदा \\\"Ada\\\" Doe\" <ada@acme.example>");
    assert_eq!(got["headers"]["from"], "Tidings <tidings@gw.example>");
    assert_eq!(got["headers"]["message-id"], "<webhook-1001-7@gw.example>");
    assert_eq!(got["headers"]["date"], "Fri, 02 Jan 2026 03:04:05 +0000");
    assert_eq!(got["headers"]["auto-submitted"], "auto-generated");
    let lines = |text: &Value| text.as_str().unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&got["text"]), mail.text.lines().collect::<Vec<_>>());
    assert_eq!(lines(&got["html"]), mail.html.lines().collect::<Vec<_>>());
}

#[test]
fn a_letter_that_is_sent_twice_has_the_same_message_id() {
    let Some(mut server) = Server::start(&OPEN) else { return };
    let smtp = client(server.port, "none", None, Authorities::of_this_machine());
    let ids = [(); 2].map(|()| {
        send(&smtp, &mail()).unwrap();
        server.mail()["headers"]["message-id"].clone()
    });
    assert_eq!(ids, ["<webhook-1001-7@gw.example>", "<webhook-1001-7@gw.example>"]);
}

#[test]
fn a_name_with_line_ends_adds_neither_a_header_nor_a_recipient() {
    let Some(mut server) = Server::start(&OPEN) else { return };
    let smtp = client(server.port, "none", None, Authorities::of_this_machine());
    send(&smtp, &mail()).unwrap();
    let usual = server.mail()["count"].clone();
    for end in ["\r\n", "\n", "\r\n.\r\nMAIL FROM:<eve@evil.example>\r\n"] {
        let mut mail = mail();
        mail.to.name = format!("Ada{end}Bcc: eve@evil.example{end}");
        mail.subject = format!("Acme{end}Bcc: eve@evil.example{end}{end}hi");
        send(&smtp, &mail).unwrap();
        let got = server.mail();
        assert_eq!((&got["count"], &got["recipients"]), (&usual, &json!(["ada@acme.example"])), "{got}");
        assert!(got["headers"].get("bcc").is_none(), "{got}");
    }
}

#[test]
fn the_password_goes_over_a_secret_connection_only() {
    for tls in ["starttls", "tls"] {
        let Some(mut server) = Server::start(&Behaviour { tls, ..SIGNED_IN }) else { return };
        let smtp = client(server.port, tls, Some(PASSWORD), trusting(&server));
        send(&smtp, &mail()).unwrap();
        let told = server.connection();
        let got = told.iter().find(|told| told["what"] == "mail").unwrap();
        assert_eq!(got["signed_in"], true, "{tls}: {got}");
        assert_no_password(&heard(&told, true));
        assert!(passwords().iter().any(|password| heard(&told, false).contains(password)), "{tls}");
        assert!(!heard(&told, true).contains("MAIL FROM"), "{tls}");
    }
}

#[test]
fn a_server_without_starttls_gets_neither_password_nor_letter() {
    let Some(mut server) = Server::start(&Behaviour { tls: "none", ..SIGNED_IN }) else { return };
    let smtp = client(server.port, "starttls", Some(PASSWORD), trusting(&server));
    let fault = send(&smtp, &mail()).unwrap_err();
    assert!(fault == Fault::NoStartTls && !fault.is_permanent(), "{fault}");
    let heard = heard(&server.connection(), false);
    assert!(heard.starts_with("EHLO gw.example\r\n") && !heard.contains("AUTH") && !heard.contains("MAIL"), "{heard}");
    assert_no_password(&heard);
}

#[test]
fn a_certificate_that_nobody_vouches_for_or_of_another_name_ends_it() {
    for (tls, name, is_trusted) in
        [("starttls", "127.0.0.1", false), ("tls", "127.0.0.1", false), ("starttls", "mail.example", true)]
    {
        let Some(mut server) = Server::start(&Behaviour { tls, name, ..SIGNED_IN }) else { return };
        let authorities = if is_trusted { trusting(&server) } else { Authorities::of_this_machine() };
        let fault = send(&client(server.port, tls, Some(PASSWORD), authorities), &mail()).unwrap_err();
        assert!(fault == Fault::Tls && !fault.is_permanent(), "{tls} {name}: {fault}");
        if tls == "starttls" {
            assert_no_password(&heard(&server.connection(), false));
        }
    }
}

#[test]
fn a_wrong_password_is_a_fault_that_the_operator_can_mend_and_that_does_not_show_it() {
    let Some(server) = Server::start(&Behaviour { password: "another", ..SIGNED_IN }) else { return };
    let smtp = client(server.port, "starttls", Some(PASSWORD), trusting(&server));
    let fault = send(&smtp, &mail()).unwrap_err();
    assert!(matches!(&fault, Fault::SignIn(reply) if reply.status == 535) && !fault.is_permanent(), "{fault}");
    assert_no_password(&format!("{fault} {fault:?}"));
}

#[test]
fn a_password_that_cannot_be_read_is_told_at_the_start_and_later_is_a_fault() {
    let Some(server) = Server::start(&SIGNED_IN) else { return };
    let Client { smtp, _password: file } = client(server.port, "starttls", Some(PASSWORD), trusting(&server));
    let path = file.path().to_str().unwrap().to_owned();
    drop(file);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(smtp.send(&mail())), Err(Fault::NoPassword));

    let keys = [("HOST", "127.0.0.1"), ("USER", USER), ("PASSWORD_FILE", &path)];
    let keys = keys.map(|(key, value)| (format!("TIDINGS_SMTP__{key}"), value.to_owned()));
    let config = Config::load(None::<&Path>, keys, Overrides::default()).unwrap();
    let told = Smtp::new(&config.smtp, None, Authorities::of_this_machine).err().unwrap().to_string();
    assert_eq!(told, format!("smtp.password_file {path} cannot be read: No such file or directory (os error 2)"));
}

#[test]
fn a_recipient_that_is_refused_for_good_is_permanent_and_one_that_is_put_off_is_not() {
    for (refusal, words, is_permanent) in [
        ("550 5.1.1 no C4naryPassword here", "the mail server refuses the e-mail (550 5.1.1)", true),
        ("553 C4naryPassword", "the mail server refuses the e-mail (553)", true),
        ("451 4.7.1 later", "the mail server cannot take the e-mail now (451 4.7.1)", false),
        ("530 5.7.0 sign in first", "the mail server does not let us sign in (530 5.7.0)", false),
    ] {
        let Some(server) = Server::start(&Behaviour { refusal, ..OPEN }) else { return };
        let fault = send(&client(server.port, "none", None, Authorities::of_this_machine()), &mail()).unwrap_err();
        assert_eq!((fault.to_string(), fault.is_permanent()), (words.to_owned(), is_permanent));
    }
}

#[test]
fn a_server_that_is_not_there_is_a_fault_that_passes() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let fault = send(&client(port, "none", None, Authorities::of_this_machine()), &mail()).unwrap_err();
    assert!(fault == Fault::Unreachable && !fault.is_permanent(), "{fault}");
}

#[test]
fn a_server_that_says_nothing_is_left_after_the_time_that_is_configured() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let Client { smtp, .. } = client(silent.local_addr().unwrap().port(), "none", None, Authorities::of_this_machine());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let fault = runtime.block_on(smtp.send(&mail())).unwrap_err();
    assert!(fault == Fault::TimedOut && !fault.is_permanent(), "{fault}");
}
