//! Tests every spelling of an address that must not be called, and the settings that open some.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use proptest::prelude::*;

use super::*;

mod echo;
mod foreseen;

/// A fake name server: gives one answer after the other, then none.
struct Answers(Mutex<VecDeque<Vec<IpAddr>>>);

impl Answers {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parsed = answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect());
        Arc::new(Self(Mutex::new(parsed.collect())))
    }

    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Resolve for Answers {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let answer = self.0.lock().unwrap().pop_front();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}

fn guard(networks: &[&str]) -> Guard {
    let networks: Vec<Network> = networks.iter().map(|network| network.parse().unwrap()).collect();
    let own = Own::new("127.0.0.1:8080".parse().unwrap(), "https://tidings.example");
    Guard::new(&networks, own).resolving_by(Answers::new(&[]))
}

fn answering(networks: &[&str], answers: &[&[&str]]) -> Guard {
    guard(networks).resolving_by(Answers::new(answers))
}

fn judged(guard: &Guard, url: &str) -> Result<Vec<String>, Barred> {
    let target = guard.judge_text(url).now_or_never().expect("the test's name server answers at once")?;
    Ok(target.addresses.iter().map(ToString::to_string).collect())
}

#[test]
fn a_public_address_passes_with_the_port_of_its_scheme_or_another_open_one() {
    for (url, address) in [
        ("http://93.184.216.34/a.png", "93.184.216.34:80"),
        ("https://93.184.216.34", "93.184.216.34:443"),
        ("http://93.184.216.34:8080/", "93.184.216.34:8080"),
        ("https://93.184.216.34:8443/", "93.184.216.34:8443"),
        ("HTTPS://[2606:4700::1]/", "[2606:4700::1]:443"),
        ("http://0x5db8d822/", "93.184.216.34:80"),
    ] {
        assert_eq!(judged(&guard(&[]), url), Ok(vec![address.to_owned()]), "{url}");
    }
    let answers: &[&[&str]] = &[&["93.184.216.34", "2606:4700::1", "93.184.216.34"]];
    let both = vec!["93.184.216.34:443".to_owned(), "[2606:4700::1]:443".to_owned()];
    assert_eq!(judged(&answering(&[], answers), "https://example.com/"), Ok(both));
}

#[test]
fn every_spelling_of_a_forbidden_address_is_refused() {
    for host in [
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "①②⑦.⓪.⓪.①",
        "１２７．０．０．１",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "ｌocalhost",
        "a.localhost",
        "a.localhost.",
        "example.com.",
        "169.254.169.254",
        "0xa9fea9fe",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:0001]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:1:1:1:1:80ff:fffe]",
        "[2a00::5efe:7f00:1]",
        "[2a00::200:5efe:7f00:1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[5f00::1]",
    ] {
        let url = format!("http://{host}/");
        assert_eq!(judged(&guard(&[]), &url), Err(Barred::NotPublic), "{url}");
    }
}

#[test]
fn what_is_no_plain_web_address_is_refused() {
    for (url, refusal) in [
        ("", Barred::NotAUrl),
        ("example.com/a.png", Barred::NotAUrl),
        ("//example.com/a.png", Barred::NotAUrl),
        ("http://", Barred::NotAUrl),
        ("http://1.2.3.256/", Barred::NotAUrl),
        ("http://[::1%25eth0]/", Barred::NotAUrl),
        ("http://a b/", Barred::NotAUrl),
        ("http://93.184.216.34:99999/", Barred::NotAUrl),
        ("ftp://93.184.216.34/", Barred::Scheme),
        ("file:///etc/passwd", Barred::Scheme),
        ("gopher://93.184.216.34/", Barred::Scheme),
        ("data:text/plain,a", Barred::Scheme),
        ("http://user@93.184.216.34/", Barred::Credentials),
        ("http://:secret@93.184.216.34/", Barred::Credentials),
        ("http://93.184.216.34:22/", Barred::Port),
        ("https://93.184.216.34:25/", Barred::Port),
        ("http://93.184.216.34:0/", Barred::Port),
    ] {
        assert_eq!(judged(&guard(&[]), url), Err(refusal), "{url}");
    }
    let longest = format!("http://93.184.216.34/{}", "a".repeat(URL_BYTES_MAX - 21));
    assert!(judged(&guard(&[]), &longest).is_ok());
    assert_eq!(judged(&guard(&[]), &format!("{longest}a")), Err(Barred::NotAUrl));
}

#[test]
fn one_forbidden_answer_refuses_a_name() {
    for answers in [
        ["93.184.216.34", "127.0.0.1"],
        ["10.0.0.5", "93.184.216.34"],
        ["2606:4700::1", "::1"],
        ["93.184.216.34", "::ffff:169.254.169.254"],
    ] {
        assert_eq!(
            judged(&answering(&[], &[&answers]), "http://mixed.example/"),
            Err(Barred::NotPublic),
            "{answers:?}"
        );
    }
    assert_eq!(judged(&guard(&[]), "http://nowhere.example/"), Err(Barred::Unresolved));
    assert_eq!(judged(&answering(&[], &[&[]]), "http://empty.example/"), Err(Barred::Unresolved));
}

#[test]
fn a_name_is_looked_up_once_and_its_answer_is_what_is_called() {
    let answers = Answers::new(&[&["93.184.216.34"], &["127.0.0.1"]]);
    let guard = guard(&[]).resolving_by(Arc::clone(&answers) as Arc<dyn Resolve>);
    assert_eq!(judged(&guard, "http://rebinding.example/"), Ok(vec!["93.184.216.34:80".to_owned()]));
    assert_eq!(answers.left(), 1);
    assert_eq!(judged(&guard, "http://rebinding.example/"), Err(Barred::NotPublic));
}

#[test]
fn a_name_is_not_looked_up_when_its_url_is_refused_already() {
    let answers = Answers::new(&[&["93.184.216.34"]]);
    let guard = guard(&[]).resolving_by(Arc::clone(&answers) as Arc<dyn Resolve>);
    for url in ["http://example.com:22/", "ftp://example.com/", "http://a@example.com/", "https://tidings.example/"] {
        assert!(judged(&guard, url).is_err(), "{url}");
    }
    assert_eq!(answers.left(), 1);
}

#[test]
fn an_opened_network_is_open_on_every_port_and_the_rest_stays_closed() {
    let guard = guard(&["10.0.0.0/8", "fd12::/16"]);
    assert_eq!(judged(&guard, "http://10.0.0.5/"), Ok(vec!["10.0.0.5:80".to_owned()]));
    assert_eq!(judged(&guard, "http://10.0.0.5:9000/"), Ok(vec!["10.0.0.5:9000".to_owned()]));
    assert_eq!(judged(&guard, "http://[fd12::5]:9000/"), Ok(vec!["[fd12::5]:9000".to_owned()]));
    for url in ["http://169.254.169.254/", "http://11.0.0.256/", "http://192.168.0.1/", "http://[fd13::1]/"] {
        assert!(judged(&guard, url).is_err(), "{url}");
    }
    assert_eq!(judged(&guard, "http://93.184.216.34:9000/"), Err(Barred::Port));
    assert_eq!(judged(&guard, "http://[::ffff:10.0.0.5]/"), Err(Barred::NotPublic));
    let mixed = answering(&["10.0.0.0/8"], &[&["10.0.0.5", "93.184.216.34"], &["10.0.0.5", "10.0.0.6"]]);
    assert_eq!(judged(&mixed, "http://mixed.example:9000/"), Err(Barred::Port));
    assert_eq!(judged(&mixed, "http://inside.example:9000/").map(|addresses| addresses.len()), Ok(2));
}

#[test]
fn nothing_opens_link_local_metadata_multicast_or_no_host_at_all() {
    let open = guard(&["0.0.0.0/0", "::/0"]);
    for host in [
        "169.254.169.254",
        "169.254.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[fe80::1]",
        "[febf::1]",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "[ff02::1]",
        "[::ffff:169.254.169.254]",
        "[::169.254.169.254]",
        "[::ffff:0:169.254.169.254]",
        "[64:ff9b::169.254.169.254]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:a9fe:a9fe::]",
        "[2001:0:1:1:1:1:5601:5601]",
        "[fd00::5efe:a9fe:a9fe]",
        "[::ffff:100.100.100.200]",
    ] {
        assert_eq!(judged(&open, &format!("http://{host}/")), Err(Barred::NotPublic), "{host}");
    }
    for host in ["10.0.0.5", "127.0.0.1", "[::1]", "[fd00::1]", "[::ffff:10.0.0.5]", "[64:ff9b::10.0.0.5]"] {
        assert!(judged(&open, &format!("http://{host}:81/")).is_ok(), "{host}");
    }
}

#[test]
fn localhost_is_what_is_open_of_this_machine_whatever_a_resolver_says() {
    let lying = |networks: &[&str]| answering(networks, &[&["93.184.216.34"]]);
    assert_eq!(judged(&lying(&[]), "http://localhost/"), Err(Barred::NotPublic));
    assert_eq!(judged(&lying(&["127.0.0.0/8"]), "http://localhost/"), Ok(vec!["127.0.0.1:80".to_owned()]));
    assert_eq!(judged(&lying(&["::1"]), "http://a.localhost/"), Ok(vec!["[::1]:80".to_owned()]));
    assert_eq!(judged(&lying(&["127.0.0.0/8"]), "http://localhost./"), Err(Barred::NotPublic));
}

#[test]
fn we_never_call_ourselves() {
    let networks: Vec<Network> = ["0.0.0.0/0", "::/0"].iter().map(|network| network.parse().unwrap()).collect();
    let own = |listen: &str, base: &str| {
        let guard = Guard::new(&networks, Own::new(listen.parse().unwrap(), base));
        guard.resolving_by(Answers::new(&[&["127.0.0.1"], &["93.184.216.34"]]))
    };
    let guard = own("127.0.0.1:8080", "https://tidings.example/wa");
    for url in [
        "http://127.0.0.1:8080/in/in_x",
        "http://localhost:8080/",
        "http://127.1:8080/livez",
        "http://[::ffff:127.0.0.1]:8080/",
        "https://tidings.example/in/in_x",
        "https://TIDINGS.example:443/",
        "http://a.example:8080/",
    ] {
        assert_eq!(judged(&guard, url), Err(Barred::Own), "{url}");
    }
    for url in ["http://127.0.0.1:8081/", "http://127.0.0.2:8080/"] {
        assert!(judged(&guard, url).is_ok(), "{url}");
    }
    let everywhere = own("0.0.0.0:8080", "http://127.0.0.1:8080");
    assert_eq!(judged(&everywhere, "http://127.0.0.2:8080/"), Err(Barred::Own));
    assert!(judged(&everywhere, "http://93.184.216.34:8080/").is_ok(), "another machine on our port");
    let by_address = own("127.0.0.1:8080", "http://93.184.216.34");
    assert_eq!(judged(&by_address, "http://93.184.216.34/"), Err(Barred::Own));
    assert!(judged(&by_address, "http://a.example/").is_ok());
    assert_eq!(judged(&by_address, "http://b.example/"), Err(Barred::Own));
}

/// The blocks of the registry, written down a second time: network, bits.
const FORBIDDEN: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
    ([255, 255, 255, 255], 32),
];

fn forbidden() -> impl Strategy<Value = Ipv4Addr> {
    (proptest::sample::select(FORBIDDEN), any::<u32>()).prop_map(|((network, bits), random)| {
        let host = random & u32::MAX.checked_shr(bits).unwrap_or(0);
        Ipv4Addr::from_bits(Ipv4Addr::from(network).to_bits() | host)
    })
}

/// Lists all IPv6 spellings of an IPv4 address.
fn ipv6_of(ip: Ipv4Addr, prefix: u64) -> Vec<Ipv6Addr> {
    let v4 = u128::from(ip.to_bits());
    let prefix = u128::from(prefix) << 64;
    let teredo = 0x2001_0000_u128 << 96 | prefix >> 32 & 0xffff_ffff << 64 | u128::from(!ip.to_bits());
    [
        0xffff << 32 | v4,
        v4,
        0xffff_0000 << 32 | v4,
        0x0064_ff9b_u128 << 96 | v4,
        0x0064_ff9b_0001_u128 << 80 | v4,
        0x2002_u128 << 112 | v4 << 80 | prefix >> 64 & 0xffff,
        teredo,
        prefix | 0x5efe << 32 | v4,
        prefix | 0x0200_5efe << 32 | v4,
    ]
    .map(Ipv6Addr::from_bits)
    .to_vec()
}

proptest! {
    #[test]
    fn every_number_that_is_a_forbidden_address_is_refused(ip in forbidden()) {
        let [a, b, c, d] = ip.octets();
        let (number, guard) = (ip.to_bits(), guard(&[]));
        for host in [
            format!("{ip}"),
            format!("{number}"),
            format!("0x{number:X}"),
            format!("0{number:o}"),
            format!("0{a:o}.0x{b:x}.0{c:o}.{d}"),
            format!("{a}.{}", number & 0x00ff_ffff),
            format!("{a}.{b}.0x{:x}.", number & 0xffff),
        ] {
            prop_assert_eq!(judged(&guard, &format!("http://{host}/")), Err(Barred::NotPublic), "{}", host);
        }
    }

    #[test]
    fn every_forbidden_ipv4_address_is_refused_in_all_its_ipv6_spellings(ip in forbidden(), prefix: u64) {
        // Opening all of IPv6 must open no closed IPv4 address, and opening IPv4 none of its IPv6 spellings.
        for guard in [guard(&[]), guard(&["::/0"]), guard(&["0.0.0.0/0"])] {
            for ip in ipv6_of(ip, prefix) {
                if ip.is_loopback() {
                    continue;
                }
                prop_assert_eq!(judged(&guard, &format!("http://[{ip}]/")), Err(Barred::NotPublic), "{}", ip);
                let answer = answering(&[], &[&["93.184.216.34", &ip.to_string()]]);
                prop_assert_eq!(judged(&answer, "http://a.example/"), Err(Barred::NotPublic), "{}", ip);
            }
        }
    }

    #[test]
    fn every_ipv6_address_outside_2000_3_is_refused(bits: u128) {
        let ip = Ipv6Addr::from_bits(if bits >> 125 == 1 { bits ^ 1 << 127 } else { bits });
        prop_assert_eq!(judged(&guard(&[]), &format!("http://[{ip}]/")), Err(Barred::NotPublic), "{}", ip);
    }

    #[test]
    fn what_passes_is_public_whatever_the_url_says(url in "https?://[0-9a-fx.:%\\[\\]①⓪。l]{1,24}/") {
        if let Ok(target) = guard(&[]).judge_text(&url).now_or_never().unwrap() {
            for address in target.addresses {
                prop_assert!(address::is_public(address.ip()), "{} leads to {}", url, address);
            }
        }
    }
}
