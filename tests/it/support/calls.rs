//! Small centres: a few short recordings and the table that tells of them.

use super::Place;
use super::sound::{Coding, Sound};

/// One line of a table of calls.
#[derive(Debug, Clone)]
pub struct Call {
    pub id: String,
    pub file: String,
    pub started_at: String,
    pub agent_channel: String,
}

impl Call {
    /// A call of 9:00 in its own recording `rec/ID.wav`, with the agent on the left.
    pub fn new(id: &str, date: &str) -> Self {
        Self {
            id: id.to_string(),
            file: format!("rec/{id}.wav"),
            started_at: format!("{date}T09:00:00"),
            agent_channel: "left".to_string(),
        }
    }

    pub fn file(mut self, file: &str) -> Self {
        self.file = file.to_string();
        self
    }

    pub fn agent_channel(mut self, channel: &str) -> Self {
        self.agent_channel = channel.to_string();
        self
    }
}

/// Writes `calls.csv`.
pub fn write_table(place: &Place, calls: &[Call]) {
    let mut text =
        String::from("call_id,file,agent,team,queue,customer,started_at,agent_channel,timezone\n");
    for call in calls {
        text += &format!(
            "{},{},ann,north,billing,cu-7,{},{},Europe/Berlin\n",
            call.id, call.file, call.started_at, call.agent_channel
        );
    }
    place.write("calls.csv", text);
}

/// Recordings of a few seconds of speech each, all different: `rec/a.wav`, `rec/b.wav` and so on,
/// the longest first, so that they are worked on in the order of their names.
pub fn write_recordings(place: &Place, ids: &[&str]) {
    let sound = Sound::of_sample("refund-desk");
    for (n, id) in ids.iter().enumerate() {
        let from = 2_000 * n as u32;
        let clip = sound.cut(from, from + 9_000 - 200 * n as u32);
        place.write(&format!("rec/{id}.wav"), clip.wav(Coding::S16));
    }
}

/// As [`write_recordings`], with their table: all calls on one date.
pub fn write_centre(place: &Place, ids: &[&str], date: &str) {
    write_recordings(place, ids);
    let calls: Vec<Call> = ids.iter().map(|id| Call::new(id, date)).collect();
    write_table(place, &calls);
}

/// The recordings of [`short_centre`].
pub const SHORT_IDS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Five recordings of about a second, on two dates, with their table.
pub fn short_centre() -> Place {
    let place = Place::new();
    let sound = Sound::of_sample("refund-desk");
    let mut calls = Vec::new();
    for (n, id) in SHORT_IDS.iter().enumerate() {
        let from = 2_000 * n as u32;
        let clip = sound.cut(from, from + 1_400 - 100 * n as u32);
        place.write(&format!("rec/{id}.wav"), clip.wav(Coding::S16));
        calls.push(Call::new(id, ["2026-03-02", "2026-03-03"][n % 2]));
    }
    write_table(&place, &calls);
    place
}
