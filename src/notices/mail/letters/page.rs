//! The parts that every letter has, rendered as plain text and as HTML.

use std::fmt::Write as _;

use askama::Template;
use events::time::Timestamp;

use super::Letter;
use super::words::{Of, Words};

/// The parts of a letter, in reading order.
#[derive(Template)]
#[template(path = "letter.html")]
pub(super) struct Page {
    language: &'static str,
    subject: String,
    greeting: String,
    opening: String,
    facts: Vec<Fact>,
    heading: String,
    steps: Vec<String>,
    commands: Vec<Fact>,
    footer: String,
}

/// A labelled value.
struct Fact {
    label: String,
    value: String,
}

impl Page {
    /// A letter to this person, whose name may be empty.
    pub(super) fn new(words: &Words, owner: &str, subject: String, opening: String) -> Self {
        let greeting = match owner.trim() {
            "" => words.say("greeting-nameless"),
            name => words.say_of("greeting", &[("name", Of::Text(name))]),
        };
        Self {
            language: words.language().tag(),
            subject,
            greeting,
            opening,
            facts: Vec::new(),
            heading: words.say("what-to-do"),
            steps: Vec::new(),
            commands: Vec::new(),
            footer: words.say("footer"),
        }
    }

    pub(super) fn fact(mut self, label: String, value: String) -> Self {
        self.facts.push(Fact { label, value });
        self
    }

    pub(super) fn step(mut self, step: String) -> Self {
        self.steps.push(step);
        self
    }

    /// Adds a command to type, shown unchanged.
    pub(super) fn command(mut self, label: String, command: String) -> Self {
        self.commands.push(Fact { label, value: command });
        self
    }

    pub(super) fn into_letter(self) -> Letter {
        let text = self.text();
        // Rendering only writes to a string, which cannot fail.
        let html = self.render().unwrap_or_default();
        Letter { subject: self.subject, text, html }
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n\n{}\n\n", self.greeting, self.opening);
        for Fact { label, value } in &self.facts {
            let _ = writeln!(text, "{label}: {value}");
        }
        let _ = writeln!(text, "\n{}\n", self.heading);
        for (number, step) in (1..).zip(&self.steps) {
            let _ = writeln!(text, "{number}. {step}");
        }
        for Fact { label, value } in &self.commands {
            let _ = writeln!(text, "\n{label}\n\n    {}", value.replace('\n', "\n    "));
        }
        let _ = writeln!(text, "\n-- \n{}", self.footer);
        text
    }
}

/// A time to the second, in UTC, readable in every language.
pub(super) fn moment(at: Timestamp) -> String {
    let whole = at.to_string();
    match whole.split_once('T').and_then(|(day, time)| Some((day, time.split_once('.')?.0))) {
        Some((day, time)) => format!("{day} {time} UTC"),
        None => whole,
    }
}
