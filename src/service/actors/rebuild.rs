//! Rebuilds one actor from its records alone, and says what differed from what it had.

use ::actors::account::Account;
use ::actors::chat::Chat;
use ::actors::decider::Decider;
use ::actors::runtime::registry::Kind;
use ::actors::runtime::shard::{Compared, Rebuilt};
use ::actors::webhook::Webhook;
use ::actors::workspace::Workspace;
use events::ids::{Revision, StreamId};
use events::log::ReadError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::difference::{Difference, Part};
use crate::gateway::Gateway;
use crate::service::json_diff::{Change, changes};
use crate::service::refusal::Refusal;
use crate::service::{fields, states};

/// The most differences that are shown; all are counted.
const SHOWN_MAX: usize = 100;

/// The result of a rebuild.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RebuildView {
    /// The actor's stream, such as `account/10010001`.
    pub stream: String,
    /// Number of its events.
    #[schema(value_type = u64)]
    pub revision: Revision,
    /// True if it is awake, so that its state in memory was compared too; else only its snapshot was.
    pub awake: bool,
    /// True if it had exactly what its records say.
    pub same: bool,
    /// The number of places that differed. The actor goes on with what the records say.
    pub differing: u64,
    /// The first hundred of them.
    pub differences: Vec<Difference>,
    /// Why it was rebuilt, as it was given. It is not recorded.
    pub reason: String,
}

/// Rebuilds an actor. Nothing is recorded, because nothing happened that a rule could know of.
pub async fn rebuild(gateway: &Gateway, stream: StreamId, reason: String) -> Result<RebuildView, Refusal> {
    fields::line("reason", &reason)?;
    let gateway = gateway.clone();
    // It goes on without its caller: what differed is put right, so afterwards only this can tell of it.
    let rebuilding = tokio::spawn(async move { of_stream(&gateway, stream, reason).await });
    rebuilding.await.map_err(|error| Refusal::fault(&error))?
}

async fn of_stream(gateway: &Gateway, stream: StreamId, reason: String) -> Result<RebuildView, Refusal> {
    match stream {
        StreamId::Workspace(id) => one::<Workspace>(gateway, id, reason).await,
        StreamId::Account(id) => one::<Account>(gateway, id, reason).await,
        StreamId::Chat(id) => one::<Chat>(gateway, id, reason).await,
        StreamId::Webhook(id) => one::<Webhook>(gateway, id, reason).await,
        // No actor decides on the log itself.
        StreamId::Log => Err(states::not_found()),
    }
}

async fn one<D: Kind>(gateway: &Gateway, id: D::Id, reason: String) -> Result<RebuildView, Refusal> {
    let rebuilt = gateway.shard.rebuild::<D, Value>(id, as_json::<D>).await.map_err(|error| super::failed(&error))?;
    let rebuilt = rebuilt.ok_or_else(states::not_found)?;
    let stream = D::stream(id);
    let view = gateway.shard.history().run(move |_| Ok::<_, ReadError>(view(stream, &rebuilt, reason))).await?;
    if !view.same {
        tracing::warn!(%stream, revision = view.revision, differing = view.differing, "an actor differed from its records");
    }
    Ok(view)
}

fn as_json<D: Decider>(state: &D::State) -> Value {
    serde_json::to_value(state).unwrap_or_default()
}

fn view(stream: StreamId, rebuilt: &Rebuilt<Value>, reason: String) -> RebuildView {
    let (mut differing, mut differences) = (0_u64, Vec::new());
    let parts = rebuilt.memory.iter().map(|compared| (Part::Memory, compared));
    for (part, Compared { had, records }) in parts.chain([(Part::Snapshot, &rebuilt.at_rest)]) {
        let revision =
            Change { path: "revision".to_owned(), before: Some(had.0.into()), after: Some(records.0.into()) };
        let of_revision = (had.0 != records.0).then_some(revision);
        for change in of_revision.into_iter().chain(changes(&had.1, &records.1)) {
            differing = differing.saturating_add(1);
            if differences.len() < SHOWN_MAX {
                differences.push(Difference::of(part, change));
            }
        }
    }
    RebuildView {
        stream: stream.to_string(),
        revision: rebuilt.revision,
        awake: rebuilt.memory.is_some(),
        same: differing == 0,
        differing,
        differences,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use events::ids::WorkspaceId;
    use serde_json::json;

    use super::*;

    fn compared(had: (u64, Value), records: (u64, Value)) -> Compared<Value> {
        Compared { had, records }
    }

    fn view_of(memory: Option<Compared<Value>>, at_rest: Compared<Value>) -> Value {
        let rebuilt = Rebuilt { revision: at_rest.records.0, memory, at_rest };
        json!(view(StreamId::Workspace(WorkspaceId::nth(0)), &rebuilt, "a test".to_owned()))
    }

    #[test]
    fn what_differs_is_named_with_the_part_that_had_it() {
        let right = json!({"balance": 5, "name": "Acme"});
        let wrong = json!({"balance": 500, "name": "Acme"});
        let same = compared((4, right.clone()), (4, right.clone()));
        let found = view_of(Some(compared((4, wrong), (4, right.clone()))), same.clone());
        assert_eq!((&found["same"], &found["differing"], &found["awake"]), (&json!(false), &json!(1), &json!(true)));
        let wanted = json!([{"part": "memory", "path": "/balance", "had": 500, "records": 5}]);
        assert_eq!(found["differences"], wanted);
        let found = view_of(None, compared((3, right.clone()), (4, right)));
        let wanted = json!([{"part": "snapshot", "path": "revision", "had": 3, "records": 4}]);
        assert_eq!((&found["differences"], &found["awake"]), (&wanted, &json!(false)));
        let found = view_of(Some(same.clone()), same);
        assert_eq!((&found["same"], &found["differing"]), (&json!(true), &json!(0)));
    }

    #[test]
    fn of_very_many_differences_all_are_counted_and_some_are_shown() {
        let [had, records] = [0, 1].map(|value| json!(vec![value; 250]));
        let found = view_of(None, compared((1, had), (1, records)));
        assert_eq!(found["differing"], json!(250));
        assert_eq!(found["differences"].as_array().map(Vec::len), Some(SHOWN_MAX));
    }
}
