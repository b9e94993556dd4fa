//! Requests to the secret URL: accepted, or refused with a status from 400 to 409; a refused request changes nothing.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use tidings_fuzz::inbound::{change, serve};

fuzz_target!(|bytes: &[u8]| serve(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    change(data, size, max_size, seed).unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
});
