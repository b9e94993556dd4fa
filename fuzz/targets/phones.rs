//! Phone numbers in any spelling: never read as another number than a person would read.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tidings_fuzz::phones::judge(bytes));
