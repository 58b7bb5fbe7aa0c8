//! The program from the outside: `callibrate` is started as a person would start it, and what it
//! leaves behind is read as an analyst would.
//!
//! One binary, so that the costly part, transcribing, is done once and shared (see
//! [`support::samples`]). What a module can test alone is tested beside it in `src/`.

mod again;
mod answers;
mod broken;
mod calibration;
mod clean;
mod convert;
mod daily;
mod dates;
mod deaths;
mod deploy;
mod documents;
mod drives;
mod earlier;
mod export;
mod faults;
mod fetch;
mod forget;
mod formats;
mod history;
mod hostile;
mod hostile_names;
mod import;
mod kills;
mod languages;
mod moving;
mod muted;
mod pages_agent;
mod pages_call;
mod pages_night;
mod pages_programme;
mod people;
mod programme;
mod record;
mod redact;
mod redaction;
mod refused;
mod release;
mod retry;
mod roster;
mod rubric;
mod start;
mod status;
mod stops;
mod support;
mod tables;
mod watched;
