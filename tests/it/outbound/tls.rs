//! Receivers with which no secure connection is possible: each error says what is wrong and what to do about it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion, crypto, version};
use tidings::config::Success;
use tidings::net::client::{Insecure, Trust};
use tidings::outbound::{Answered, Fault, GuardedPoster, HttpPoster};

use super::{PATIENT, request};
use crate::files::guard;

const HOST: &str = "127.0.0.1";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// An alert of TLS 1.0 (RFC 2246, section 7.2): fatal, protocol version.
const OLD_ALERT: &[u8] = &[0x15, 3, 1, 0, 2, 2, 70];

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn params(name: &str, host: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = params(name, "authority.example");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A root certificate authority for the test.
fn authority(name: &str) -> Issuer {
    CertifiedIssuer::self_signed(authority_params(name), KeyPair::generate().unwrap()).unwrap()
}

/// An authority whose certificate is signed by another one.
fn intermediate(of: &Issuer) -> Issuer {
    CertifiedIssuer::signed_by(authority_params("Example Intermediate"), KeyPair::generate().unwrap(), of).unwrap()
}

/// The certificates that a server presents, and its private key.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Shown {
    fn signed(params: &CertificateParams, by: &Issuer, others: &[&Issuer]) -> Self {
        let key = KeyPair::generate().unwrap();
        let own = params.signed_by(&key, by).unwrap().der().clone();
        let others = others.iter().map(|other| other.der().clone());
        Self { chain: std::iter::once(own).chain(others).collect(), key: pkcs8(&key) }
    }

    fn by_itself(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { chain: vec![params.self_signed(&key).unwrap().der().clone()], key: pkcs8(&key) }
    }

    /// Starts a receiver that presents this chain, and returns its port.
    fn serve(self, versions: &[&'static SupportedProtocolVersion], clients: Option<&Issuer>) -> u16 {
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions);
        let config = config.unwrap();
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let config = Arc::new(config.with_single_cert(self.chain, self.key).unwrap());
        listen(move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            let mut head = [0; 4_096];
            // A client that does not trust the certificate sends nothing.
            if stream.read(&mut head).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(ANSWER);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        })
    }

    fn serve_plainly(self) -> u16 {
        self.serve(&[&version::TLS13, &version::TLS12], None)
    }
}

fn pkcs8(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()))
}

fn listen(serve: impl Fn(std::net::TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind((HOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    port
}

/// Starts a receiver that answers the first bytes with these, and returns its port.
fn says(bytes: &'static [u8]) -> u16 {
    listen(move |mut stream| {
        let _ = stream.read(&mut [0; 4_096]);
        let _ = stream.write_all(bytes);
        // Reads the rest of the request, because closing with unread data would reset the connection and lose the
        // answer.
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

async fn posted(host: &str, port: u16, believed: &Issuer) -> Answered {
    let http = GuardedPoster::within(guard(&["127.0.0.0/8"]), PATIENT, Success::Any2xx);
    let http = http.trusting(Trust::with(vec![believed.der().clone()]));
    http.post(request(&format!("https://{host}:{port}/hook"))).await
}

#[tokio::test]
async fn a_receiver_of_a_private_authority_is_believed_where_the_operator_names_it() {
    let root = authority("Example Root");
    let between = intermediate(&root);
    let shown = Shown::signed(&params("crm", HOST), &between, &[&between]);
    let answered = posted(HOST, shown.serve_plainly(), &root).await;
    assert!(answered.is_success(), "{answered:?}");
    assert_eq!(answered.response.unwrap().body, "ok");
}

/// A single message for all faults would make people renew a certificate that is valid.
#[tokio::test]
async fn whatever_is_wrong_with_a_certificate_is_named() {
    let (root, stranger) = (authority("Example Root"), authority("Stranger"));
    let between = intermediate(&root);
    let at = |from: (i32, u8), to: (i32, u8)| {
        let mut params = params("crm", HOST);
        params.not_before = rcgen::date_time_ymd(from.0, from.1, 1);
        params.not_after = rcgen::date_time_ymd(to.0, to.1, 1);
        params
    };
    let mut with_place = params("crm", HOST);
    // As `openssl req -x509` makes it: a self-signed certificate that is marked as an authority.
    let mut by_hand = authority_params("crm");
    by_hand.subject_alt_names = with_place.subject_alt_names.clone();
    let place = b"\x30\x1f\x30\x1d\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x11http://ca.example";
    let place = CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], place.to_vec());
    with_place.custom_extensions.push(place);
    let plain = params("crm", HOST);
    for (shown, host, expected) in [
        (Shown::by_itself(&plain), HOST, Insecure::SelfSigned),
        (Shown::by_itself(&by_hand), HOST, Insecure::SelfSigned),
        (Shown::signed(&plain, &stranger, &[]), HOST, Insecure::UnknownAuthority),
        (Shown::signed(&plain, &stranger, &[&stranger]), HOST, Insecure::UnknownAuthority),
        (Shown::signed(&with_place, &between, &[]), HOST, Insecure::ChainIncomplete),
        (Shown::signed(&plain, &between, &[&between]), "localhost", Insecure::WrongName),
        (Shown::signed(&at((2020, 1), (2021, 1)), &root, &[]), HOST, Insecure::Expired),
        (Shown::signed(&at((2900, 1), (2901, 1)), &root, &[]), HOST, Insecure::NotYetValid),
    ] {
        let answered = posted(host, shown.serve_plainly(), &root).await;
        assert_eq!((answered.fault, answered.response), (Some(Fault::Insecure(expected)), None));
    }
}

#[tokio::test]
async fn a_receiver_that_wants_a_client_certificate_is_told_apart_in_both_versions_of_tls() {
    let root = authority("Example Root");
    for version in [&version::TLS12, &version::TLS13] {
        let shown = Shown::signed(&params("crm", HOST), &root, &[]);
        let answered = posted(HOST, shown.serve(&[version], Some(&root)), &root).await;
        assert_eq!(answered.fault, Some(Fault::Insecure(Insecure::ClientCertificate)), "{version:?}");
    }
}

#[tokio::test]
async fn a_receiver_without_tls_and_one_with_an_old_one_are_told_apart() {
    let root = authority("Example Root");
    let plain = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
    for (bytes, expected) in [(&plain[..], Insecure::NotSpoken), (OLD_ALERT, Insecure::TooOld)] {
        let answered = posted(HOST, says(bytes), &root).await;
        assert_eq!(answered.fault, Some(Fault::Insecure(expected)));
        assert!(answered.duration < Duration::from_secs(10), "{answered:?}");
    }
}
