//! `schemathesis`: tests a running server with requests generated from its own `/openapi.json`.

mod known;

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::http::Client;
use crate::process::{debug_server, fresh_folder, run as run_program};
use crate::python;
use crate::server::{ADMIN_KEY, Server};
use crate::workspace::Workspace;

const VERSION: &str = "4.32.5";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// Requests that the document implies, then random ones; no sequences that use earlier responses.
const PHASES: &str = "examples,coverage,fuzzing";
/// Random requests for each operation.
const EXAMPLES_MAX: &str = "15";
/// A fixed seed: every run sends the same requests, so that a failure can be reproduced.
const SEED: &str = "1";
/// The inbound URL comes first: later passes replace it and switch it off.
const INBOUND: &str = "^/in/";
/// Paths that need the operator's key.
const OPERATORS: &str = "^/admin/";
/// Keys come last: a pass that revokes its own key can test nothing more.
const KEYS: &str = "^/api/v1/keys";
/// All other paths, except the streams: their responses never end.
const OTHERS: &str = "^/(?!in/|admin/|api/v1/keys|api/v1/stream$|api/v1/outbound/listen$)";
/// The configuration with only the inbound token.
const ANY: &str = "any.toml";
/// The configuration that also has the ids of existing things.
const KNOWN: &str = "known.toml";
const CREDITS: u64 = 1_000_000;

/// Returns the reason why this machine cannot run it, if there is one.
pub fn why_not() -> Option<String> {
    (!python::makes_environments()).then(|| "schemathesis needs the package python3-venv".to_owned())
}

/// Tests every operation of the document with the key that it needs: first with made-up ids, then with existing ones.
pub fn run() -> Result<()> {
    let program = python::environment("schemathesis", VERSION)?.join("schemathesis");
    let folder = fresh_folder("schemathesis")?;
    let server = Server::start(Command::new(debug_server()?), &folder.join("data"), &folder.join("server.log"))?;
    let client = Client::new(server.address);
    let workspace = Workspace::create(&client, CREDITS)?;
    let (admin, key) = (format!("Bearer {ADMIN_KEY}"), workspace.authorization());
    let pass = |paths: &str, key: &str, configuration: &str| {
        let mut command = schemathesis(&program, &folder, &server, configuration);
        run_program(command.args(["--include-path-regex", paths]).env("SCHEMATHESIS_KEY", key))
            .map_err(|error| error.context(server.last_words()))
    };

    let common = known::common(workspace.inbound_path().trim_start_matches("/in/"));
    std::fs::write(folder.join(ANY), &common)?;
    pass(INBOUND, key, ANY)?;
    let ids = known::ids(&client, &workspace)?;
    std::fs::write(folder.join(KNOWN), common + &ids)?;
    for configuration in [ANY, KNOWN] {
        pass(OPERATORS, &admin, configuration)?;
        pass(OTHERS, key, configuration)?;
    }
    pass(KEYS, key, ANY)
}

fn schemathesis(program: &Path, folder: &Path, server: &Server, configuration: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(["--config-file", configuration, "run"]);
    command.args(["--checks", CHECKS, "--phases", PHASES, "--max-examples", EXAMPLES_MAX, "--seed", SEED]);
    command.args(["--continue-on-failure", "--no-color", "--request-timeout", "30", "--generation-database", "none"]);
    command.arg(format!("http://{}/openapi.json", server.address));
    command
}
