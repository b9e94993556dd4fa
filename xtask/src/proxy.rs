//! `proxy`: sends a message through nginx and TLS with the files that operators get, and checks nginx's logs for
//! secrets.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::process::{debug_server, fresh_folder, is_installed, is_root, output, root, run as run_program};
use crate::server::{ADMIN_KEY, Server, free_address};
use crate::stopwatch::Stopwatch;

const PROGRAMS: [&str; 3] = ["nginx", "openssl", "curl"];
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
const ASK_EVERY: Duration = Duration::from_millis(50);
/// A body size that the proxy accepts and the gateway refuses.
const TOO_LARGE_BYTES: usize = 1_100_000;

/// Returns the reason why this machine cannot run it, if there is one.
pub fn why_not() -> Option<String> {
    let missing: Vec<&str> = PROGRAMS.into_iter().filter(|program| !is_installed(program)).collect();
    (!missing.is_empty()).then(|| format!("not installed: {}", missing.join(", ")))
}

/// Sets up nginx, a certificate and a gateway, sends a message like a CRM, and looks for secrets in the logs.
pub fn run() -> Result<()> {
    let server = debug_server()?;
    let folder = fresh_folder("proxy")?;
    certificate(&folder)?;
    let (tls, plain) = (free_address()?.port(), free_address()?.port());
    let public_url = format!("https://localhost:{tls}");

    let mut command = Command::new(&server);
    command.arg("--config").arg(root().join("config").join("production.toml")).env("TIDINGS_PUBLIC_URL", &public_url);
    let mut gateway = Server::start(command, &folder.join("data"), &folder.join("gateway.log"))?;
    let _nginx = Nginx::start(&folder, gateway.address.port(), tls, plain)?;
    let caller = Caller { folder: folder.clone() };
    caller.wait_for(&format!("{public_url}/readyz"))?;

    let customer = Customer::create(&server, &folder)?;
    ensure!(customer.inbound_url.starts_with(&public_url), "not behind the proxy: {public_url}");
    through_tls(&caller, &customer, &public_url, plain)?;
    gateway.kill();
    let (status, _) = caller.send(&customer.inbound_url, MESSAGE)?;
    ensure!(status == "502", "a proxy without its gateway answers {status}");
    no_secret_in_logs(&folder, &customer)?;
    println!("a message went through nginx and TLS; redirect, refusal, closed doors and logs are as they should be");
    Ok(())
}

const MESSAGE: &str = r#"{"action":"send","phone":"+12025550101","text":"Through the proxy"}"#;

/// Checks everything that a caller from outside can reach.
fn through_tls(caller: &Caller, customer: &Customer, public_url: &str, plain: u16) -> Result<()> {
    let (status, body) = caller.send(&customer.inbound_url, MESSAGE)?;
    ensure!(status == "200" && body.contains("wa_backend:3EB0"), "the message was refused: {status} {body}");

    let too_large = format!(r#"{{"action":"send","phone":"+12025550101","text":"{}"}}"#, "a".repeat(TOO_LARGE_BYTES));
    let (status, body) = caller.send(&customer.inbound_url, &too_large)?;
    ensure!(status == "400" && body.contains("body_too_large"), "not the gateway's own refusal: {status} {body}");

    let (status, _) = caller.ask(&[&format!("{public_url}/sim/v1/stats")])?;
    ensure!(status == "404", "the simulator answers {status} from outside");
    let wrong_key = "Authorization: Bearer adm_WrongWrongWrongWrongWrongWrong";
    let (status, _) = caller.ask(&["-H", wrong_key, &format!("{public_url}/admin/v1/events")])?;
    ensure!(status == "401", "the operator's API answers {status} to a wrong key");

    let secret_path = customer.inbound_url.strip_prefix(public_url).context("no path")?;
    let (status, _) = caller.ask(&[&format!("http://localhost:{plain}{secret_path}")])?;
    ensure!(status == "308", "without TLS the proxy answers {status}");
    Ok(())
}

fn no_secret_in_logs(folder: &Path, customer: &Customer) -> Result<()> {
    let (_, token) = customer.inbound_url.rsplit_once('/').context("no token")?;
    let logs = ["tidings.access.log", "tidings.error.log", "nginx.error.log", "gateway.log"];
    for name in logs {
        let text = fs::read_to_string(folder.join(name)).with_context(|| format!("cannot read {name}"))?;
        ensure!(!text.contains(token) && !text.contains(&customer.api_key), "{name} holds a secret");
    }
    let access = fs::read_to_string(folder.join("tidings.access.log"))?;
    ensure!(access.matches(" POST /in/[hidden] ").count() == 3, "the access log does not tell its requests:\n{access}");
    Ok(())
}

/// Makes a certificate for `localhost` that nobody else trusts.
fn certificate(folder: &Path) -> Result<()> {
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                 -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout privkey.pem -out fullchain.pem";
    output(Command::new("openssl").args(words.split_whitespace()).current_dir(folder)).map(drop)
}

/// nginx with the site file for operators, adapted to the ports, files and gateway of this run; ended when dropped.
struct Nginx(Child);

impl Nginx {
    fn start(folder: &Path, gateway: u16, tls: u16, plain: u16) -> Result<Self> {
        let site = fs::read_to_string(root().join("config").join("nginx.conf"))?;
        let here = folder.display();
        let changes = [
            ("listen 443 ssl", format!("listen 127.0.0.1:{tls} ssl")),
            ("listen 80", format!("listen 127.0.0.1:{plain}")),
            ("server 127.0.0.1:8080", format!("server 127.0.0.1:{gateway}")),
            ("server_name tidings.example", "server_name localhost".to_owned()),
            ("/etc/tidings/tls/", format!("{here}/")),
            ("/var/log/nginx/", format!("{here}/")),
        ];
        fs::write(folder.join("site.conf"), changed(&site, &changes)?)?;
        fs::write(folder.join("nginx.conf"), surroundings(folder))?;
        let arguments = |command: &mut Command| {
            command.arg("-p").arg(folder).arg("-e").arg(folder.join("nginx.error.log"));
            command.arg("-c").arg(folder.join("nginx.conf"));
        };
        let mut test = Command::new(program());
        arguments(&mut test);
        run_program(test.arg("-t"))?;
        let mut command = Command::new(program());
        arguments(&mut command);
        Ok(Self(command.stdin(Stdio::null()).spawn().context("cannot start nginx")?))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM also ends the workers; a killed master would leave them behind.
        let told = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

/// Returns the configuration that includes the site file.
fn surroundings(folder: &Path) -> String {
    let here = folder.display();
    // If root starts nginx, its workers would run as a user who cannot read this folder.
    let user = if is_root() { "user root;\n" } else { "" };
    let places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let places = places.map(|name| format!("    {name}_temp_path {here}/{name};\n")).concat();
    format!(
        "{user}daemon off;\nworker_processes 1;\npid {here}/nginx.pid;\nerror_log {here}/nginx.error.log;\n\
         events {{}}\nhttp {{\n{places}    include {here}/site.conf;\n}}\n"
    )
}

/// Makes every change to the text; fails if one finds nothing to change.
fn changed(text: &str, changes: &[(&str, String)]) -> Result<String> {
    changes.iter().try_fold(text.to_owned(), |text, (from, to)| {
        ensure!(text.contains(from), "the site does not contain {from}");
        Ok(text.replace(from, to))
    })
}

/// Debian installs nginx where only root searches.
fn program() -> PathBuf {
    let usual = PathBuf::from("/usr/sbin/nginx");
    if usual.exists() { usual } else { "nginx".into() }
}

/// A caller with curl who trusts this run's certificate.
struct Caller {
    folder: PathBuf,
}

impl Caller {
    /// Sends a request; returns status and body.
    fn ask(&self, arguments: &[&str]) -> Result<(String, String)> {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--noproxy", "*", "--max-time", "30", "-w", "\n%{http_code}"]);
        curl.arg("--cacert").arg(self.folder.join("fullchain.pem")).args(arguments);
        let told = output(&mut curl)?;
        let (body, status) = told.rsplit_once('\n').context("curl told no status")?;
        Ok((status.to_owned(), body.to_owned()))
    }

    fn send(&self, url: &str, body: &str) -> Result<(String, String)> {
        let file = self.folder.join("body.json");
        fs::write(&file, body)?;
        self.ask(&["--data-binary", &format!("@{}", file.display()), url])
    }

    fn wait_for(&self, url: &str) -> Result<()> {
        let waited = Stopwatch::start();
        while waited.elapsed() < ANSWERS_WITHIN {
            if self.ask(&[url]).is_ok_and(|(status, _)| status == "200") {
                return Ok(());
            }
            thread::sleep(ASK_EVERY);
        }
        bail!("nginx does not answer within {} s", ANSWERS_WITHIN.as_secs())
    }
}

/// A workspace with an account, created with the command line.
struct Customer {
    inbound_url: String,
    api_key: String,
}

impl Customer {
    fn create(server: &Path, folder: &Path) -> Result<Self> {
        let tidings = |words: &[&str]| {
            let mut command = Command::new(server);
            command.args(words).arg("--json").arg("--data-dir").arg(folder.join("data"));
            output(command.env("TIDINGS_ADMIN_KEY", ADMIN_KEY))
        };
        let owner = ["--owner-name", "Ada Example", "--owner-email", "ada@crm.example", "--credits", "10"];
        let created = tidings(&[&["workspace", "create", "--name", "Example CRM"], &owner[..]].concat())?;
        let created: Value = serde_json::from_str(&created)?;
        let text = |name: &str| created.get(name).and_then(Value::as_str).map(str::to_owned);
        let inbound_url = text("inbound_url").context("no inbound_url")?;
        let api_key = text("api_key").context("no api_key")?;
        let account = ["--phone", "+12025550100", "--full-name", "Ada Example", "--email", "ada@crm.example"];
        tidings(&[&["account", "connect", "--api-key", &api_key], &account[..]].concat())?;
        Ok(Self { inbound_url, api_key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_finds_nothing_is_an_error() {
        assert_eq!(changed("listen 80;", &[("listen 80", "listen 81".to_owned())]).unwrap(), "listen 81;");
        assert!(changed("listen 80;", &[("listen 443", String::new())]).is_err());
    }
}
