//! Checks a receiver's URL when its owner sets it: one that could never be called is refused at once.

use super::refusal::Refusal;
use crate::gateway::Gateway;
use crate::net::guard::Barred;

/// Length limit of a receiver's URL, in bytes.
const URL_BYTES_MAX: usize = 2_048;

/// Checks the URL and returns it. The addresses of its host name are checked at each try, everything else here.
pub(super) fn checked(gateway: &Gateway, url: &str) -> Result<String, Refusal> {
    let url = url.trim();
    if url.len() > URL_BYTES_MAX {
        return Err(Refusal::invalid("url", format!("url has more than {URL_BYTES_MAX} bytes")));
    }
    if url.chars().any(char::is_control) {
        return Err(Refusal::invalid("url", "url must not contain control characters"));
    }
    gateway.poster.foresee(url).map_err(refused)?;
    Ok(url.to_owned())
}

fn refused(barred: Barred) -> Refusal {
    let invalid = |what: &str, hint: &str| Refusal::invalid("url", format!("url {what}")).hinting(hint);
    let may_not = format!("may not be called: {barred}");
    match barred {
        Barred::NotAUrl | Barred::Scheme | Barred::Unresolved | Barred::Untried => {
            invalid("must be an absolute http or https URL", "Such as https://crm.example/hooks/whatsapp")
        }
        Barred::Credentials => invalid(
            "must not contain a user name or a password",
            "Reports are signed instead: verify them by the key of GET /api/v1/outbound/secret",
        ),
        Barred::Port => {
            invalid(&may_not, "Inside of [guard] allow_networks, which the operator sets, any port will do")
        }
        Barred::NotPublic => invalid(
            &may_not,
            "The operator can open private networks in [guard] allow_networks, such as \"10.0.0.0/8\"",
        ),
        Barred::Own => {
            invalid(&may_not, "Such as https://crm.example/hooks/whatsapp: the URL of the CRM, not one of ours")
        }
    }
}
