//! A foreign mail server, aiosmtpd, as a child process on a free loopback port.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use tempfile::TempDir;

pub struct Behaviour {
    /// `"none"`, `"starttls"` or `"tls"`.
    pub tls: &'static str,
    /// The name in its certificate.
    pub name: &'static str,
    /// The user that must sign in; anybody may send if empty.
    pub user: &'static str,
    pub password: &'static str,
    /// The answer to every recipient; all are accepted if empty.
    pub refusal: &'static str,
}

/// Accepts everything from anybody.
pub const OPEN: Behaviour = Behaviour { tls: "none", name: "127.0.0.1", user: "", password: "", refusal: "" };

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub port: u16,
    /// The authority that signed its certificate.
    pub authority: CertificateDer<'static>,
    _folder: TempDir,
}

impl Server {
    /// Starts the server. Returns `None`, with the reason on stderr, if aiosmtpd is not installed.
    pub fn start(behaviour: &Behaviour) -> Option<Self> {
        let Some(python) = python() else {
            eprintln!("not run: aiosmtpd is not installed, `cargo xtask test` does that");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let (authority, certificate) = certificates(behaviour.name, folder.path());
        let Behaviour { tls, user, password, refusal, .. } = behaviour;
        let certificate = if *tls == "none" { "" } else { certificate.to_str().unwrap() };
        let wanted =
            json!({"tls": tls, "certificate": certificate, "user": user, "password": password, "refusal": refusal});
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/mail/server.py");
        let mut command = Command::new(python);
        command.arg(script).arg(wanted.to_string()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let port = read(&mut lines)["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap();
        Some(Self { child, lines, port, authority, _folder: folder })
    }

    /// Reads all records about one connection, until it is closed.
    pub fn connection(&mut self) -> Vec<Value> {
        let mut told = Vec::new();
        loop {
            let line = read(&mut self.lines);
            if line["what"] == "closed" {
                return told;
            }
            told.push(line);
        }
    }

    /// Returns the only e-mail of one connection, which must have been closed.
    pub fn mail(&mut self) -> Value {
        let mut mails: Vec<Value> = self.connection().into_iter().filter(|told| told["what"] == "mail").collect();
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(lines: &mut impl BufRead) -> Value {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|_| panic!("the mail server ended: {line}"))
}

/// The Python of the environment into which `cargo xtask test` installs aiosmtpd.
fn python() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |given| root.join(given));
    let folder = target.join("tools").join("aiosmtpd");
    let is_complete = Command::new(folder.join("bin/python"))
        .args(["-c", "import aiosmtpd"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    is_complete.then(|| folder.join("bin/python"))
}

/// Creates a certificate authority, and a file with a certificate for `name` and its key.
fn certificates(name: &str, folder: &Path) -> (CertificateDer<'static>, PathBuf) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let file = folder.join("server.pem");
    fs::write(&file, format!("{}{}", certificate.pem(), key.serialize_pem())).unwrap();
    (authority.der().clone(), file)
}
