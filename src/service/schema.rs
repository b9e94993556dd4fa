//! Types of text for the API's description; `fields` checks them.
#![expect(dead_code, reason = "only their descriptions are used")]

use std::borrow::Cow;

use events::webhook::Aggregation;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::codes;

/// One line: not blank, without control characters, at most 1,000 bytes in UTF-8.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 1000,
    pattern = r"^[^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$",
    example = "Ada Harbour"
)]
pub struct Line(String);

/// An e-mail address, at most 254 bytes in UTF-8.
#[derive(ToSchema)]
#[schema(
    min_length = 3,
    max_length = 254,
    pattern = r"^[^ @\x00-\x1F\x7F-\x9F]+@[^ @\x00-\x1F\x7F-\x9F]+$",
    example = "ada@acme.example"
)]
pub struct Email(String);

/// A BCP 47 language tag.
#[derive(ToSchema)]
#[schema(max_length = 35, pattern = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", example = "en")]
pub struct Language(String);

/// Why somebody wants it; may be empty.
#[derive(ToSchema)]
#[schema(max_length = 1000, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$", example = "Holiday")]
pub struct Reason(String);

/// A number in international format.
#[derive(ToSchema)]
#[schema(pattern = r"^\+?[1-9][0-9]{6,14}$", example = "+12025550100")]
pub struct Phone(String);

/// A moment: RFC 3339, UTC, milliseconds.
#[derive(ToSchema)]
#[schema(format = "date-time", example = "2026-01-02T03:04:05.006Z")]
pub struct Moment(String);

/// A value of the setting `aggregation`.
pub struct AggregationName;

impl PartialSchema for AggregationName {
    fn schema() -> RefOr<Schema> {
        let about =
            "How long messages of a chat are gathered into one report; `none`: each is reported by itself, at once.";
        one_of(Aggregation::ALL.iter().map(|aggregation| aggregation.name()), about)
    }
}

impl ToSchema for AggregationName {
    fn name() -> Cow<'static, str> {
        "AggregationName".into()
    }
}

fn one_of(names: impl Iterator<Item = &'static str>, about: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).description(Some(about)).into()
}

/// A code of `/docs/errors` that says why a message failed.
pub struct FailureCode;

impl PartialSchema for FailureCode {
    fn schema() -> RefOr<Schema> {
        let names = codes::all().filter(|code| code.fails_messages).map(|code| code.name);
        one_of(names, "Why a message failed; `/docs/errors` explains each.")
    }
}

impl ToSchema for FailureCode {
    fn name() -> Cow<'static, str> {
        "FailureCode".into()
    }
}
