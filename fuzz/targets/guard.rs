//! URLs from users: whatever the text and the name server say, only public or explicitly allowed addresses get
//! through.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| tidings_fuzz::guard::judge(bytes));
