//! The `gensr` command line.
fn main() {}
