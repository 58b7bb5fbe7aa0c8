//! callibrate: listens to every recorded call of a contact centre, scores it against the centre's
//! rubrics, and says how far the scores can be trusted.
//!
//! The rooms stand in the order of the data; `ARCHITECTURE.md` is the map.
#![forbid(unsafe_code)]

pub mod audio;
pub mod batch;
pub mod calibration;
pub mod cli;
pub mod config;
pub mod conversation;
pub mod history;
pub mod limits;
pub mod log;
pub mod memory;
pub mod modes;
mod panics;
pub mod phrase;
pub mod recording;
pub mod redaction;
pub mod report;
pub mod rubric;
pub mod scoring;
pub mod sheet;
pub mod speech;
pub mod transcript;
