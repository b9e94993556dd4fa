//! People erase chats: at any moment, twice, as a dry run, and those of others, which they cannot.

use actix_web::test::TestRequest;
use events::ids::ChatId;
use futures_util::future::{join, join_all};
use serde_json::json;

use super::super::fate::Rng;
use super::super::life::{ADMIN_KEY, Life, Machine, Reply, bearer};
use super::super::referee::Referee;
use super::{People, expect};

impl People {
    /// Erases a chat, or tries to, while others write to it.
    pub(super) async fn erase(
        &mut self,
        nth: usize,
        rng: &mut Rng,
        life: &Life,
        referee: &mut Referee,
        machine: &Machine,
    ) -> Result<(), String> {
        let (workspace, key) = (self.tenants[nth].workspace, self.tenants[nth].key().to_owned());
        let Some(chat) = chosen(rng, referee, |chat| chat.workspace() == workspace) else { return Ok(()) };
        let path = format!("/chats/{chat}/erase");
        let body = json!({"reason": "the contact asked for it"});
        if chat.workspace() != workspace {
            let reply = life.post(&format!("/api/v1{path}"), &key, &body).await;
            return expect(reply.status == 404, "another workspace's chat is not erased", &reply);
        }
        if rng.percent(15) {
            let request = TestRequest::post().uri(&format!("/api/v1{path}")).insert_header(bearer(&key));
            let reply = life.ask_with(request.insert_header(("Dry-Run", "true")), body.to_string()).await;
            self.count("dry erasures");
            return expect(reply.status == 200 && reply.body["dry_run"] == true, "it tells what would happen", &reply);
        }
        self.erasing.insert(chat);
        let (path, key) =
            if rng.percent(20) { (format!("/admin/v1{path}"), ADMIN_KEY) } else { (format!("/api/v1{path}"), &*key) };
        let times = if rng.percent(20) { 2 } else { 1 };
        let posts =
            if rng.percent(50) { (0..=rng.below(2)).map(|_| self.compose(rng, referee)).collect() } else { vec![] };
        if rng.percent(30) {
            self.say(rng, &machine.whatsapp);
        }
        let erased = join_all((0..times).map(|_| life.post(&path, key, &body)));
        let (erased, delivered) = join(erased, self.deliver(life, posts)).await;
        delivered?;
        referee.catch_up(&machine.disk)?;
        for reply in erased {
            self.is_erased(chat, &reply, referee)?;
        }
        self.shows_nothing(nth, chat, life).await
    }

    fn is_erased(&mut self, chat: ChatId, reply: &Reply, referee: &Referee) -> Result<(), String> {
        match reply.status {
            200 => {
                let done = reply.body["state"] == "erased" && referee.is_forgotten(chat);
                expect(done, "what is answered as erased is erased", reply)
            }
            // The disk fails.
            202 => {
                self.count("erasures that take long");
                expect(reply.body["state"] == "erasing" && referee.is_erased(chat), "it is being erased", reply)
            }
            _ => expect(false, "a chat is erased", reply),
        }
    }

    /// An erased chat is still listed, with its messages.
    async fn shows_nothing(&self, nth: usize, chat: ChatId, life: &Life) -> Result<(), String> {
        for path in [format!("/api/v1/chats/{chat}"), format!("/api/v1/chats/{chat}/messages")] {
            let reply = life.get(&path, self.tenants[nth].key()).await;
            expect(reply.status == 200, "an erased chat is shown", &reply)?;
        }
        let text = json!({"text": "hello?"});
        let path = format!("/api/v1/chats/{chat}/messages");
        let reply = life.post(&path, self.tenants[nth].key(), &text).await;
        expect(reply.status == 410, "an erased chat takes no message", &reply)
    }
}

/// Chooses a chat: mostly one of these that is not erased yet.
fn chosen(rng: &mut Rng, referee: &Referee, is_own: impl Fn(&ChatId) -> bool) -> Option<ChatId> {
    let all: Vec<ChatId> = referee.chats.keys().copied().collect();
    let own: Vec<ChatId> = all.iter().copied().filter(is_own).collect();
    let left: Vec<ChatId> = own.iter().copied().filter(|chat| !referee.is_erased(*chat)).collect();
    let from = match rng.below(100) {
        0..10 => &all,
        10..25 => &own,
        _ => &left,
    };
    if from.is_empty() { None } else { Some(*rng.pick(from)) }
}
