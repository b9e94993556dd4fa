//! Tests the only own address that may be called: the simulator's echo, if it is on.

use super::*;

/// A gateway at this address and base URL, with or without a simulator; the name server resolves every name to
/// 127.0.0.1.
fn gateway(listen: &str, base: &str, has_echo: bool) -> Guard {
    let own = Own::new(listen.parse().unwrap(), base).with_echo(has_echo);
    Guard::new(&[], own).resolving_by(Answers::new(&[&["127.0.0.1"]]))
}

#[test]
fn the_echo_is_let_through_under_every_name_of_ours_and_needs_no_opened_network() {
    for (listen, base, url, address) in [
        ("127.0.0.1:9000", "http://127.0.0.1:9000", "http://127.0.0.1:9000/sim/v1/echo/crm", "127.0.0.1:9000"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000", "http://127.1:9000/sim/v1/echo/crm?a=b", "127.0.0.1:9000"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000", "http://localhost:9000/sim/v1/echo/a-b_c.1", "127.0.0.1:9000"),
        ("127.0.0.1:9000", "http://localhost:9000", "http://localhost:9000/sim/v1/echo/crm", "127.0.0.1:9000"),
        ("[::1]:9000", "http://[::1]:9000", "http://[::1]:9000/sim/v1/echo/crm", "[::1]:9000"),
        ("[::1]:9000", "http://localhost:9000", "http://a.localhost:9000/sim/v1/echo/crm", "[::1]:9000"),
        ("0.0.0.0:9000", "http://gw.example", "http://gw.example/sim/v1/echo/crm", "127.0.0.1:9000"),
        ("0.0.0.0:9000", "http://gw.example", "http://127.0.0.2:9000/sim/v1/echo/crm", "127.0.0.2:9000"),
    ] {
        assert_eq!(judged(&gateway(listen, base, true), url), Ok(vec![address.to_owned()]), "{url}");
    }
}

#[test]
fn without_a_simulator_there_is_no_echo() {
    let guard = gateway("127.0.0.1:8080", "https://tidings.example", false);
    assert_eq!(judged(&guard, "http://127.0.0.1:8080/sim/v1/echo/crm"), Err(Barred::NotPublic));
    assert_eq!(judged(&guard, "https://tidings.example/sim/v1/echo/crm"), Err(Barred::Own));
}

#[test]
fn nothing_else_of_ours_is_let_through() {
    let guard = gateway("127.0.0.1:8080", "http://tidings.example:8080", true);
    for path in [
        "/in/in_x",
        "/",
        "/admin/v1/workspaces",
        "/sim/v1/receive",
        "/sim/v1/echo",
        "/sim/v1/echo/",
        "/sim/v1/echo/crm/",
        "/sim/v1/echo/crm/settings",
        "/sim/v1/echo/../receive",
        "/sim/v1/echo/%2e%2e/receive",
        "/sim/v1/echo/..%2freceive",
        "/sim/v1/echo/a%2fsettings",
        "/sim/v1/echo//crm",
        "/sim/v1/echo\\..\\receive",
        "//sim/v1/echo/crm",
        "/SIM/v1/echo/crm",
    ] {
        assert_eq!(judged(&guard, &format!("http://127.0.0.1:8080{path}")), Err(Barred::NotPublic), "{path}");
        assert_eq!(judged(&guard, &format!("http://tidings.example:8080{path}")), Err(Barred::Own), "{path}");
    }
}

#[test]
fn the_path_of_the_echo_opens_nobody_elses_address() {
    let guard = gateway("127.0.0.1:8080", "https://tidings.example", true);
    for (url, refusal) in [
        ("http://127.0.0.1:8081/sim/v1/echo/crm", Barred::NotPublic),
        ("http://127.0.0.1/sim/v1/echo/crm", Barred::NotPublic),
        ("http://127.0.0.2:8080/sim/v1/echo/crm", Barred::NotPublic),
        ("http://169.254.169.254/sim/v1/echo/crm", Barred::NotPublic),
        ("https://127.0.0.1:8080/sim/v1/echo/crm", Barred::NotPublic),
        ("http://a:b@127.0.0.1:8080/sim/v1/echo/crm", Barred::Credentials),
        ("ftp://127.0.0.1:8080/sim/v1/echo/crm", Barred::Scheme),
        // Somebody else may point this name elsewhere.
        ("http://rebinding.example:8080/sim/v1/echo/crm", Barred::NotPublic),
    ] {
        assert_eq!(judged(&guard, url), Err(refusal), "{url}");
    }
}

#[test]
fn behind_a_proxy_with_tls_the_echo_is_called_like_any_public_address() {
    let own = Own::new("127.0.0.1:8080".parse().unwrap(), "https://tidings.example").with_echo(true);
    let guard = Guard::new(&[], own).resolving_by(Answers::new(&[&["93.184.216.34"], &["10.0.0.1"]]));
    let url = "https://tidings.example/sim/v1/echo/crm";
    assert_eq!(judged(&guard, url), Ok(vec!["93.184.216.34:443".to_owned()]));
    assert_eq!(judged(&guard, url), Err(Barred::NotPublic));
}
