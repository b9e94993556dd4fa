//! Bodies of inbound requests: any body is accepted, or refused with a status from 400 to 409.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::http::judge_send_body;

fuzz_target!(|bytes: &[u8]| {
    if let Err(status) = judge_send_body(bytes) {
        assert!((400..=409).contains(&status), "refused with {status}");
    }
});
