//! Tests bursts in virtual time, and spoofed headers.

use std::time::Duration;

use actix_web::http::header::HeaderValue;
use governor::clock::FakeRelativeClock;

use super::*;

fn rate_limits(
    per_token: u32,
    per_address: u32,
    trusted: &[&str],
    clock: &FakeRelativeClock,
) -> RateLimits<FakeRelativeClock> {
    let variables = [
        ("TIDINGS_LIMITS__FLOOD_PER_TOKEN_S", per_token.to_string()),
        ("TIDINGS_LIMITS__FLOOD_PER_ADDRESS_S", per_address.to_string()),
        ("TIDINGS_HTTP__TRUSTED_PROXIES", trusted.join(",")),
    ];
    let config = crate::config::Config::load(None, variables, crate::config::Overrides::default()).unwrap();
    RateLimits::new(&config.limits, &config.http, clock.clone())
}

fn ask(rate_limits: &RateLimits<FakeRelativeClock>, workspace: u64, ip: &str) -> Result<(), u32> {
    let peer = SocketAddr::new(ip.parse().unwrap(), 50_000);
    rate_limits.check_inbound(Some(WorkspaceId::nth(workspace)), Some(peer), &HeaderMap::new())
}

fn forwarded(values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(X_FORWARDED_FOR, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[test]
fn a_second_s_worth_passes_at_once_and_then_one_after_the_other() {
    let clock = FakeRelativeClock::default();
    let rate_limits = rate_limits(5, 0, &[], &clock);
    let ask = |nth| ask(&rate_limits, nth, "192.0.2.1");
    assert_eq!((0..5).map(|_| ask(1)).collect::<Vec<_>>(), [Ok(()); 5]);
    assert_eq!(ask(1), Err(1));
    assert_eq!(ask(2), Ok(()), "another workspace is not concerned");
    clock.advance(Duration::from_millis(200));
    assert_eq!((ask(1), ask(1)), (Ok(()), Err(1)));
    clock.advance(Duration::from_secs(10));
    assert_eq!((0..6).filter(|_| ask(1).is_ok()).count(), 5, "nothing is saved up");
}

#[test]
fn without_limits_everything_passes() {
    let clock = FakeRelativeClock::default();
    let rate_limits = rate_limits(0, 0, &[], &clock);
    assert!((0..10_000).all(|_| ask(&rate_limits, 1, "192.0.2.1").is_ok()));
}

#[test]
fn an_address_is_limited_whatever_token_it_tries() {
    let clock = FakeRelativeClock::default();
    let rate_limits = rate_limits(0, 1, &[], &clock);
    let ask = |ip, nth| ask(&rate_limits, nth, ip);
    assert_eq!((ask("192.0.2.1", 1), ask("192.0.2.1", 2)), (Ok(()), Err(1)));
    assert_eq!(ask("192.0.2.2", 1), Ok(()));
    assert_eq!((ask("2001:db8::1", 1), ask("2001:db8::2", 1)), (Ok(()), Err(1)), "one /64 is one sender");
    assert_eq!(ask("::ffff:192.0.2.1", 1), Err(1), "a mapped address is the address");
}

#[test]
fn only_trusted_proxies_are_believed() {
    let clock = FakeRelativeClock::default();
    let rate_limits = rate_limits(0, 1, &["10.0.0.0/8", "fd00::/8"], &clock);
    let client =
        |peer: &str, values: &[&str]| rate_limits.client(peer.parse().unwrap(), &forwarded(values)).to_string();
    assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1", "spoofed");
    assert_eq!(client("10.1.2.3", &["198.51.100.7"]), "198.51.100.7");
    assert_eq!(client("10.1.2.3", &["203.0.113.9, 198.51.100.7, 10.9.9.9"]), "198.51.100.7", "spoofed further back");
    assert_eq!(client("10.1.2.3", &["203.0.113.9", "198.51.100.7"]), "198.51.100.7");
    assert_eq!(client("fd00::1", &["[2001:db8::7]:443"]), "2001:db8::7");
    assert_eq!(client("10.1.2.3", &["198.51.100.7:1234"]), "198.51.100.7");
    assert_eq!(client("10.1.2.3", &["unknown"]), "10.1.2.3");
    assert_eq!(client("10.1.2.3", &[]), "10.1.2.3");
}

#[test]
fn who_has_been_quiet_is_forgotten() {
    let clock = FakeRelativeClock::default();
    let rate_limits = rate_limits(0, 10, &[], &clock);
    for nth in 0..CHECKS_BETWEEN_SWEEPS * 3 {
        let ip = IpAddr::V4(std::net::Ipv4Addr::from_bits(nth));
        let _ = rate_limits.check_inbound(None, Some(SocketAddr::new(ip, 1)), &HeaderMap::new());
        clock.advance(Duration::from_millis(1));
    }
    let known = rate_limits.per_address.as_ref().unwrap().len();
    assert!(known <= usize::try_from(CHECKS_BETWEEN_SWEEPS).unwrap() + 1_000, "{known} addresses are known");
}

#[test]
fn changes_of_one_workspace_are_limited_and_those_of_others_are_not_concerned() {
    let clock = FakeRelativeClock::default();
    let config = |variables| crate::config::Config::load(None, variables, crate::config::Overrides::default()).unwrap();
    let config = config([("TIDINGS_LIMITS__CHANGES_PER_WORKSPACE_S", "5")]);
    let rate_limits = RateLimits::new(&config.limits, &config.http, clock.clone());
    let change = |nth| rate_limits.check_changes(WorkspaceId::nth(nth));
    assert_eq!((0..6).map(|_| change(1)).collect::<Vec<_>>(), [Ok(()), Ok(()), Ok(()), Ok(()), Ok(()), Err(1)]);
    assert_eq!(change(2), Ok(()));
    clock.advance(Duration::from_millis(200));
    assert_eq!((change(1), change(1)), (Ok(()), Err(1)));
    assert_eq!(ask(&rate_limits, 1, "192.0.2.1"), Ok(()), "the inbound webhook has limits of its own");
}
