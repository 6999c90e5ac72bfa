//! Packs: what a good one gives back, and what a bad one gets.

#![allow(clippy::unwrap_used)]

mod codebook;
mod container;
mod dictionary;
#[path = "../common/expression.rs"]
mod expression;
mod filter;
mod fixture;
mod hostile;
mod manifest;
mod signals;
mod writer;
