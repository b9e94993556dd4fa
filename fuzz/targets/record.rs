//! Records of the log: what can be read can be written, and reads the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tidings_fuzz::records::judge(bytes));
