//! The table of attempts: any text reads back as it was sent, except that hidden characters are replaced and formulas
//! get a leading apostrophe, so that no spreadsheet takes a cell for a formula.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tidings_fuzz::attempts::write(bytes));
