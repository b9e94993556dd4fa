//! Tests of the ids.

use super::*;

#[test]
fn ids_name_their_workspace() {
    let workspace = WorkspaceId::nth(0);
    assert_eq!(workspace.to_string(), "1001");
    assert_eq!(AccountId::nth(workspace, 1).map(|id| id.to_string()).as_deref(), Some("10010001"));
    assert_eq!(ChatId::nth(workspace, 7).map(ChatId::workspace), Some(workspace));
    assert_eq!(AccountId::nth(workspace, 10_000), None);
    assert_eq!(WebhookId::nth(workspace, 1), Some(WebhookId::of(workspace)));
    assert_eq!(WebhookId::of(workspace).to_string(), "100101");
    assert_eq!(WebhookId::of(workspace).workspace(), workspace);
    assert_eq!(WebhookId::nth(workspace, 100), None);
}

/// Not from outside, and not from stored bytes either: number 0 of a workspace would lead to another owner's key.
#[test]
fn a_number_that_nothing_can_have_is_no_id() {
    fn takes<T: FromStr + for<'de> Deserialize<'de>>(number: u64) -> bool {
        let text = number.to_string();
        let stored = crate::codec::encode_value(&number).unwrap();
        let takes = [
            text.parse::<T>().is_ok(),
            serde_json::from_str::<T>(&text).is_ok(),
            crate::codec::decode_value::<T>(&stored).is_ok(),
        ];
        assert!(takes == [true; 3] || takes == [false; 3], "{number}: {takes:?}");
        takes == [true; 3]
    }
    let (first, last) = (1001, 90_071_991);
    for (number, is_one) in [(0, false), (first - 1, false), (first, true), (last, true), (last + 1, false)] {
        assert_eq!(takes::<WorkspaceId>(number), is_one, "{number}");
    }
    let within = |each: u64| {
        let no = [0, 1, each - 1, first * each, first * each - 1, (last + 1) * each + 1, u64::MAX];
        let yes = [first * each + 1, first * each + each - 1, last * each + each - 1];
        no.map(|number| (number, false)).into_iter().chain(yes.map(|number| (number, true)))
    };
    within(100_000_000).for_each(|(number, is_one)| assert_eq!(takes::<ChatId>(number), is_one, "{number}"));
    within(10_000).for_each(|(number, is_one)| assert_eq!(takes::<AccountId>(number), is_one, "{number}"));
    within(100).for_each(|(number, is_one)| assert_eq!(takes::<WebhookId>(number), is_one, "{number}"));
    assert_eq!(ChatId::nth(WorkspaceId::LOG, 1), None);
}

#[test]
fn only_the_canonical_spelling_is_an_id() {
    for text in ["", "0", "01001", "+1001", "1e3", " 1001", "9007199254740992", "-1"] {
        assert_eq!(text.parse::<WorkspaceId>(), Err(InvalidId), "{text}");
    }
    assert_eq!("chat/100100000001".parse::<StreamId>().map(|s| s.to_string()).as_deref(), Ok("chat/100100000001"));
    assert!("chats/1".parse::<StreamId>().is_err());
}

#[test]
fn a_message_id_reads_with_and_without_its_prefix() {
    let id = MessageId::from_bits(0x9FCC_85FE_9966_2E46);
    assert_eq!(id.to_string(), "wa_backend:3EB09FCC85FE99662E46");
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!("3EB09FCC85FE99662E46".parse(), Ok(id));
    assert!("wa_backend:3EB09fcc85fe99662e46".parse::<MessageId>().is_err());
}

#[test]
fn a_delivery_is_called_by_its_first_message() {
    let delivery = DeliveryId::of(MessageId::from_bits(0x9FCC_85FE_9966_2E46));
    assert_eq!(delivery.to_string(), "dlv_9FCC85FE99662E46");
    assert_eq!(delivery.to_string().parse(), Ok(delivery));
    for text in ["", "9FCC85FE99662E46", "dlv_9fcc85fe99662e46", "dlv_9FCC", "dlv_3EB09FCC85FE99662E46"] {
        assert_eq!(text.parse::<DeliveryId>(), Err(InvalidId), "{text}");
    }
}
