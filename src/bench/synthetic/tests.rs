//! Tests that a generated log is one that a gateway could have written.

use actors::account::Account;
use actors::chat::Chat;
use actors::decider::Decider;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::codec::Opening;
use events::history::{History, ReadMode};
use events::index::{IndexKey, KeyEntry, Series};
use events::log::Batch;

use super::*;
use crate::config::{Config, Overrides};

const CACHE_MB: u64 = 16;
const AT: Timestamp = Timestamp::from_ms(1_790_000_000_000);

/// Writes three whole messages of a tenant and a fourth that stays queued, then passes the log's history to `check`.
fn written(tenant: &Tenant, check: impl FnOnce(&History)) {
    let folder = tempfile::tempdir().unwrap();
    let mut generator = LogGenerator::open(folder.path(), CACHE_MB, AT).unwrap();
    tenant.make(&mut generator).unwrap();
    for nth in 0..3 {
        generator.pass(2_000);
        tenant.live(&mut generator, nth).unwrap();
    }
    tenant.queue(&mut generator, 3).unwrap();
    generator.finish().unwrap();
    let DataDir { log, vault, .. } = opened(folder.path());
    events::verify::verify(log.as_ref(), Opening::With(vault.as_ref()), |_| {}).unwrap();
    let index = Index::open(Arc::<SledLog>::clone(&log), vault).unwrap();
    check(&History::new(log, Arc::new(index), ReadMode::Inline));
}

fn opened(directory: &Path) -> DataDir {
    DataDir::open(
        directory,
        DataDirOptions { cache_mb: CACHE_MB, master_key_file: None, now: AT, without_vault: false },
    )
    .unwrap()
}

fn reporting() -> Tenant {
    Tenant { reports: Some("http://127.0.0.1:9/hooks".to_owned()), ..Tenant::nth(0, 1, 2) }
}

fn state<D: Decider>(history: &History, id: D::Id) -> D::State {
    replay::<D>(id, history, Position::MAX).unwrap().state
}

#[test]
fn three_messages_were_charged_and_sent_and_one_waits() {
    written(&reporting(), |history| {
        let tenant = reporting();
        let workspace = state::<Workspace>(history, tenant.workspace);
        assert_eq!(serde_json::to_value(&workspace).unwrap()["balance"], 1_000_000_000_u64 - 4);
        assert_eq!(Account::due(&state::<Account>(history, tenant.account(0).unwrap())).waiting, 1);
    });
}

#[test]
fn nothing_is_owed_any_more() {
    written(&reporting(), |history| {
        let webhook = state::<Webhook>(history, reporting().webhook());
        assert_eq!(Webhook::due(&webhook).waiting, 0);
        assert!(Webhook::due(&webhook).effects.is_empty());
        for chat in 0..2 {
            let chat = state::<Chat>(history, reporting().chat(chat).unwrap());
            assert!(Chat::due(&chat).effects.is_empty());
        }
    });
}

#[test]
fn what_is_owed_waits_in_its_webhook() {
    let folder = tempfile::tempdir().unwrap();
    let mut generator = LogGenerator::open(folder.path(), CACHE_MB, AT).unwrap();
    reporting().make(&mut generator).unwrap();
    (0..3).try_for_each(|nth| reporting().owe(&mut generator, nth)).unwrap();
    generator.finish().unwrap();
    let DataDir { log, vault, .. } = opened(folder.path());
    let index = Index::open(Arc::<SledLog>::clone(&log), vault).unwrap();
    let history = History::new(log, Arc::new(index), ReadMode::Inline);
    let webhook = state::<Webhook>(&history, reporting().webhook());
    assert_eq!(Webhook::due(&webhook).waiting, 3);
}

#[test]
fn a_reported_message_has_ten_events_and_another_six() {
    let events = |tenant: &Tenant| {
        let mut head = 0;
        written(tenant, |history| head = history.head().position);
        head
    };
    let (beginnings, chats, queued) = (1 + 4 + 1, 2, 2);
    assert_eq!(events(&Tenant::nth(0, 1, 2)), beginnings + chats + 3 * 6 + queued);
    assert_eq!(events(&reporting()), beginnings + 1 + chats + 3 * 10 + queued);
}

#[test]
fn a_checkpoint_lets_everybody_sleep_but_those_who_have_something_due() {
    let folder = tempfile::tempdir().unwrap();
    let mut generator = LogGenerator::open(folder.path(), CACHE_MB, AT).unwrap();
    let gap_ms = (4_000_000_000, 4_000_000_000);
    let tenant = Tenant { gap_ms, ..Tenant::nth(0, 3, 3) };
    tenant.make(&mut generator).unwrap();
    (0..3).try_for_each(|nth| tenant.live(&mut generator, nth)).unwrap();
    tenant.queue(&mut generator, 3).unwrap();
    let due = StreamId::Account(tenant.account(0).unwrap());
    generator.checkpoint([due]).unwrap();
    generator.finish().unwrap();
    let overrides = Overrides { data_dir: Some(folder.path().to_owned()), ..Overrides::default() };
    let config = Config::load(None, [("TIDINGS_SIMULATOR__ENABLED", "true")], overrides).unwrap();

    let awake = actix::System::new().block_on(async {
        let started = crate::gateway::start(&config, ([127, 0, 0, 1], 9).into(), false).await.unwrap();
        let awake = started.gateway.shard.overview().awake;
        started.gateway.stop().await;
        awake
    });

    assert_eq!(awake, [0, 1, 0, 0]);
}

#[test]
fn a_tenants_key_and_secret_url_open_its_doors() {
    written(&reporting(), |history| {
        let tenant = reporting();
        let token = tenant.inbound_path().replace("/in/", "");
        let api_key = IndexKey::ApiKey(crate::secrets::digest(&tenant.api_key()));
        let entry = KeyEntry { workspace: tenant.workspace, key: 1 };
        assert_eq!(history.index().find(&api_key).unwrap(), Some(entry));
        let inbound = IndexKey::Inbound(crate::secrets::digest(&token));
        assert_eq!(history.index().find(&inbound).unwrap(), Some(tenant.workspace));
    });
}

/// Long enough that the index is made anew with a small cache, and the directory is opened three times.
#[test]
fn the_index_of_a_long_log_is_made_anew_when_the_directory_is_opened() {
    let (folder, tenant) = (tempfile::tempdir().unwrap(), reporting());
    let mut generator = LogGenerator::open(folder.path(), CACHE_MB, AT).unwrap();
    tenant.make(&mut generator).unwrap();
    for nth in 0..2_100 {
        generator.pass(2_000);
        tenant.live(&mut generator, nth).unwrap();
    }
    generator.finish().unwrap();
    let DataDir { log, .. } = opened(folder.path());
    assert!(log.head().position > 20_000 && Index::is_made(log.as_ref()).unwrap());
    let covered = Space::IndexCovered.key(&[]);
    log.write(&Batch { after: log.head().position, notes: vec![(covered, None)], ..Batch::default() }).unwrap();
    assert!(!Index::is_made(log.as_ref()).unwrap());
    drop(log);
    let DataDir { log, vault, .. } = opened(folder.path());
    assert!(Index::is_made(log.as_ref()).unwrap());
    let index = Index::open(log, vault).unwrap();
    let of_chat = index.positions(Series::Stream(StreamId::Chat(tenant.chat(0).unwrap())), 1, Position::MAX, 1_000_000);
    assert!(of_chat.unwrap().len() > 1_000);
}
