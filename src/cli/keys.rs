//! `tidings key`: a workspace's API keys.

use reqwest::Method;
use serde_json::json;

use super::args::{Cli, KeyCommand};
use super::exit::Failure;
use super::remote::{Call, Remote, segment};
use super::table::{Column, list, view};
use super::{print, say};

const PATH: &str = "/api/v1/keys";
const ROW: &[Column] = &[("id", "/id"), ("name", "/name"), ("created", "/created_at")];
const CREATED: &[Column] = &[("Id", "/id"), ("Name", "/name"), ("API key", "/key")];

/// Lists, creates or revokes keys.
pub(super) fn run(cli: &Cli, command: &KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::List(access) => {
            let rows = Remote::workspace(cli, access)?.all(PATH)?;
            super::print_list(cli, &list(cli.json, &rows, ROW), "There is no key.")
        }
        KeyCommand::Create { name, access } => {
            let created = Remote::workspace(cli, access)?.ask(Call::post(PATH, json!({"name": name})))?;
            print(&view(cli.json, &created, CREATED))?;
            say("The key is shown only now.\n");
            Ok(())
        }
        KeyCommand::Revoke { id, access } => {
            let call = Call::new(Method::DELETE, format!("{PATH}/{}", segment(id)));
            Remote::workspace(cli, access)?.ask(call)?;
            say(&format!("Key {id} opens nothing any more.\n"));
            Ok(())
        }
    }
}
