//! Packs: what a good one gives back, and what a bad one gets.

#![allow(clippy::unwrap_used)]

mod codebook;
mod container;
mod dictionary;
mod evidence;
mod fixture;
mod hostile;
mod manifest;
mod writer;
