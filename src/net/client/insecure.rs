//! The reasons why no secure connection to a server is possible, and what its administrator can do.

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

use super::chain::Unvouched;

/// The reason why no secure connection is possible. The messages complete "... is possible: ".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Insecure {
    /// The certificate is self-signed.
    #[error(
        "its certificate is signed by itself; give it one of a public authority, or of a private one that the operator \
         names in [tls] extra_ca_file"
    )]
    SelfSigned,
    /// The authority is not trusted. It looks the same if a public server leaves out certificates of its chain.
    #[error(
        "the authority behind its certificate is not known here; a private one can be named by the operator in [tls] \
         extra_ca_file, and with a public one the server must send its intermediate certificates too"
    )]
    UnknownAuthority,
    /// The intermediate certificates between the server's own and a public authority's are missing.
    #[error("it sends its own certificate alone; let it send the intermediate certificates too (the full chain)")]
    ChainIncomplete,
    /// The certificate is for other names.
    #[error("its certificate is for another name; use a name that it is for, or give it one for this name")]
    WrongName,
    #[error("its certificate has expired; renew it")]
    Expired,
    /// The certificate is not valid yet, or a clock is wrong.
    #[error("its certificate is not valid yet; renew it, or set the clock of this server or of that one")]
    NotYetValid,
    /// The server accepts only clients with a certificate.
    #[error("it asks for a client certificate, and none is ever sent; let it take requests without one")]
    ClientCertificate,
    /// Something else answers there, mostly plain HTTP.
    #[error("what answers there does not speak TLS; begin the URL with http://, or name the port of its https")]
    NotSpoken,
    /// The server speaks only insecure versions of TLS.
    #[error("it speaks only versions of TLS that are not secure any more; let it speak TLS 1.2 or 1.3")]
    TooOld,
    /// Anything else.
    #[error("its certificate or its TLS is of no use")]
    Other,
}

impl Insecure {
    /// Classifies a TLS error; `asked` is true if the server asked for a client certificate.
    pub(super) fn of(error: &Error, asked: bool) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            Error::InvalidMessage(_) => Self::NotSpoken,
            Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            )
            | Error::AlertReceived(AlertDescription::ProtocolVersion) => Self::TooOld,
            Error::AlertReceived(AlertDescription::UnrecognisedName) => Self::WrongName,
            Error::AlertReceived(AlertDescription::CertificateRequired) => Self::ClientCertificate,
            Error::AlertReceived(_) if asked => Self::ClientCertificate,
            _ => Self::Other,
        }
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::WrongName,
            CertificateError::UnknownIssuer => Self::UnknownAuthority,
            CertificateError::Other(other) => match other.0.downcast_ref() {
                Some(Unvouched::SelfSigned) => Self::SelfSigned,
                Some(Unvouched::UnknownAuthority) => Self::UnknownAuthority,
                Some(Unvouched::ChainIncomplete) => Self::ChainIncomplete,
                None => Self::Other,
            },
            _ => Self::Other,
        }
    }
}
