//! A reader of bytes that knows nothing but the page: neither the types of this crate nor its codec.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use crate::tables::{EventType, Fields, Page};

/// What a plain value is for those who need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Number(u64),
    Bytes(Vec<u8>),
    Other,
}

/// Where a plain value was met, for whoever wants to change it.
#[derive(Debug, Clone)]
pub struct Span {
    pub kind: String,
    pub bytes: Range<usize>,
    pub value: Value,
}

/// Reads values one by one and writes them as JSON.
pub struct Reader<'a> {
    page: &'a Page,
    bytes: &'a [u8],
    at: usize,
    pub json: String,
    pub spans: Vec<Span>,
    /// The fields on the way to the value that is read.
    path: Vec<&'static str>,
    /// The dotted names of the personal texts that are there.
    pub personal: Vec<String>,
    /// The dotted names of the optional fields that have a value.
    pub present: Vec<String>,
}

/// A part of a record or an event: its fields by their names.
#[derive(Default)]
pub struct Part(BTreeMap<&'static str, Value>);

impl Part {
    pub fn number(&self, name: &str) -> u64 {
        if let Some(Value::Number(number)) = self.0.get(name) { *number } else { panic!("{name} is no number") }
    }

    pub fn bytes(&self, name: &str) -> &[u8] {
        if let Some(Value::Bytes(bytes)) = self.0.get(name) { bytes } else { panic!("{name} are no bytes") }
    }
}

/// Reads or gives up: what is said is all that is known.
pub type Read<T> = Result<T, String>;

/// An event, its envelope taken off.
pub struct Event<'p> {
    pub of_type: &'p EventType,
    pub number: u64,
    pub version: u64,
    pub json: String,
    pub spans: Vec<Span>,
    pub personal: Vec<String>,
    pub present: Vec<String>,
    pub payload: Vec<u8>,
    /// The sealed part with its bytes.
    pub sealed: Option<Part>,
    /// The sealed part as it stands.
    pub behind: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub fn new(page: &'a Page, bytes: &'a [u8]) -> Self {
        let (json, spans, path) = <(String, Vec<Span>, Vec<&str>)>::default();
        Self { page, bytes, at: 0, json, spans, path, personal: Vec::new(), present: Vec::new() }
    }

    pub fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub fn part(&mut self, rows: &Fields) -> Read<Part> {
        let mut part = Part::default();
        for (name, kind) in rows {
            let value = match kind.strip_suffix("` bytes") {
                Some(length) => Value::Bytes(self.take(part.number(length))?.to_vec()),
                None => self.value(kind).map_err(|error| format!("{name}: {error}"))?,
            };
            part.0.insert(name, value);
        }
        Ok(part)
    }

    pub fn event(&mut self) -> Read<Event<'a>> {
        let page = self.page;
        let part = self.part(&page.event)?;
        let (number, version) = (part.number("number"), part.number("version"));
        let of_type = page.events.get(&(number, version)).ok_or(format!("no type {number} version {version}"))?;
        let payload = part.bytes("payload").to_vec();
        let mut inner = Reader::new(page, &payload);
        inner.structure(&of_type.fields).map_err(|error| format!("{}: {error}", of_type.name))?;
        if !inner.is_at_end() {
            return Err(format!("{}: bytes behind the last field", of_type.name));
        }
        let Reader { json, spans, personal, present, .. } = inner;
        let from = self.at;
        let sealed = match part.number("flags") {
            0 => None,
            1 => Some(self.part(&page.sealed_part)?),
            flags => return Err(format!("flags {flags}")),
        };
        let behind = self.bytes[from..self.at].to_vec();
        Ok(Event { of_type, number, version, json, spans, personal, present, payload, sealed, behind })
    }

    fn structure(&mut self, fields: &Fields) -> Read<()> {
        for (at, (name, kind)) in fields.iter().enumerate() {
            write!(self.json, "{}\"{name}\":", if at == 0 { '{' } else { ',' }).unwrap();
            self.path.push(name);
            self.value(kind).map_err(|error| format!("{name}: {error}"))?;
            self.path.pop();
        }
        self.json.push('}');
        Ok(())
    }

    fn value(&mut self, kind: &str) -> Read<Value> {
        if let Some(some) = kind.strip_suffix('?') {
            return self.optional(some);
        }
        if let Some(element) = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
            return self.list(element);
        }
        if let Some(fields) = self.page.structures.get(kind) {
            return self.structure(fields).map(|()| Value::Other);
        }
        if self.page.choices.contains_key(kind) {
            return self.choice(kind);
        }
        let from = self.at;
        let value = self.plain(kind)?;
        self.spans.push(Span { kind: kind.to_owned(), bytes: from..self.at, value: value.clone() });
        Ok(value)
    }

    fn optional(&mut self, kind: &str) -> Read<Value> {
        let from = self.at;
        let there = self.byte()?;
        self.spans.push(Span { kind: "T?".to_owned(), bytes: from..self.at, value: Value::Other });
        match there {
            0 => self.json.push_str("null"),
            1 => {
                self.present.push(self.path.join("."));
                return self.value(kind);
            }
            other => return Err(format!("{other} is neither 0 nor 1")),
        }
        Ok(Value::Other)
    }

    fn list(&mut self, kind: &str) -> Read<Value> {
        self.json.push('[');
        for at in 0..self.varint(u64::MAX)? {
            self.json.push_str(if at == 0 { "" } else { "," });
            self.value(kind)?;
        }
        self.json.push(']');
        Ok(Value::Other)
    }

    fn choice(&mut self, kind: &str) -> Read<Value> {
        let from = self.at;
        let number = self.varint(u64::from(u32::MAX))?;
        let variants = &self.page.choices[kind];
        let variant = usize::try_from(number).ok().and_then(|number| variants.get(number));
        let (name, holds) = variant.ok_or(format!("{kind} has no variant {number}"))?;
        self.spans.push(Span { kind: kind.to_owned(), bytes: from..self.at, value: Value::Number(number) });
        match holds {
            None => write!(self.json, "\"{name}\"").unwrap(),
            Some(holds) => {
                write!(self.json, "{{\"{name}\":").unwrap();
                self.value(holds)?;
                self.json.push('}');
            }
        }
        Ok(Value::Number(number))
    }

    fn plain(&mut self, kind: &str) -> Read<Value> {
        let value = match kind {
            "byte" => Value::Number(u64::from(self.byte()?)),
            "u16" => Value::Number(self.varint(u64::from(u16::MAX))?),
            "u32" => Value::Number(self.varint(u64::from(u32::MAX))?),
            "u64" | "message" | "delivery" | "time" => Value::Number(self.varint(u64::MAX)?),
            "workspace" | "account" | "chat" | "webhook" => Value::Number(self.id(kind)?),
            "workspace or 0" => Value::Number(self.id_or_0()?),
            "digest" => Value::Bytes(self.take(32)?.to_vec()),
            "half" => Value::Bytes(self.take(16)?.to_vec()),
            "bool" => return self.yes_or_no(),
            "text" | "who" => return self.text(kind),
            "personal" => {
                self.personal.push(self.path.join("."));
                Value::Other
            }
            _ => return Err(format!("the page does not say what {kind} is")),
        };
        self.json.push_str(&shown(kind, &value));
        Ok(value)
    }

    fn yes_or_no(&mut self) -> Read<Value> {
        let word = match self.byte()? {
            0 => "false",
            1 => "true",
            other => return Err(format!("{other} is neither 0 nor 1")),
        };
        self.json.push_str(word);
        Ok(Value::Other)
    }

    fn text(&mut self, kind: &str) -> Read<Value> {
        let length = self.varint(u64::MAX)?;
        let text = String::from_utf8(self.take(length)?.to_vec()).map_err(|error| error.to_string())?;
        if kind == "who" && !is_who(self.page, &text) {
            return Err(format!("{text} is nobody"));
        }
        self.json.push_str(&serde_json::Value::from(text).to_string());
        Ok(Value::Other)
    }

    fn id(&mut self, kind: &str) -> Read<u64> {
        let number = self.varint(u64::MAX)?;
        let workspaces = self.page.numbers("workspace");
        let is_workspace = |number| (workspaces[0]..=workspaces[1]).contains(&number);
        let is_one = match self.page.numbers(kind).as_slice() {
            [each, first, last] => is_workspace(number / each) && (*first..=*last).contains(&(number % each)),
            _ => is_workspace(number),
        };
        if is_one { Ok(number) } else { Err(format!("{number} is no {kind}")) }
    }

    fn id_or_0(&mut self) -> Read<u64> {
        let from = self.at;
        if self.varint(u64::MAX)? == 0 {
            return Ok(0);
        }
        self.at = from;
        self.id("workspace")
    }

    fn varint(&mut self, max: u64) -> Read<u64> {
        let size = match self.byte()? {
            short @ 0..251 => return Ok(u64::from(short)),
            251 => 2,
            252 => 4,
            253 => 8,
            mark => return Err(format!("the mark {mark}")),
        };
        let number = self.take(size)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        if number <= max { Ok(number) } else { Err(format!("{number} is more than {max}")) }
    }

    fn byte(&mut self) -> Read<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn take(&mut self, count: u64) -> Read<&'a [u8]> {
        let from = self.at;
        let to = usize::try_from(count).ok().and_then(|count| from.checked_add(count));
        let taken = to.and_then(|to| self.bytes.get(from..to)).ok_or("the bytes end too early")?;
        self.at += taken.len();
        Ok(taken)
    }
}

/// The page lists all words, and shows by one example what is numbered.
fn is_who(page: &Page, text: &str) -> bool {
    let words: Vec<&str> = page.plain["who"].split('`').skip(1).step_by(2).collect();
    let mut numbered = words.iter().filter_map(|word| word.split_once('/'));
    match text.split_once('/') {
        Some((kind, number)) => numbered.any(|(known, _)| known == kind) && number.parse::<u32>().is_ok(),
        None => words.contains(&text),
    }
}

fn shown(kind: &str, value: &Value) -> String {
    match value {
        Value::Number(bits) if kind == "message" => format!("\"wa_backend:3EB0{bits:016X}\""),
        Value::Number(bits) if kind == "delivery" => format!("\"dlv_{bits:016X}\""),
        Value::Number(zigzag) if kind == "time" => {
            let at = chrono::DateTime::from_timestamp_millis(milliseconds(*zigzag));
            at.map_or_else(String::new, |at| format!("\"{}\"", at.format("%Y-%m-%dT%H:%M:%S%.3fZ")))
        }
        Value::Number(number) => number.to_string(),
        Value::Bytes(bytes) => format!("\"{}\"", hex(bytes)),
        Value::Other => "null".to_owned(),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Undoes zigzag.
fn milliseconds(zigzag: u64) -> i64 {
    let half = (zigzag >> 1).cast_signed();
    if zigzag & 1 == 0 { half } else { !half }
}
