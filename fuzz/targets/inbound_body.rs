//! Bodies of inbound requests: any body is accepted, or refused with a status from 400 to 409.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tidings_fuzz::inbound::judge_body(bytes));
