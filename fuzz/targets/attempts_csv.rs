//! The table of attempts: whatever was sent, it reads back as it was, and no spreadsheet takes a cell for a formula.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tidings_fuzz::attempts::write(bytes));
