//! What the tests about deaths and stops share: six recordings, and a run over them that nobody
//! disturbed.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::Place;
use super::calls::write_centre;

pub const DATE: &str = "2026-03-02";
pub const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
pub const RUN: &str = "run rec --calls calls.csv --out out --jobs 2";

/// A place with some of the recordings and their table.
pub fn centre(ids: &[&str]) -> Place {
    let place = Place::new();
    write_centre(&place, ids, DATE);
    place
}

/// The report of a run over all six recordings.
pub fn undisturbed() -> PathBuf {
    static PLACE: LazyLock<Place> = LazyLock::new(|| {
        let place = centre(&IDS);
        place.run(RUN).exits(0);
        place
    });
    PLACE.path("out")
}
