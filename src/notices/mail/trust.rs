//! TLS to the mail server. It trusts the same authorities as our HTTP clients.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// The certificate authorities to trust. If none is known, Mozilla's list is used.
#[derive(Debug, Clone)]
pub struct Authorities {
    known: Vec<CertificateDer<'static>>,
    added: Vec<CertificateDer<'static>>,
}

impl Authorities {
    /// The authorities that this machine trusts, or those in `SSL_CERT_FILE`.
    pub fn of_this_machine() -> Self {
        Self::new(rustls_native_certs::load_native_certs().certs)
    }

    /// Only these. Unreadable certificates are left out, since a single one would make all of TLS fail.
    pub fn new(certificates: Vec<CertificateDer<'static>>) -> Self {
        let is_readable =
            |certificate: &CertificateDer<'static>| RootCertStore::empty().add(certificate.clone()).is_ok();
        Self { known: certificates.into_iter().filter(is_readable).collect(), added: Vec::new() }
    }

    /// The same, and additionally these.
    #[must_use]
    pub fn and(self, added: &[CertificateDer<'static>]) -> Self {
        Self { added: added.to_vec(), ..self }
    }

    /// TLS parameters for a server with this name or address.
    pub(super) fn tls(&self, host: &str) -> Result<TlsParameters, Error> {
        let store = if self.known.is_empty() { CertificateStore::WebpkiRoots } else { CertificateStore::None };
        let mut parameters = TlsParameters::builder(host.to_owned()).certificate_store(store);
        for certificate in self.known.iter().chain(&self.added) {
            parameters = parameters.add_root_certificate(Certificate::from_der(certificate.as_ref().to_vec())?);
        }
        parameters.build_rustls()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_can_be_set_up_for_names_and_addresses_whoever_is_believed() {
        let unreadable = Authorities::new(vec![CertificateDer::from(vec![1, 2, 3])]);
        assert!(unreadable.known.is_empty());
        for authorities in [Authorities::of_this_machine(), unreadable] {
            for host in ["mail.example", "127.0.0.1", "::1"] {
                assert!(authorities.tls(host).is_ok(), "{host}");
            }
        }
    }
}
