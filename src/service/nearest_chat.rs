//! Suggests the nearest chat name if a given one does not exist.

use events::characters;
use events::ids::{ChatId, WorkspaceId};
use events::index::Index;
use events::log::ReadError;

use super::refusal::Refusal;
use super::scope::Scope;

/// How many chats to compare, beginning with the newest.
const CHATS_MAX: u64 = 1_000;
/// How many characters of a name to compare.
const CHARS_MAX: usize = 64;
/// The largest difference between two near names, in hundredths of the longer one.
const OTHERWISE_MAX: usize = 60;

/// The refusal, with the workspace's nearest chat name as a hint.
pub(super) async fn not_found(scope: Scope<'_>, name: String) -> Refusal {
    let refusal = Refusal::new("chat_not_found", "Chat not found").naming("chat_name");
    let (count, workspace) = (scope.look(|state| state.chats).await.unwrap_or(0), scope.workspace);
    let history = scope.gateway.shard.history();
    match history.run(move |history| nearest(history.index(), workspace, count, &name)).await {
        Ok(Some(title)) => refusal.hinting(format!("The nearest name is \"{title}\"; case counts")),
        Ok(None) => refusal.hinting("No chat has a name like it: see GET /api/v1/chats"),
        Err(error) => error.into(),
    }
}

fn nearest(index: &Index, workspace: WorkspaceId, count: u64, name: &str) -> Result<Option<String>, ReadError> {
    let wanted = Wanted::new(name);
    let mut found: Option<(usize, String)> = None;
    for nth in (1..=count).rev().take(usize::try_from(CHATS_MAX).unwrap_or(usize::MAX)) {
        let Some(chat) = ChatId::nth(workspace, nth) else { continue };
        let Some(entry) = index.chat(chat)? else { continue };
        let title = entry.name.reveal();
        let distance = wanted.distance(title);
        if let Some(distance) = distance.filter(|far| found.as_ref().is_none_or(|(nearest, _)| far < nearest)) {
            found = Some((distance, title.chars().take(CHARS_MAX).collect()));
        }
    }
    Ok(found.map(|(_, title)| title))
}

/// A name prepared for comparison: in lower case, and cut.
struct Wanted(String);

impl Wanted {
    fn new(name: &str) -> Self {
        Self(folded(name))
    }

    /// Returns the distance in hundredths of the longer name; `None` if the names differ too much.
    fn distance(&self, title: &str) -> Option<usize> {
        let title = folded(title);
        let longer = self.0.chars().count().max(title.chars().count()).max(1);
        let distance = strsim::osa_distance(&self.0, &title).saturating_mul(100) / longer;
        (distance <= OTHERWISE_MAX).then_some(distance)
    }
}

fn folded(title: &str) -> String {
    characters::title(title).chars().take(CHARS_MAX).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_titles_are_told_from_far_ones() {
        let far = |name: &str, title: &str| Wanted::new(name).distance(title);
        assert_eq!(far("team köln", "Team Köln"), Some(0));
        assert!(far("Team Koeln", "Team Köln") < far("Team Bonn", "Team Köln"));
        assert!(far("Köln", "Team Köln").is_some());
        assert_eq!(far("Ada", "Kite club of the north"), None);
        let long = "x".repeat(10_000);
        assert_eq!(far(&long, &long), Some(0));
    }
}
