//! `schemathesis`: a running server against its own `/openapi.json`, by requests made from that document.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::http::Client;
use crate::process::{debug_server, fresh_folder, output, run as run_program, tools_folder};
use crate::server::{ADMIN_KEY, Server};
use crate::tools;
use crate::workspace::{Workspace, message_id};

const VERSION: &str = "4.32.5";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// Requests that the document implies, then random ones; none that follow from each other's answers.
const PHASES: &str = "examples,coverage,fuzzing";
/// Random requests for each operation.
const EXAMPLES_MAX: &str = "50";
/// The same requests at every run: what fails here fails for whoever looks into it.
const SEED: &str = "1";
/// What asks for the operator's key.
const OPERATORS: &str = "^/admin/";
/// All else, but for answers that never end: they are none to check.
const NOT_CUSTOMERS: &str = "^(/admin/|/api/v1/stream$)";
const CREDITS: u64 = 1_000_000;

/// Why this machine cannot run it.
pub fn why_not() -> Option<String> {
    (!tools::makes_environments()).then(|| "schemathesis needs the package python3-venv".to_owned())
}

/// Asks every operation of the document, those of the operator with the operator's key, all others with a workspace's.
pub fn run() -> Result<()> {
    let program = install()?;
    let binary = debug_server()?;
    let folder = fresh_folder("schemathesis")?;
    let server = Server::start(Command::new(binary), &folder.join("data"), &folder.join("server.log"))?;
    let mut client = Client::new(server.address);
    let document = client.get("/openapi.json", &[])?;
    ensure!(document.status == 200, "no /openapi.json: {}", document.abridged());
    let workspace = Workspace::create(&mut client, CREDITS)?;
    let known = Known::look_up(&mut client, &workspace)?;
    std::fs::write(folder.join("schemathesis.toml"), known.configuration())?;

    let admin = format!("Bearer {ADMIN_KEY}");
    let runs: [(&[&str], &str); 2] = [
        (&["--include-path-regex", OPERATORS], &admin),
        (&["--exclude-path-regex", NOT_CUSTOMERS], workspace.authorization()),
    ];
    runs.into_iter().try_for_each(|(filter, key)| {
        let mut command = schemathesis(&program, &folder, &server);
        run_program(command.args(filter).env("SCHEMATHESIS_KEY", key))
            .map_err(|error| error.context(server.last_words()))
    })
}

fn schemathesis(program: &Path, folder: &Path, server: &Server) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).args(["--config-file", "schemathesis.toml", "run"]);
    command.args(["--checks", CHECKS, "--phases", PHASES, "--max-examples", EXAMPLES_MAX, "--seed", SEED]);
    command.args(["--continue-on-failure", "--no-color", "--request-timeout", "30", "--generation-database", "none"]);
    command.arg(format!("http://{}/openapi.json", server.address));
    command
}

/// What exists: without it every answer to a question for one thing would be "not found".
struct Known {
    token: String,
    account: String,
    chat: String,
    message: String,
}

impl Known {
    fn look_up(client: &mut Client, workspace: &Workspace) -> Result<Self> {
        let sent = workspace.submit(client, "known", "+12025550198", "known")?;
        let headers = [("Authorization", workspace.authorization())];
        let mut newest = |path: &str, pointer: &str| -> Result<String> {
            let answer = client.get(path, &headers)?;
            let id = answer.json().pointer(pointer).cloned().with_context(|| answer.abridged())?;
            Ok(id.as_str().map_or_else(|| id.to_string(), str::to_owned))
        };
        Ok(Self {
            token: workspace.inbound_path().trim_start_matches("/in/").to_owned(),
            account: newest("/api/v1/accounts", "/data/0/id")?,
            chat: newest("/api/v1/chats", "/data/0/chat_id")?,
            message: message_id(&sent)?,
        })
    }

    /// The secret URL's token goes where the document names it, ids to where something is looked up by them; the key
    /// comes from the environment, not from the command line.
    fn configuration(&self) -> String {
        let Self { token, account, chat, message } = self;
        let looked_up = [
            ("/api/v1/accounts/{id}", "id", account.as_str()),
            ("/api/v1/chats/{id}", "id", chat),
            ("/api/v1/chats/{id}/messages", "id", chat),
            ("/api/v1/messages/{id}", "id", message),
            ("/api/v1/messages/{id}/timeline", "id", message),
            ("/admin/v1/workspaces/{id}", "id", "1001"),
            ("/admin/v1/events/{position}", "position", "1"),
        ];
        let operation = |(path, name, value): (&str, &str, &str)| {
            let parameters = format!("{{ \"path.{name}\" = \"{value}\" }}");
            format!("\n[[operations]]\ninclude-name = \"GET {path}\"\nparameters = {parameters}\n")
        };
        let head = "headers = { Authorization = \"${SCHEMATHESIS_KEY}\" }\n\n[parameters]\n";
        format!("{head}\"path.token\" = \"{token}\"\n{}", looked_up.map(operation).concat())
    }
}

/// Installs schemathesis into a virtual environment below the target folder, where it is missing.
fn install() -> Result<PathBuf> {
    let folder = tools_folder().join("schemathesis");
    let program = folder.join("bin").join("schemathesis");
    if output(Command::new(&program).arg("--version")).is_ok_and(|told| told.trim().ends_with(VERSION)) {
        return Ok(program);
    }
    run_program(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut pip = Command::new(folder.join("bin").join("pip"));
    let installed = run_program(pip.args(["install", "--quiet", &format!("schemathesis=={VERSION}")]));
    installed.context("schemathesis cannot be installed")?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_not_in_the_configuration_but_what_exists_is() {
        let [token, account, chat, message] =
            ["in_0123", "10010001", "100100000001", "wa_backend:3EB0"].map(str::to_owned);
        let written = Known { token, account, chat, message }.configuration();
        for known in ["\"path.token\" = \"in_0123\"", "\"path.id\" = \"10010001\"", "${SCHEMATHESIS_KEY}"] {
            assert!(written.contains(known), "{written}");
        }
        assert!(!written.contains("Bearer"));
    }
}
