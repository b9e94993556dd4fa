//! Signs reports as the gateway does and prints them as JSON, for receivers in other languages to try themselves on.
#![expect(clippy::print_stdout, clippy::panic, reason = "a program for the terminal")]

use actors::runtime::clock::wall_now;
use serde_json::{Map, Value, json};
use tidings::outbound::{KeyRing, Request, SigningKey};
use tidings::secrets::Entropy;

const BODIES: [&str; 3] = [r#"{"text":"lorem ipsum"}"#, "{\"text\":\"\u{3b1}\u{1f600}\\n\\u0000 <br/>\"}", "{ }"];

fn main() {
    let chance = Entropy::system();
    let [before, after, stranger] = [(); 3].map(|()| SigningKey::new(&chance));
    let alone = KeyRing::new(before.clone());
    let mut rotated = alone.clone();
    rotated.rotate(after.clone(), wall_now()).unwrap_or_else(|error| panic!("{error}"));
    let (before, after, stranger) = (before.reveal(), after.reveal(), stranger.reveal());
    let cases = BODIES.iter().flat_map(|body| {
        [
            json!({"keys": [before], "strangers": [after, stranger], "headers": headers(&alone, body), "body": body}),
            json!({"keys": [before, after], "strangers": [stranger], "headers": headers(&rotated, body), "body": body}),
        ]
    });
    println!("{}", Value::from(cases.collect::<Vec<_>>()));
}

fn headers(keys: &KeyRing, body: &str) -> Map<String, Value> {
    let url = "https://crm.example/hook".to_owned();
    let request = Request::signed(url, "10010001", wall_now(), body.as_bytes().to_vec(), keys);
    request.headers.into_iter().map(|(name, value)| (name, value.into())).collect()
}
