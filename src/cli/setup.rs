//! `tidings config` and `version`: writes, shows and checks the configuration.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::json;

use super::args::{Cli, ConfigCommand};
use super::exit::{Exit, Failure};
use super::serve::not_started;
use super::table::columned;
use super::{print, say};
use crate::config::{Config, DEFAULTS, Overrides, effective};
use crate::gateway::unusable;

/// Writes, shows or checks a configuration.
pub(super) fn config(cli: &Cli, command: &ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Init { path, force } => init(cli, path, *force),
        ConfigCommand::Show => show(cli),
        ConfigCommand::Check { path } => check(cli, path.as_deref().or(cli.config.as_deref())),
    }
}

fn init(cli: &Cli, path: &Path, force: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let written = options.write(true).open(path).and_then(|mut file| file.write_all(DEFAULTS.as_bytes()));
    written.map_err(|error| {
        let failure = Failure::new(Exit::Failed, format!("cannot write {}: {error}", path.display()));
        if error.kind() == io::ErrorKind::AlreadyExists { failure.hint("--force replaces it") } else { failure }
    })?;
    if cli.json {
        return print(&format!("{}\n", json!({"written": path})));
    }
    say(&format!("{} is written: keep the lines that you change, and name it with --config.\n", path.display()));
    Ok(())
}

fn show(cli: &Cli) -> Result<(), Failure> {
    let overrides = Overrides { listen: None, data_dir: cli.data_dir.clone() };
    let keys = effective(cli.config.as_deref(), std::env::vars_os(), overrides)?;
    if cli.json {
        let line = |key: &crate::config::Effective| {
            let (from, named) = key.origin.parts();
            format!("{}\n", json!({"key": key.key, "value": key.value, "from": from, "named": named}))
        };
        return print(&keys.iter().map(line).collect::<String>());
    }
    let cells = keys.into_iter().map(|key| {
        let (from, named) = key.origin.parts();
        let named = named.map(|named| format!(" {named}")).unwrap_or_default();
        vec![key.key, key.value.to_string(), format!("{from}{named}")]
    });
    print(&columned(["KEY", "VALUE", "FROM"].map(str::to_owned).to_vec(), cells.collect()))
}

fn check(cli: &Cli, path: Option<&Path>) -> Result<(), Failure> {
    let overrides = Overrides { listen: None, data_dir: cli.data_dir.clone() };
    let config = Config::load(path, std::env::vars_os(), overrides.clone())?;
    // Another machine's configuration may name files that do not exist here, so this is only a warning.
    let unusable = unusable(&config)
        .into_iter()
        .map(|error| format!("serve would not start here: {}", not_started(&error).message));
    let warnings: Vec<String> = config.warnings(config.listen.ip()).map(str::to_owned).chain(unusable).collect();
    let set = effective(path, std::env::vars_os(), overrides)?.iter().filter(|key| key.origin.is_chosen()).count();
    if cli.json {
        let told = json!({"ok": true, "file": path, "keys_set": set, "warnings": warnings});
        return print(&format!("{told}\n"));
    }
    for warning in warnings {
        say(&format!("warning: {warning}\n"));
    }
    let what = path.map_or("no file".to_owned(), |path| path.display().to_string());
    let keys = if set == 1 { "1 key".to_owned() } else { format!("{set} keys") };
    print(&format!("{what}: ok, {keys} set by it, the environment or a flag\n"))
}

/// Prints the version.
pub(super) fn version(cli: &Cli) -> Result<(), Failure> {
    let version = env!("CARGO_PKG_VERSION");
    if cli.json {
        return print(&format!("{}\n", json!({"name": "tidings", "version": version})));
    }
    print(&format!("tidings {version}\n"))
}
