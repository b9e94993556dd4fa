//! The configuration of schemathesis: the inbound token, and the ids of existing things.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::http::Client;
use crate::workspace::{Workspace, message_id};

/// Returns the part with the inbound token; it takes the key from the environment, so that the key is neither in a
/// file nor on a command line.
pub fn common(token: &str) -> String {
    format!(
        "headers = {{ Authorization = \"${{SCHEMATHESIS_KEY}}\" }}\n\n[warnings]\nfail-on = [\"unmatched_filter\"]\n\n\
         [parameters]\n\"path.token\" = \"{token}\"\n"
    )
}

/// Returns the part with the ids of existing things, for the operations that take one.
pub fn ids(client: &Client, workspace: &Workspace) -> Result<String> {
    let key = [("Authorization", workspace.authorization())];
    let get = |path: &str, pointer: &str| text(&client.get(path, &key)?.json(), pointer);
    let number = get("/api/v1/workspace", "/workspace_id")?;
    let attempt = get("/api/v1/inbound/attempts", "/data/0/id")?;
    let sent = message_id(&workspace.submit(client, "known", "+12025550101", "known")?)?;
    let chat = text(&client.get(&format!("/api/v1/messages/{sent}"), &key)?.json(), "/chat_id")?;
    let post = |path: &str, body: Value| {
        let answer = client.post(path, &key, &body)?;
        ensure!(answer.status == 201, "{path} refused: {}", answer.abridged());
        text(&answer.json(), "/id")
    };
    let person = json!({"full_name": "Sam Reed", "email": "sam@crm.example", "phone": "+12025550102"});
    let account = post("/api/v1/accounts", person.clone())?;
    let teammate = post("/api/v1/teammates", person)?;
    let known = [
        ("/accounts/", &account),
        ("/attempts/", &attempt),
        ("/chats/", &chat),
        ("/messages/", &sent),
        ("/teammates/", &teammate),
        ("/workspaces/", &number),
        ("/streams/", &number),
    ];
    Ok(known.into_iter().fold(String::new(), |mut all, (part, id)| {
        let _ = write!(all, "\n[[operations]]\ninclude-path-regex = \"{part}\"\n{}", parameters(id));
        all
    }))
}

fn parameters(id: &str) -> String {
    format!("parameters = {{ \"path.id\" = \"{id}\", \"path.kind\" = \"workspace\" }}\n")
}

/// Returns a text or number in the form that a path takes.
fn text(json: &Value, pointer: &str) -> Result<String> {
    match json.pointer(pointer) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => None.with_context(|| format!("no {pointer} in {json}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_not_in_the_configuration_but_the_token_is() {
        let written = common("in_0123");
        assert!(written.contains("\"path.token\" = \"in_0123\"") && written.contains("${SCHEMATHESIS_KEY}"));
        assert!(!written.contains("Bearer"));
    }

    #[test]
    fn ids_are_texts_and_numbers_alike() {
        let json = json!({"data": [{"id": "att_1"}], "id": 17, "none": null});
        assert_eq!(text(&json, "/data/0/id").ok().as_deref(), Some("att_1"));
        assert_eq!(text(&json, "/id").ok().as_deref(), Some("17"));
        assert!(text(&json, "/none").is_err() && text(&json, "/other").is_err());
    }
}
