//! Finds out why a server's certificate is not trusted. Parses no more of the certificates than that needs.

use std::fmt;

use rustls::pki_types::CertificateDer;

/// DER tags (X.690): a sequence, and the field with a certificate's version.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
/// The access method "CA issuers" (RFC 5280, section 4.2.2.1), DER-encoded: it says where the issuer's certificate
/// can be fetched.
const ISSUER_AT: [u8; 10] = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];

/// The reason why a server's certificate is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unvouched {
    /// Issuer and subject are the same.
    SelfSigned,
    /// The issuing authority is not one that we trust.
    UnknownAuthority,
    /// The server sent only its own certificate, which says where to fetch its issuer's. Public authorities never
    /// sign with a trusted root directly.
    ChainIncomplete,
}

impl Unvouched {
    /// Judges what a server sent: its own certificate, and those that should lead to a trusted authority.
    pub(super) fn of(own: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Self {
        if is_self_signed(own) {
            Self::SelfSigned
        } else if others.is_empty() && own.windows(ISSUER_AT.len()).any(|bytes| bytes == ISSUER_AT) {
            Self::ChainIncomplete
        } else {
            Self::UnknownAuthority
        }
    }
}

impl fmt::Display for Unvouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody vouches for the certificate")
    }
}

impl std::error::Error for Unvouched {}

/// True if issuer and subject of a certificate are the same.
pub(super) fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    names(certificate).is_some_and(|(issuer, subject)| issuer == subject)
}

/// Returns issuer and subject. The version (if it is not the first), a serial number and an algorithm precede them;
/// the validity stands between them (RFC 5280, section 4.1).
fn names(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, certificate, _) = value(certificate)?;
    let (_, mut fields, _) = value(certificate)?;
    if fields.first() == Some(&VERSION) {
        fields = value(fields)?.2;
    }
    let after_number = value(fields)?.2;
    let after_algorithm = value(after_number)?.2;
    let (tag, issuer, after_issuer) = value(after_algorithm)?;
    let after_validity = value(after_issuer)?.2;
    let (other, subject, _) = value(after_validity)?;
    (tag == SEQUENCE && other == SEQUENCE).then_some((issuer, subject))
}

/// Splits off the first DER value: its tag, its content, and the bytes after it.
fn value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let digits = usize::from(first & 0x7f);
        let (digits, rest) = rest.split_at_checked(digits).filter(|(digits, _)| (1..=4).contains(&digits.len()))?;
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair};

    use super::*;

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["crm.example".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    /// Makes a certificate signed by a test authority, with or without the address of the issuer's certificate.
    fn signed(says_where: bool) -> CertificateDer<'static> {
        let mut authority = params("Example Authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = Issuer::new(authority, KeyPair::generate().unwrap());
        let mut own = params("crm.example");
        if says_where {
            let place = b"\x30\x1f\x30\x1d\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x11http://ca.example";
            own.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], place.to_vec()));
        }
        own.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().der().clone()
    }

    #[test]
    fn who_signed_is_told_by_the_names() {
        let own = params("crm.example").self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(Unvouched::of(own.der(), &[]), Unvouched::SelfSigned);
        assert_eq!(Unvouched::of(&signed(false), &[]), Unvouched::UnknownAuthority);
        assert_eq!(Unvouched::of(&signed(true), &[]), Unvouched::ChainIncomplete);
        assert_eq!(Unvouched::of(&signed(true), &[signed(false)]), Unvouched::UnknownAuthority);
    }

    proptest! {
        #[test]
        fn bytes_that_are_no_certificate_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..64), cut: u16) {
            let _ = Unvouched::of(&CertificateDer::from(bytes), &[]);
            let whole = signed(true);
            let part = whole.get(..usize::from(cut) % whole.len()).unwrap().to_vec();
            let _ = Unvouched::of(&CertificateDer::from(part), &[]);
        }
    }
}
