//! Recognizes variables that Kubernetes sets in each container for a Service: for one named `tidings` they look like
//! ours.

use std::ffi::OsStr;

const PREFIX: &str = "TIDINGS_";
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
const PARTS: [&str; 3] = ["PROTO", "PORT", "ADDR"];

/// True if a variable has the name and the value of one that Kubernetes sets for a Service named `tidings` or
/// `tidings-...`.
pub(super) fn sets(name: &str, value: &OsStr) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else { return false };
    // The rest of a longer Service name may come before each of them.
    let starts = std::iter::once(0).chain(rest.match_indices('_').map(|(at, _)| at + 1));
    starts.filter_map(|at| rest.get(at..)).any(|rest| is_one(rest, &value.to_string_lossy()))
}

fn is_one(rest: &str, value: &str) -> bool {
    if rest == "SERVICE_HOST" {
        return true;
    }
    if rest == "SERVICE_PORT" || rest.starts_with("SERVICE_PORT_") {
        return is_port(value);
    }
    // A person would set a bare port number; Kubernetes sets an address.
    if rest == "PORT" {
        return is_address(value);
    }
    let Some((port, rest)) = rest.strip_prefix("PORT_").and_then(|rest| rest.split_once('_')) else { return false };
    let protocol = PROTOCOLS.iter().find_map(|protocol| rest.strip_prefix(protocol));
    let is_part = |rest: &str| rest.is_empty() || rest.strip_prefix('_').is_some_and(|part| PARTS.contains(&part));
    is_port(port) && protocol.is_some_and(is_part)
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

fn is_address(text: &str) -> bool {
    let Some((protocol, address)) = text.split_once("://") else { return false };
    let port = address.rsplit_once(':').map(|(_, port)| port);
    PROTOCOLS.contains(&protocol.to_uppercase().as_str()) && port.is_some_and(is_port)
}
