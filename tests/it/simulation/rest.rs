//! Brings a life to rest, by a normal stop or by waiting until nothing is outstanding, and compares every actor's
//! state then.

use std::sync::Arc;
use std::time::Duration;

use actors::account::Account;
use actors::chat::Chat;
use actors::runtime::registry::Kind;
use actors::runtime::replay::replay;
use actors::webhook::Webhook;
use actors::workspace::Workspace;
use events::history::{History, ReadMode};
use events::index::Index;
use events::log::Log;
use tidings::service::replay as service_replay;

use super::life::{Life, Machine};
use super::referee::{OutboundWebhook, Referee};
use super::run::PATIENCE;

/// The most minutes until everything is quiet.
const QUIET_MIN_MAX: u32 = 3_000;

/// Stops the gateway normally: nothing may be under way any more, and it must report how much waits.
pub async fn stop(machine: &Machine, life: &Life, referee: &mut Referee) -> Result<(), String> {
    let stopped = tokio::time::timeout(PATIENCE, life.gateway.stop()).await;
    let waiting = stopped.map_err(|_| format!("did not stop in {PATIENCE:?}"))?;
    referee.catch_up(&machine.disk)?;
    let known: usize = referee.accounts.values().map(|line| line.waiting.len()).sum();
    let known = known + referee.hooks.values().map(OutboundWebhook::owes).sum::<usize>();
    let trying = referee.accounts.values().filter(|line| line.trying.is_some()).count();
    let trying = trying + referee.hooks.values().map(OutboundWebhook::under_way).sum::<usize>();
    // An actor that cannot be read at the moment does not report what waits for it.
    let told = waiting == known as u64 || machine.failing.reads && waiting < known as u64;
    let right = told && trying == 0;
    if right { Ok(()) } else { Err(format!("stopped with {waiting} waiting; {known} wait, {trying} are under way")) }
}

/// Waits until nothing is outstanding any more, and no letter is under way: one that nobody needs any more is handed over
/// all the same, and a mail server may not take it for long.
pub async fn become_quiet(machine: &Machine, life: &Life, referee: &mut Referee) -> Result<(), String> {
    for _ in 0..QUIET_MIN_MAX {
        tokio::time::sleep(Duration::from_mins(1)).await;
        referee.catch_up(&machine.disk)?;
        if referee.outstanding() == 0 {
            // Wait for the last receipts.
            tokio::time::sleep(Duration::from_mins(1)).await;
            referee.catch_up(&machine.disk)?;
            let asleep = fall_asleep(life, referee).await;
            if asleep.is_ok() || !machine.mail.is_awaiting() {
                return asleep;
            }
        }
    }
    let stuck = referee.messages.iter().filter(|(_, told)| told.end.is_none() && !told.uncertain);
    let stuck: Vec<_> = stuck.map(|(id, _)| id.to_string()).collect();
    let pending = referee.reports.pending();
    let busy: Vec<_> = referee.hooks.iter().filter(|(_, hook)| hook.is_busy()).collect();
    Err(format!("still waiting after {QUIET_MIN_MAX} min: {stuck:?}; {pending} messages in no bundle; {busy:?}"))
}

/// Checks that the gateway's own replay finds no difference. Reads may fail on the way.
async fn replays_as_awake(machine: &Machine, life: &Life) -> Result<(), String> {
    match service_replay::at_once(&life.gateway, None, true).await {
        Ok(view) if view.is_good() => Ok(()),
        Ok(view) if machine.failing.reads && view.differing() == 0 => Ok(()),
        Err(_) if machine.failing.reads => Ok(()),
        other => Err(format!("the gateway's replay: {other:?}")),
    }
}

/// Checks that every actor's state equals its replay from the log, before and after the actors were passivated.
pub async fn same_after_sleep(machine: &Machine, life: &Life, referee: &Referee) -> Result<(), String> {
    let log: Arc<dyn Log> = Arc::new(machine.disk.bare_copy());
    let index = Index::open(Arc::clone(&log), machine.disk.vault.vault()).map_err(|error| error.to_string())?;
    let history = History::new(log, Arc::new(index), ReadMode::Inline);
    for _ in 0..2 {
        replays_as_awake(machine, life).await?;
        for workspace in referee.balances.keys() {
            same::<Workspace>(life, *workspace, &history).await?;
        }
        for account in referee.accounts.keys() {
            same::<Account>(life, *account, &history).await?;
        }
        for chat in referee.chats.keys() {
            same::<Chat>(life, *chat, &history).await?;
        }
        for webhook in referee.hooks.keys() {
            same::<Webhook>(life, *webhook, &history).await?;
        }
        fall_asleep(life, referee).await?;
    }
    Ok(())
}

/// Passivates the actors. None may stay awake that has nothing outstanding.
async fn fall_asleep(life: &Life, referee: &Referee) -> Result<(), String> {
    life.gateway.shard.passivate_all();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let busy = referee.accounts.values().filter(|line| !line.waiting.is_empty()).count();
    let busy = busy + referee.hooks.values().filter(|hook| hook.owes() > 0).count();
    let awake: usize = life.gateway.shard.overview().awake.iter().sum();
    if awake > busy {
        return Err(format!("{awake} actors do not sleep, though only {busy} have anything outstanding"));
    }
    Ok(())
}

async fn same<D: Kind>(life: &Life, id: D::Id, history: &History) -> Result<(), String>
where
    D::State: Clone,
{
    let seen = life.gateway.shard.inspect::<D, _>(id, D::State::clone).await.map_err(|error| error.to_string())?.value;
    let rebuilt = replay::<D>(id, history, history.head().position).map_err(|error| error.to_string())?.state;
    if seen == rebuilt { Ok(()) } else { Err(format!("{id}: live {seen:?} is not {rebuilt:?}")) }
}
