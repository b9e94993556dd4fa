//! What `serve` says once it is ready: where everything is, and what is probably a mistake.

use crate::harness::process::{Environment, free_port};
use crate::harness::{ADMIN_KEY, Process, SOON, wait_until};

/// Starts `serve` on this address, and returns its output once it is ready.
fn started(ip: &str, environment: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let listen = format!("{ip}:{}", free_port());
    let environment: Environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let process = Process::start(&["serve", "--listen", &listen, "--data-dir", "data"], &environment, dir.path());
    let output = wait_until("it is ready", SOON, || Some(process.output()).filter(|output| output.contains(" ready ")));
    assert!(output.contains(&format!("listen={listen}")), "{output}");
    output
}

#[test]
fn a_ready_gateway_says_where_everything_is() {
    let output = started("127.0.0.1", &[]);
    for words in
        ["url=http://127.0.0.1:", "data_dir=/", "/data admin_key=/", "/data/secrets/admin_key", "whatsapp=simulated"]
    {
        assert!(output.contains(words), "{words}: {output}");
    }
    assert!(!output.contains("WARN"), "{output}");
    let preset = started("127.0.0.1", &[("TIDINGS_ADMIN_KEY", ADMIN_KEY)]);
    assert!(preset.contains("admin_key=preset") && !preset.contains(ADMIN_KEY), "{preset}");
}

#[test]
fn a_gateway_for_other_machines_that_does_not_know_its_own_address_says_so() {
    let words = "public_url is not set";
    let output = started("0.0.0.0", &[]);
    assert!(output.contains(words) && output.contains("the simulator is on"), "{output}");
    let named = started("0.0.0.0", &[("TIDINGS_PUBLIC_URL", "https://tidings.example")]);
    assert!(!named.contains(words) && named.contains("url=https://tidings.example"), "{named}");
}
