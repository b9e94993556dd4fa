//! Holds docs/inbound.md and docs/outbound.md against the API's description and the configuration.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tidings::config::DEFAULTS;

use crate::harness::described::DOCUMENT;

const INBOUND: &str = include_str!("../../docs/inbound.md");
const OUTBOUND: &str = include_str!("../../docs/outbound.md");

/// Returns the texts in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the codes that the table of answers names, by status.
fn told() -> BTreeMap<String, BTreeSet<String>> {
    let rows = INBOUND.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let rows = rows.filter(|(status, _)| status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()));
    let is_code = |word: &&str| {
        word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && word.contains('_')
            || *word == "overloaded"
    };
    let names_limit = |word: &str| DEFAULTS.contains(&format!("\n{word} = "));
    let codes = |cell| quoted(cell).filter(is_code).filter(|word| !names_limit(word)).map(str::to_owned).collect();
    rows.map(|(status, cell)| (status.to_owned(), codes(cell))).collect()
}

fn described() -> BTreeMap<String, BTreeSet<String>> {
    let responses = DOCUMENT["paths"]["/in/{token}"]["post"]["responses"].as_object().unwrap();
    let codes = |response: &Value| {
        let schema = &response["content"]["application/json"]["schema"]["allOf"][1];
        let codes = schema["properties"]["error"]["properties"]["code"]["enum"].as_array();
        codes.into_iter().flatten().map(|code| code.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let refusals = responses.iter().map(|(status, response)| (status.clone(), codes(response)));
    refusals.filter(|(status, codes)| !codes.is_empty() && status != "500").collect()
}

#[test]
fn the_page_of_the_inbound_webhook_names_every_code_at_its_status() {
    let (mut told, described) = (told(), described());
    // Of other methods, which the route of POST does not describe.
    assert_eq!(told.remove("405"), Some(BTreeSet::from(["method_not_allowed".to_owned()])));
    assert_eq!(told, described);
}

#[test]
fn the_page_of_the_outbound_webhook_names_every_field_and_header() {
    let schemas = &DOCUMENT["components"]["schemas"];
    let names: BTreeSet<&str> = quoted(OUTBOUND).flat_map(|name| name.split(['.', ' '])).collect();
    let in_example = |name: &str| OUTBOUND.contains(&format!("\"{name}\": "));
    for schema in ["MessageReport", "BundleReport", "ReportAccount", "ReportChat", "ReportPerson", "ReportMessage"] {
        for field in schemas[schema]["properties"].as_object().unwrap().keys() {
            assert!(names.contains(field.as_str()) || in_example(field), "{schema}: {field}");
        }
    }
    for header in DOCUMENT["webhooks"]["report"]["post"]["parameters"].as_array().unwrap() {
        assert!(names.contains(header["name"].as_str().unwrap()), "{header}");
    }
}

#[test]
fn the_pages_examples_are_as_described_and_every_key_of_the_configuration_is_there() {
    let example = OUTBOUND.split("```").nth(1).unwrap();
    crate::harness::described::check_report(&serde_json::from_str(example).unwrap());
    for page in [INBOUND, OUTBOUND] {
        for name in quoted(page).filter_map(|text| text.strip_prefix('[')?.split_once("] ")) {
            let (section, key) = (name.0, name.1.split(' ').next().unwrap());
            let of_section =
                DEFAULTS.split(&format!("\n[{section}]\n")).nth(1).unwrap_or_else(|| panic!("[{section}]"));
            let of_section = of_section.split("\n[").next().unwrap();
            assert!(
                of_section.contains(&format!("\n{key} = ")) || of_section.starts_with(&format!("{key} = ")),
                "{name:?}"
            );
        }
    }
}
