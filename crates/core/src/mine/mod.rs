//! Finds structure in rows that nobody described: templates of texts, what fields hold, what differs between two halves.
//!
//! Each is a state with update, merge, dump, load and finish, and bounded whatever comes in. Within its limits an answer does not
//! depend on the order of rows, nor on how they were cut; beyond them it says so in its notes.
pub mod cluster;
pub mod delta;
pub mod fields;
pub mod patterns;
pub mod summary;
pub mod template;
