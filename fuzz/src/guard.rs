//! Checks which URLs the guard lets through, with a name server that answers what the input says.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tidings::config::Network;
use tidings::net::guard::{Barred, Guard, Own, Resolve, Target};

/// Networks that the operator has allowed, chosen by the lowest two bits of the first byte.
const OPENED: [&[&str]; 4] = [&[], &["10.0.0.0/8"], &["127.0.0.0/8", "::1/128", "fc00::/7"], &["0.0.0.0/0", "::/0"]];
const PORTS: [u16; 4] = [80, 443, 8080, 8443];
const LISTEN: &str = "127.0.0.1:8080";

/// Judges an input: a byte that chooses, the name server's addresses, the text of a URL.
pub fn judge(bytes: &[u8]) {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let opened = OPENED.get(usize::from(choice & 3)).copied().unwrap_or_default();
    let (answers, text) = answers(choice >> 2, rest);
    let text = String::from_utf8_lossy(text);
    let networks: Vec<Network> = opened.iter().map(|network| network.parse().expect("a network")).collect();
    let own = Own::new(LISTEN.parse().expect("an address"), "https://tidings.example");
    let guard = Guard::new(&networks, own).resolving_by(Arc::new(Says(answers.clone())));
    let Ok(target) = judged(&guard, &text) else { return };
    assert_eq!(guard.foresee(&text), Ok(()), "{target:?}");
    passed(&target, &answers, !opened.is_empty());
    for address in &target.addresses {
        let ip = address.ip();
        assert!(!is_never_called(ip), "{target:?}");
        assert!(!is_inside(ip) || choice & 3 == 3 || is_opened(opened, ip), "{target:?}");
    }
    // The parsed URL is called later, so reading it again must give the same target.
    assert_eq!(judged(&guard, target.url.as_str()), Ok(target));
}

/// Reads the name server's addresses: the lowest two bits give their number, and each of the next ones the family of
/// one.
fn answers(choice: u8, mut rest: &[u8]) -> (Vec<IpAddr>, &[u8]) {
    let mut answers = Vec::new();
    for nth in 0..choice & 3 {
        let answer = if choice >> (2 + nth) & 1 == 0 {
            rest.split_first_chunk::<4>().map(|(ip, rest)| (IpAddr::from(*ip), rest))
        } else {
            rest.split_first_chunk::<16>().map(|(ip, rest)| (IpAddr::from(*ip), rest))
        };
        if let Some((ip, after)) = answer {
            answers.push(ip);
            rest = after;
        }
    }
    (answers, rest)
}

fn judged(guard: &Guard, text: &str) -> Result<Target, Barred> {
    guard.judge_text(text).now_or_never().expect("the name server answers at once")
}

/// Checks what holds for every target, whatever networks are allowed.
fn passed(target: &Target, answers: &[IpAddr], is_any_port_open: bool) {
    let url = &target.url;
    assert!(matches!(url.scheme(), "http" | "https"), "{target:?}");
    assert!(url.username().is_empty() && url.password().is_none(), "{target:?}");
    assert!((1..=16).contains(&target.addresses.len()), "{target:?}");
    let port = url.port_or_known_default();
    for address in &target.addresses {
        assert_eq!(Some(address.port()), port, "{target:?}");
        assert!(PORTS.contains(&address.port()) || is_any_port_open, "{target:?}");
        assert_ne!(address.to_string(), LISTEN, "{target:?}");
        let host = url.host_str().unwrap_or_default();
        let typed = host.trim_matches(['[', ']']).parse().ok();
        let is_local = host == "localhost" || host.ends_with(".localhost");
        let known = typed.map_or_else(|| answers.contains(&address.ip()), |typed: IpAddr| typed == address.ip());
        assert!(known || is_local && address.ip().is_loopback(), "{target:?}");
    }
}

fn is_opened(opened: &[&str], ip: IpAddr) -> bool {
    let first = |ip: Ipv4Addr| ip.octets()[0];
    let is_in = |network: &&str| match (*network, ip) {
        ("10.0.0.0/8", IpAddr::V4(ip)) => first(ip) == 10,
        ("127.0.0.0/8", IpAddr::V4(ip)) => first(ip) == 127,
        ("::1/128", IpAddr::V6(ip)) => ip == Ipv6Addr::LOCALHOST,
        ("fc00::/7", IpAddr::V6(ip)) => ip.is_unique_local(),
        _ => false,
    };
    opened.iter().any(is_in)
}

/// True for addresses that no setting allows, by the standard library and not by the guard's own table.
fn is_never_called(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            ip.octets()[0] == 0 || ip.octets()[0] >= 240 || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast()
        }
        IpAddr::V6(ip) => {
            let inner = ip.to_ipv4().filter(|_| !ip.is_loopback()).is_some_and(|inner| is_never_called(inner.into()));
            ip.is_unspecified() || ip.is_multicast() || ip.is_unicast_link_local() || inner
        }
    }
}

/// True for addresses in private or reserved networks.
fn is_inside(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let shared = first == 100 && (64..128).contains(&second);
            let benchmarks = first == 198 && (18..20).contains(&second);
            ip.is_loopback() || ip.is_private() || ip.is_documentation() || shared || benchmarks
        }
        IpAddr::V6(ip) => {
            let is_global = (0x2000..0x4000).contains(&ip.segments()[0]);
            !is_global || matches!(ip.segments(), [0x2001, 0xdb8 | 0, ..] | [0x2002, ..])
        }
    }
}

/// A name server that gives the same answer for every name.
struct Says(Vec<IpAddr>);

impl Resolve for Says {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let answers = self.0.clone();
        Box::pin(async move { if answers.is_empty() { Err(io::Error::other("no such name")) } else { Ok(answers) } })
    }
}
