//! The global allocator is mimalloc: the C library's takes a sixth of the time of an accept, and does not give back
//! what threads freed. Huge pages are left off: clearing one blocks the thread that needs it, and a small gateway
//! would grow from 20 to 100 MiB.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
