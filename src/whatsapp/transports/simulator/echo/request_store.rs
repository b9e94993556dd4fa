//! Stores the newest requests of each receiver, within a total limit.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use events::time::Timestamp;

use super::request::{Name, Request, Settings, StoredRequest};

/// Number of receivers.
const NAMES_MAX: usize = 1_000;
/// Requests kept for each receiver.
const REQUESTS_MAX: usize = 100;
/// Bytes kept for all receivers together.
const BYTES_MAX: usize = 64 << 20;

/// All receivers.
#[derive(Debug, Default)]
pub(super) struct RequestStore {
    receivers: BTreeMap<Name, Receiver>,
    /// The receiver of each request by the request's number, the oldest first.
    order: BTreeMap<u64, Name>,
    numbered: u64,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Receiver {
    settings: Settings,
    requests: VecDeque<(u64, Arc<StoredRequest>)>,
}

/// There is no room for another receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are {NAMES_MAX} receivers already")]
pub struct Full;

impl RequestStore {
    /// Keeps a request and returns how to answer it. Forgets the oldest requests if the limits are exceeded.
    pub(super) fn keep(&mut self, name: Name, request: Request, at: Timestamp) -> Result<Settings, Full> {
        self.numbered = self.numbered.saturating_add(1);
        let number = self.numbered;
        let room = request.room();
        let receiver = self.receiver(name.clone())?;
        let settings = receiver.settings;
        let kept = StoredRequest { at, request, status: settings.status.as_u16() };
        receiver.requests.push_back((number, Arc::new(kept)));
        let is_full = receiver.requests.len() > REQUESTS_MAX;
        self.bytes = self.bytes.saturating_add(room);
        if is_full {
            self.forget_oldest(&name);
        }
        self.order.insert(number, name);
        while self.bytes > BYTES_MAX
            && let Some(oldest) = self.order.first_key_value().map(|(_, name)| name.clone())
        {
            self.forget_oldest(&oldest);
        }
        Ok(settings)
    }

    /// The requests that a receiver got, the newest first.
    pub(super) fn requests(&self, name: &Name) -> Vec<Arc<StoredRequest>> {
        let requests = self.receivers.get(name).into_iter().flat_map(|receiver| receiver.requests.iter().rev());
        requests.map(|(_, kept)| Arc::clone(kept)).collect()
    }

    /// Sets how a receiver answers from now on.
    pub(super) fn set(&mut self, name: Name, settings: Settings) -> Result<(), Full> {
        self.receiver(name)?.settings = settings;
        Ok(())
    }

    fn receiver(&mut self, name: Name) -> Result<&mut Receiver, Full> {
        if self.receivers.len() >= NAMES_MAX && !self.receivers.contains_key(&name) {
            return Err(Full);
        }
        Ok(self.receivers.entry(name).or_default())
    }

    fn forget_oldest(&mut self, name: &Name) {
        let oldest = self.receivers.get_mut(name).and_then(|receiver| receiver.requests.pop_front());
        if let Some((number, kept)) = oldest {
            self.order.remove(&number);
            self.bytes = self.bytes.saturating_sub(kept.request.room());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::BODY_KEPT_MAX;
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    fn request(body: &str) -> Request {
        Request::default().with_body(body.as_bytes())
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn the_newest_hundred_of_each_receiver_are_kept() {
        let mut store = RequestStore::default();
        store.keep(name("other"), request("other"), at(0)).expect("room");
        for number in 0..105 {
            store.keep(name("demo"), request(&number.to_string()), at(number)).expect("room");
        }
        let kept = store.requests(&name("demo"));
        let [newest, oldest] = [kept.first(), kept.last()].map(|kept| kept.expect("kept").at.ms());
        assert_eq!((kept.len(), newest, oldest), (REQUESTS_MAX, 104, 5));
        assert_eq!(store.requests(&name("other")).len(), 1);
        assert!(store.requests(&name("nobody")).is_empty());
        assert_eq!(store.order.len(), REQUESTS_MAX + 1);
    }

    #[test]
    fn all_receivers_together_keep_no_more_than_the_bound() {
        let mut store = RequestStore::default();
        let long = "x".repeat(BODY_KEPT_MAX);
        for number in 0..20_i64 {
            for _ in 0..REQUESTS_MAX {
                store.keep(name(&number.to_string()), request(&long), at(number)).expect("room");
            }
        }
        assert!(store.bytes <= BYTES_MAX);
        let kept = |number: i64| store.requests(&name(&number.to_string())).len();
        assert_eq!((kept(0), kept(19)), (0, REQUESTS_MAX));
        let counted: usize = store.receivers.values().flat_map(|r| &r.requests).map(|(_, k)| k.request.room()).sum();
        assert_eq!(counted, store.bytes);
    }

    #[test]
    fn one_receiver_too_many_is_refused_and_changes_nothing() {
        let mut store = RequestStore::default();
        for number in 0..NAMES_MAX {
            store.set(name(&number.to_string()), Settings::default()).expect("room");
        }
        assert_eq!(store.keep(name("one-more"), request("hi"), at(0)), Err(Full));
        assert_eq!(store.set(name("one-more"), Settings::default()), Err(Full));
        assert_eq!((store.receivers.len(), store.bytes), (NAMES_MAX, 0));
        assert!(store.keep(name("7"), request("hi"), at(0)).is_ok());
    }
}
