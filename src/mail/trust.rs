//! TLS towards the mail server: it trusts whom our HTTP clients trust.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// For a server of this name, or address: the authorities that this machine trusts (or `SSL_CERT_FILE`), Mozilla's list
/// where the machine has none at all.
pub(super) fn tls(host: &str) -> Result<TlsParameters, Error> {
    let trusted: Vec<_> = rustls_native_certs::load_native_certs().certs.into_iter().filter(is_readable).collect();
    let store = if trusted.is_empty() { CertificateStore::WebpkiRoots } else { CertificateStore::None };
    let mut parameters = TlsParameters::builder(host.to_owned()).certificate_store(store);
    for certificate in trusted {
        parameters = parameters.add_root_certificate(Certificate::from_der(certificate.as_ref().to_vec())?);
    }
    parameters.build_rustls()
}

/// One certificate that cannot be read would make all of TLS fail.
fn is_readable(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_can_be_set_up_for_names_and_addresses() {
        assert!(tls("mail.example").is_ok() && tls("127.0.0.1").is_ok() && tls("::1").is_ok());
    }
}
