//! Requests to the secret URL, one after the other, served by a whole gateway that is made anew now and then.

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

/// After so many requests a gateway is replaced, so that memory stays bounded.
const REQUESTS_MAX: usize = 2_000;
/// Between two requests of one input: no byte of UTF-8.
pub const BETWEEN: u8 = 0xff;
/// Where everything stands that the failing gateway was asked, as one input.
const STORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts/inbound_request/story");

/// What the present gateway was asked, for whoever wants to know how it came to fail.
static ASKED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

thread_local! {
    /// Left standing at the end: by then the thread has lost what it takes to pull it down.
    static HOUSE: RefCell<Option<ManuallyDrop<House>>> = const { RefCell::new(None) };
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

/// A gateway remembers, so what makes one fail may be more than the last input.
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
