//! Sends requests, one after the other, to the secret URLs of a whole gateway that is replaced now and then.

mod house;
mod judge;
mod launch;
mod mutate;
mod request;

use std::cell::RefCell;
use std::fs;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::{Mutex, Once, PoisonError};

pub use house::House;
pub use mutate::change;
pub use request::Request;

/// After this many requests a gateway is replaced, so that memory stays bounded.
const REQUESTS_MAX: usize = 2_000;
/// Separates the requests of an input: a byte that never occurs in UTF-8.
pub const BETWEEN: u8 = 0xff;
/// The file that gets all requests to the failing gateway, as one input.
const STORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts/inbound_request/story");

/// All requests to the present gateway, from which a failure can be reproduced.
static ASKED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

thread_local! {
    /// Never dropped: when the thread ends, it has lost what the drop needs.
    static HOUSE: RefCell<Option<ManuallyDrop<House>>> = const { RefCell::new(None) };
}

/// Judges a body alone: it is accepted, or refused with a status from 400 to 409.
pub fn judge_body(bytes: &[u8]) {
    if let Err(status) = tidings::http::judge_send_body(bytes) {
        assert!((400..=409).contains(&status), "refused with {status}");
    }
}

/// Sends all requests of an input and judges each answer.
pub fn serve(bytes: &[u8]) {
    static TELL: Once = Once::new();
    TELL.call_once(tell_the_story_of_a_panic);
    let mut house =
        HOUSE.take().map(ManuallyDrop::into_inner).filter(|house| house.served() < REQUESTS_MAX).unwrap_or_else(|| {
            ASKED.lock().unwrap_or_else(PoisonError::into_inner).clear();
            House::open()
        });
    for bytes in bytes.split(|byte| *byte == BETWEEN) {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        asked.extend_from_slice(bytes);
        asked.push(BETWEEN);
        drop(asked);
        if let Some(request) = Request::read(bytes) {
            house.serve(&request);
        }
    }
    HOUSE.set(Some(ManuallyDrop::new(house)));
}

/// Saves all requests at a panic: a gateway keeps state, so more than the last input may be needed to make it fail.
fn tell_the_story_of_a_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Ok(asked) = ASKED.try_lock() {
            let written = Path::new(STORY).parent().map(fs::create_dir_all).transpose();
            let written = written.and_then(|_| fs::write(STORY, asked.as_slice()));
            eprintln!("all that this gateway was asked stands in {STORY}: {written:?}");
        }
        usual(panic);
    }));
}
