//! What every HTTP client of ours begins with: our TLS, and no proxy from the environment.

use std::sync::{Arc, OnceLock};

use reqwest::{Client, ClientBuilder};
use rustls::{ClientConfig, RootCertStore, crypto};

/// A client to be completed. If TLS cannot be set up, building it fails.
pub fn builder() -> ClientBuilder {
    static TLS: OnceLock<Result<ClientConfig, rustls::Error>> = OnceLock::new();
    let builder = Client::builder().no_proxy();
    match TLS.get_or_init(tls) {
        Ok(tls) => builder.tls_backend_preconfigured(tls.clone()),
        Err(error) => {
            tracing::error!(%error, "TLS cannot be set up");
            builder.tls_backend_preconfigured(())
        }
    }
}

fn tls() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots()).with_no_client_auth())
}

/// The authorities that this machine trusts (or `SSL_CERT_FILE`); Mozilla's list where the machine has none at all.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_can_be_built_and_trusts_somebody() {
        assert!(builder().build().is_ok());
        assert!(!roots().is_empty());
    }
}
