//! The certificate authorities that our clients trust: those of this machine, and those that the operator adds.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::chain::{Unvouched, is_self_signed};

/// Largest file of authorities: a machine's own list has a quarter of that.
const FILE_BYTES_MAX: u64 = 1 << 20;

tokio::task_local! {
    /// True if the server of the current request asked for a client certificate.
    static ASKED: Cell<bool>;
}

/// The certificate authorities that our clients trust. Clones share them.
#[derive(Debug, Clone)]
pub struct Trust(Arc<Believed>);

#[derive(Debug)]
struct Believed {
    added: Vec<CertificateDer<'static>>,
    tls: Result<ClientConfig, Error>,
}

impl Default for Trust {
    /// Trusts the authorities of this machine (or of `SSL_CERT_FILE`), or Mozilla's list if the machine has none at
    /// all.
    fn default() -> Self {
        static OF_THIS_MACHINE: OnceLock<Trust> = OnceLock::new();
        OF_THIS_MACHINE.get_or_init(|| Self::with(Vec::new())).clone()
    }
}

impl Trust {
    /// Trusts the default authorities and these.
    pub fn with(added: Vec<CertificateDer<'static>>) -> Self {
        let mut roots = of_this_machine();
        roots.add_parsable_certificates(added.iter().cloned());
        Self(Arc::new(Believed { added, tls: tls(roots) }))
    }

    /// Trusts the default authorities and those in a PEM file.
    pub fn read(file: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(file)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        let unfit = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(unfit("it has more than 1 MiB"));
        }
        let added: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
        let added = added.map_err(|_| unfit("it is not valid PEM"))?;
        if added.is_empty() {
            return Err(unfit("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
        }
        for certificate in &added {
            let usable = RootCertStore::empty().add(certificate.clone());
            usable.map_err(|_| unfit("it holds a certificate that cannot be read"))?;
        }
        Ok(Self::with(added))
    }

    pub fn added(&self) -> &[CertificateDer<'static>] {
        &self.0.added
    }

    pub(super) fn tls(&self) -> Result<&ClientConfig, &Error> {
        self.0.tls.as_ref()
    }
}

/// Runs a request; with its error, returns true if the server asked for a client certificate.
pub async fn watched<T, E>(request: impl Future<Output = Result<T, E>>) -> Result<T, (E, bool)> {
    let asking = async { request.await.map_err(|error| (error, ASKED.with(Cell::get))) };
    ASKED.scope(Cell::new(false), asking).await
}

fn of_this_machine() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let strict = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
    let strict = strict.map_err(|error| Error::Other(OtherError(Arc::new(error))))?;
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(Explaining(strict)));
    Ok(config.with_client_cert_resolver(Arc::new(Without)))
}

/// Refuses what the strict verifier refuses, but explains untrusted certificates in more detail.
#[derive(Debug)]
struct Explaining(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for Explaining {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.0.verify_server_cert(own, others, name, ocsp, now).map_err(|error| {
            let is_unvouched = match &error {
                Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
                // An authority's own certificate used as a server's: most hand-made ones are like that.
                Error::InvalidCertificate(CertificateError::Other(_)) => is_self_signed(own),
                _ => false,
            };
            let why = || CertificateError::Other(OtherError(Arc::new(Unvouched::of(own, others))));
            if is_unvouched { Error::InvalidCertificate(why()) } else { error }
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, own, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, own, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Has no client certificate, and records that one was requested.
#[derive(Debug)]
struct Without;

impl ResolvesClientCert for Without {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Outside of `watched` there is nothing to record it in.
        let _ = ASKED.try_with(|asked| asked.set(true));
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_believed() {
        assert!(!of_this_machine().is_empty() && Trust::default().tls().is_ok());
    }

    #[test]
    fn a_file_without_a_certificate_is_refused_in_words() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("authorities.pem");
        assert_eq!(Trust::read(&file).unwrap_err().kind(), io::ErrorKind::NotFound);
        let cut = "-----BEGIN CERTIFICATE-----\nMIIB\n";
        let other = "-----BEGIN CERTIFICATE-----\nTWFyeQ==\n-----END CERTIFICATE-----\n";
        for (text, words) in [
            ("", "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"),
            ("Example Authority\n", "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"),
            (cut, "it is not valid PEM"),
            (other, "it holds a certificate that cannot be read"),
            (&"\n".repeat((1 << 20) + 1), "it has more than 1 MiB"),
        ] {
            std::fs::write(&file, text).unwrap();
            assert_eq!(Trust::read(&file).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn one_file_adds_several_authorities() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("authorities.pem");
        let made = || rcgen::generate_simple_self_signed(["crm.example".to_owned()]).unwrap().cert.pem();
        std::fs::write(&file, format!("Example Authority\n{}{}", made(), made())).unwrap();
        assert_eq!(Trust::read(&file).unwrap().added().len(), 2);
    }
}
