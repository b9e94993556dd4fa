//! Where memory comes from: the C library's allocator takes a sixth of an accept's time, and keeps what threads freed.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
