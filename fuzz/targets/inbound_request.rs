//! Requests to the secret URL: taken or refused with a status from 400 to 409; what is refused changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tidings_fuzz::inbound::serve(bytes));
