//! Aggregations as a browser parses them: the text that was written, and no mark-up but ours.

use std::fmt::Write;

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, local_name, ns, parse_document, parse_fragment};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The parsed page: text with a line feed for each `br`, and the targets of the links.
#[derive(Debug, Default, PartialEq)]
struct Page {
    text: String,
    links: Vec<String>,
}

impl Page {
    /// Parses the HTML as part of a page, as in a CRM.
    fn part(html: &str) -> Result<Self, String> {
        let div = html5ever::QualName::new(None, ns!(html), local_name!("div"));
        let parsed = parse_fragment(RcDom::default(), ParseOpts::default(), div, Vec::new(), false).one(html);
        let mut page = Self::default();
        page.read(&parsed.document, &["html"])?;
        Ok(page)
    }

    /// Parses the HTML as a page of its own, as in an e-mail.
    fn whole(html: &str) -> Result<Self, String> {
        let parsed = parse_document(RcDom::default(), ParseOpts::default()).one(html);
        let mut page = Self::default();
        page.read(&parsed.document, &["html", "head", "body"])?;
        Ok(page)
    }

    fn read(&mut self, node: &Handle, frame: &[&str]) -> Result<(), String> {
        match &node.data {
            NodeData::Document => {}
            NodeData::Text { contents } => self.text.push_str(&contents.borrow()),
            NodeData::Element { name, attrs, .. } => {
                let attributes: Vec<(String, String)> =
                    attrs.borrow().iter().map(|one| (one.name.local.to_string(), one.value.to_string())).collect();
                self.element(&name.local, &attributes, frame)?;
            }
            other => return Err(format!("{other:?} is not ours")),
        }
        node.children.borrow().iter().try_for_each(|child| self.read(child, frame))
    }

    fn element(&mut self, name: &str, attributes: &[(String, String)], frame: &[&str]) -> Result<(), String> {
        match (name, attributes) {
            ("br", []) => self.text.push('\n'),
            ("a", [(key, link)]) if key == "href" => self.links.push(link.clone()),
            (name, []) if frame.contains(&name) => {}
            _ => return Err(format!("<{name} {attributes:?}> is not ours")),
        }
        Ok(())
    }
}

/// Pieces that could break out of text, or be read as something else.
const MARKS: &str = "< > & ' \" </a> <a> <script> </script> <!-- --> <![CDATA[ ]]> <plaintext> <textarea> <p> &lt; &amp &#0; &#x80; \
    <br/> ` \\ {{ javascript: Click here";
/// Characters that parsers change, drop or split at, and that are often forgotten.
const ODD: &str =
    " \n\r\n\r\0\t\u{1}\u{b}\u{c}\u{1b}\u{7f}\u{80}\u{85}\u{a0}\u{2028}\u{202e}\u{feff}\u{fffe}\u{10ffff}";

/// Text that contains many of these.
fn nasty() -> impl Strategy<Value = String> {
    let marks: Vec<&str> = MARKS.split_whitespace().collect();
    let odd: Vec<char> = ODD.chars().collect();
    let piece = prop_oneof![
        prop::sample::select(marks).prop_map(str::to_owned),
        prop::sample::select(odd).prop_map(String::from),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

prop_compose! {
    fn reported()(
        names in prop::array::uniform5(nasty()),
        sent in prop::collection::vec((any::<bool>(), nasty(), prop::option::of(nasty())), 1..4),
        is_group: bool,
    ) -> Bundle {
        let mut reported = Bundle { aggregated: true, ..bundle() };
        let [account, email, chat, phone, responsible] = names.map(|name| name.as_str().into());
        (reported.account.full_name, reported.account.email) = (account, email);
        (reported.chat.full_name, reported.chat.phone, reported.chat.is_group) = (chat, phone, is_group);
        reported.chat.responsible = Some(Responsible { full_name: responsible, email: "".into() });
        reported.messages = sent.into_iter().map(|(is_sent, text, teammate)| {
            let direction = if is_sent { Direction::Sent } else { Direction::Received };
            Said { sent_by: teammate.map(|name| name.as_str().into()), ..said(direction, &text) }
        }).collect();
        reported
    }
}

/// The page that a reader must see, computed without the code under test.
fn expected(reported: &Bundle) -> Page {
    let mut text = String::new();
    for said in &reported.messages {
        let sender = match (said.direction, &said.sent_by) {
            (Direction::Sent, Some(teammate)) => teammate,
            (Direction::Sent, None) => &reported.account.full_name,
            (Direction::Received, _) => &reported.chat.full_name,
        };
        writeln!(text, "from {} on 2021-02-24 06:25: {}", sender.reveal(), said.text.reveal()).unwrap();
    }
    text.push_str("Click here to open the conversation in Tidings");
    let link = format!("{BASE}/permalink/74696469-6e67-8002-9fcc-85fe99662e46/");
    Page { text: text.replace('\0', "\u{fffd}"), links: vec![link] }
}

proptest! {
    #[test]
    fn every_text_and_name_is_text_to_a_browser(reported in reported()) {
        let body: Value = serde_json::from_slice(&json(&reported, BASE).unwrap()).unwrap();
        let aggregation = body["aggregation"].as_str().unwrap();
        prop_assert_eq!(Page::part(aggregation), Ok(expected(&reported)));
        prop_assert_eq!(Page::whole(aggregation), Ok(expected(&reported)));
    }

    #[test]
    fn every_text_and_name_is_in_the_json_as_it_was_but_for_nul(reported in reported()) {
        let body: Value = serde_json::from_slice(&json(&reported, BASE).unwrap()).unwrap();
        let told = |text: &events::personal::Personal| Some(text.reveal().replace('\0', "\u{fffd}"));
        let shown = |value: &Value| value.as_str().map(str::to_owned);
        prop_assert_eq!(shown(&body["chat"]["full_name"]), told(&reported.chat.full_name));
        prop_assert_eq!(shown(&body["whatsapp_account"]["full_name"]), told(&reported.account.full_name));
        for (line, said) in body["messages"].as_array().unwrap().iter().zip(&reported.messages) {
            prop_assert_eq!(shown(&line["text"]), told(&said.text));
        }
    }

    #[test]
    fn an_address_with_a_quote_does_not_leave_its_attribute(quoted in nasty()) {
        let reported = Bundle { aggregated: true, ..bundle() };
        let body = json(&reported, &format!("{BASE}/{}", quoted.replace('\n', ""))).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let page = Page::part(body["aggregation"].as_str().unwrap()).unwrap();
        prop_assert_eq!(page.text, expected(&reported).text);
        prop_assert_eq!(page.links.len(), 1);
    }
}

#[test]
fn the_reader_of_these_tests_sees_foreign_tags() {
    for foreign in ["<b>x</b>", "<a href='x' onclick='y'>z</a>", "<!-- x -->", "<br class='x'>", "<script>x</script>"] {
        assert!(Page::part(foreign).is_err() && Page::whole(foreign).is_err(), "{foreign}");
    }
    assert_ne!(Page::part("a\rb").unwrap().text, "a\rb");
}
