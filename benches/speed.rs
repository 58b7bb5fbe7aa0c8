//! How fast each stage is, and how much memory a night takes.
//!
//! Machines differ and are seldom idle, so what is worth comparing is measured side by side in
//! one run, several times over, and given as a ratio with its spread. Left out: accuracy, which
//! is `accuracy.rs`.

#[path = "../samples/generator/mod.rs"]
mod generator;
mod samples;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use callibrate::audio::{Decoder, SAMPLES_PER_MS, Stream};
use callibrate::conversation::Conversation;
use callibrate::conversation::metrics;
use callibrate::recording::StartedAt;
use callibrate::report::rows::{self, CallRows, Facts};
use callibrate::report::{Cell, TableWriter, read_table, tables};
use callibrate::rubric::{self, Rubric};
use callibrate::scoring::{self, Judged, Scorer};
use callibrate::speech::convert::{self, Kernels, Kind, Order};
use callibrate::speech::models::{LoadedModel, ModelBytes, ModelSource};
use callibrate::speech::whisper::{self, Engine};
use callibrate::speech::{self, Recognise, Setup, activity};
use samples::{Call, Fault};

const SECTIONS: [&str; 8] = [
    "runs", "stages", "weights", "scoring", "tables", "again", "report", "memory",
];

fn main() -> Result<(), Fault> {
    let arguments = Arguments::read()?;
    let home = tempfile::tempdir()?;
    print_machine();
    for section in &arguments.sections {
        match section.as_str() {
            "runs" => print_runs(home.path(), arguments.rounds)?,
            "stages" => print_stages(arguments.rounds)?,
            "weights" => print_weights(home.path(), &arguments)?,
            "scoring" => print_scoring(home.path(), arguments.rounds)?,
            "tables" => print_tables(home.path(), arguments.rounds)?,
            "again" => print_again(home.path(), arguments.rounds)?,
            "report" => print_report(home.path(), arguments.rounds)?,
            "memory" => print_memory_of_many(home.path())?,
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    if arguments.long {
        print_memory_of_long(home.path())?;
    }
    Ok(())
}

/// Names of sections measure only those; `--long` adds a recording of two hours; `--rounds N`
/// says how often each thing is measured, and `--model FILE` whose kinds of weights are compared.
struct Arguments {
    sections: Vec<String>,
    long: bool,
    rounds: usize,
    model: Option<PathBuf>,
}

impl Arguments {
    fn read() -> Result<Self, Fault> {
        let mut read = Self {
            sections: Vec::new(),
            long: false,
            rounds: 3,
            model: None,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--long" => read.long = true,
                "--rounds" => {
                    let rounds = arguments.next().ok_or("--rounds needs a number")?;
                    read.rounds = rounds.parse::<usize>()?.max(1);
                }
                "--model" => {
                    let model = arguments.next().ok_or("--model needs a file")?;
                    read.model = Some(PathBuf::from(model));
                }
                // From cargo.
                "--bench" => {}
                _ => read.sections.push(argument),
            }
        }
        if read.sections.is_empty() && !read.long {
            read.sections = SECTIONS.map(str::to_string).to_vec();
        }
        Ok(read)
    }
}

/// Several measurements of one thing.
#[derive(Default, Clone)]
struct Measured(Vec<f64>);

impl Measured {
    /// Median, and from least to most.
    fn show(&self, digits: usize) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.as_slice() {
            [] => "not measured".to_string(),
            [only] => format!("{only:.digits$}"),
            [least, .., most] => {
                let median = sorted[sorted.len() / 2];
                format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
            }
        }
    }

    /// Round by round, so that what slows a whole round down drops out.
    fn over(&self, other: &Measured) -> Measured {
        Measured(self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect())
    }
}

/// What a piece of work took.
#[derive(Clone, Copy)]
struct Took {
    wall_s: f64,
    /// Processor time of this process and of the commands that it has waited for; the wall's
    /// where nobody keeps it.
    processor_s: f64,
}

/// Processor time is what to compare on a busy machine; it is counted in hundredths of a second,
/// so work should take some tenths.
fn timed<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<(T, Took), Fault> {
    let before = processor_seconds();
    let start = Instant::now();
    let done = work()?;
    let wall_s = start.elapsed().as_secs_f64();
    let processor_s = match (before, processor_seconds()) {
        (Some(before), Some(after)) => after - before,
        _ => wall_s,
    };
    let took = Took {
        wall_s,
        processor_s,
    };
    Ok((done, took))
}

/// Linux: `utime`, `stime`, `cutime` and `cstime` of proc_pid_stat(5), in hundredths of a second.
fn processor_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let ticks = after_name.split_whitespace().skip(11).take(4);
    let ticks: Vec<f64> = ticks.map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(ticks.iter().sum::<f64>() / 100.0)
}

fn print_machine() {
    let field = |path: &str, name: &str| {
        let text = fs::read_to_string(path).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_string())
    };
    let unknown = || "unknown".to_string();
    println!("## Machine\n");
    println!(
        "- processor: {}, {} cores for this process",
        field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
        callibrate::batch::threads::cores()
    );
    println!(
        "- memory: {}",
        field("/proc/meminfo", "MemTotal").unwrap_or_else(unknown)
    );
    println!(
        "- load when this began: {}",
        fs::read_to_string("/proc/loadavg").map_or_else(|_| unknown(), |l| l.trim().to_string())
    );
    println!("- {}: {}\n", whisper::engine_name(), whisper::system_info());
    println!("Figures are medians, with the least and the most in brackets.\n");
}

fn print_runs(home: &Path, rounds: usize) -> Result<(), Fault> {
    let audio_s = stated_seconds(&samples::sample_files("calls", "wav")?)?;
    let mut alone = Speeds::default();
    let mut both = Speeds::default();
    for round in 0..rounds {
        for (jobs, speeds) in [(1, &mut alone), (2, &mut both)] {
            let out = home.join(format!("run-{round}-{jobs}"));
            let mut run = samples::run_samples(home, &out);
            run.args(["--jobs", &jobs.to_string()]);
            let ((), took) = timed(|| samples::finish(&mut run))?;
            speeds.add(audio_s, took);
        }
    }
    println!("## Whole runs over the samples ({audio_s:.0} s of recordings)\n");
    println!(
        "| jobs | times real time | the same per processor busy with it |\n|--:|--:|--:|\n\
         | 1 | {} |\n| 2 | {} |\n",
        alone.show(1),
        both.show(1)
    );
    println!(
        "Two jobs over one: {} times as fast.\n",
        both.by_wall.over(&alone.by_wall).show(2)
    );
    Ok(())
}

/// How much was done per second.
#[derive(Default)]
struct Speeds {
    by_wall: Measured,
    by_processor: Measured,
}

impl Speeds {
    fn add(&mut self, amount: f64, took: Took) {
        self.by_wall.0.push(amount / took.wall_s);
        self.by_processor.0.push(amount / took.processor_s);
    }

    /// Two cells of a table: per second, and per second of processor time.
    fn show(&self, digits: usize) -> String {
        let (wall, processor) = (&self.by_wall, &self.by_processor);
        format!("{} | {}", wall.show(digits), processor.show(digits))
    }
}

fn stated_seconds(paths: &[PathBuf]) -> Result<f64, Fault> {
    let mut total_ms = 0;
    for path in paths {
        let length_ms = callibrate::audio::stated_length_ms(path)?;
        total_ms += length_ms.ok_or_else(|| format!("{} has no length", path.display()))?;
    }
    Ok(total_ms as f64 / 1000.0)
}

/// Each stage over all sample calls on one thread, in this process.
fn print_stages(rounds: usize) -> Result<(), Fault> {
    let paths = samples::sample_files("calls", "wav")?;
    let audio_s = stated_seconds(&paths)?;
    let aligned = ModelSource::Embedded.load()?;
    let mut unaligned = aligned.clone();
    unaligned.profile.dtw_heads = None;
    let engines = [
        (Engine::load(&aligned)?, aligned),
        (Engine::load(&unaligned)?, unaligned),
    ];
    let mut decoding = Measured::default();
    let mut activity = Measured::default();
    let mut recognition = [Measured::default(), Measured::default()];
    for _ in 0..rounds {
        let ((), decoded) = timed(|| decode(&paths))?;
        let ((), listened) = timed(|| listen(&paths))?;
        decoding.0.push(decoded.processor_s);
        activity.0.push(listened.processor_s - decoded.processor_s);
        // Transcribing decodes twice and listens once, whatever recognises.
        let rest_s = decoded.processor_s + listened.processor_s;
        for ((engine, model), recognition) in engines.iter().zip(&mut recognition) {
            let ((), transcribed) = timed(|| transcribe(engine, model, &paths))?;
            recognition.0.push(transcribed.processor_s - rest_s);
        }
    }
    let [aligned, unaligned] = recognition;
    let speed = |seconds: &Measured| Measured(seconds.0.iter().map(|s| audio_s / s).collect());
    println!(
        "## Stages, by processor time ({audio_s:.0} s of recordings)\n\n\
         | stage | times real time | time, recognition = 1 |\n|---|--:|--:|"
    );
    for (name, seconds) in [
        ("decoding and resampling, one of two passes", &decoding),
        ("voice activity", &activity),
        ("recognition, words aligned", &aligned),
        ("recognition, words not aligned", &unaligned),
    ] {
        println!(
            "| {name} | {} | {} |",
            speed(seconds).show(0),
            seconds.over(&aligned).show(3)
        );
    }
    println!();
    Ok(())
}

/// Copies of a model with each kind of weights, over one stretch of sound on one thread. Detecting
/// a language is one pass of the encoder and next to nothing else. Without `--model` it is the
/// built-in model, which is too small to stand for others.
fn print_weights(home: &Path, arguments: &Arguments) -> Result<(), Fault> {
    let original = match &arguments.model {
        Some(path) => path.clone(),
        None => {
            let path = home.join("demo.bin");
            let ModelBytes::Memory(bytes) = ModelSource::Embedded.load()?.bytes else {
                return Err("the built-in model is not in memory".into());
            };
            fs::write(&path, bytes)?;
            path
        }
    };
    let mut models = vec![ModelSource::File(original.clone()).load()?];
    for name in Kind::NAMES {
        if name == models[0].facts.ftype {
            continue;
        }
        let order = Order {
            from: original.clone(),
            to: home.join(format!("{name}.bin")),
            kind: Kind::of_name(name),
            anyway: true,
        };
        convert::convert(&order, Kernels::here())?;
        models.push(ModelSource::File(order.to).load()?);
    }
    let samples = sound()?;
    let engines: Vec<Engine> = models.iter().map(Engine::load).collect::<Result<_, _>>()?;
    let mut seconds = vec![[Measured::default(), Measured::default()]; models.len()];
    for _ in 0..arguments.rounds {
        for ((engine, model), seconds) in engines.iter().zip(&models).zip(&mut seconds) {
            let mut recogniser = engine.recogniser()?;
            let window = (model.profile.longest_window_ms * SAMPLES_PER_MS) as usize;
            let window = &samples[..window.min(samples.len())];
            // A model for English only detects nothing.
            if model.facts.multilingual {
                let (_, took) = timed(|| Ok(recogniser.language(window)?))?;
                seconds[0].0.push(took.processor_s);
            }
            let (_, took) = timed(|| Ok(recogniser.recognise(window, "en")?))?;
            seconds[1].0.push(took.processor_s);
        }
    }
    println!(
        "## Kinds of weights: {}, one window\n\n\
         | weights | MB | detecting, s | over {} | recognising, s | over {} |\n\
         |---|--:|--:|--:|--:|--:|",
        models[0].name, models[0].facts.ftype, models[0].facts.ftype
    );
    for (model, [detecting, recognising]) in models.iter().zip(&seconds) {
        let ModelBytes::File(path) = &model.bytes else {
            continue;
        };
        println!(
            "| {} | {:.1} | {} | {} | {} | {} |",
            model.facts.ftype,
            fs::metadata(path)?.len() as f64 / 1e6,
            detecting.show(2),
            detecting.over(&seconds[0][0]).show(2),
            recognising.show(2),
            recognising.over(&seconds[0][1]).show(2)
        );
    }
    println!();
    Ok(())
}

/// The first channels of the sample calls, one after the other: at least a window of sound.
fn sound() -> Result<Vec<f32>, Fault> {
    let mut samples = Vec::new();
    for path in samples::sample_files("calls", "wav")? {
        let mut stream = Stream::open(&path)?;
        while let Some(block) = stream.next_block()? {
            samples.extend_from_slice(&block[0]);
        }
        if samples.len() as i64 >= 30_000 * SAMPLES_PER_MS {
            break;
        }
    }
    Ok(samples)
}

fn decode(paths: &[PathBuf]) -> Result<(), Fault> {
    for path in paths {
        let mut stream = Stream::open(path)?;
        while stream.next_block()?.is_some() {}
    }
    Ok(())
}

fn listen(paths: &[PathBuf]) -> Result<(), Fault> {
    for path in paths {
        activity::listen(&mut Stream::open(path)?)?;
    }
    Ok(())
}

fn transcribe(engine: &Engine, model: &LoadedModel, paths: &[PathBuf]) -> Result<(), Fault> {
    let setup = Setup {
        profile: &model.profile,
        model: model.name.clone(),
        model_key: model.key.clone(),
        language: model.language(None)?,
    };
    let mut recogniser = engine.recogniser()?;
    for path in paths {
        speech::transcribe(path, "", &setup, &mut recogniser)?;
    }
    Ok(())
}

fn rubrics() -> Result<Vec<Rubric>, Fault> {
    let read = |name: &str| Ok(rubric::read(name)?);
    samples::rubrics().map(read).collect()
}

fn print_scoring(home: &Path, rounds: usize) -> Result<(), Fault> {
    let out = home.join("references");
    samples::score_references(home, &out)?;
    let calls: Vec<Call> = samples::stored_calls(&out)?.into_values().collect();
    let rubrics = rubrics()?;
    let words: usize = calls.iter().map(words_in).sum();
    println!(
        "## Scoring, two rubrics, calls of {} words on average\n\n\
         | | jobs | calls per second | per second of processor time | most memory, MiB |\n\
         |---|--:|--:|--:|--:|",
        words / calls.len()
    );
    const PASSES: usize = 100;
    let many = (PASSES * calls.len()) as f64;
    let mut measuring = Speeds::default();
    let mut judging = Speeds::default();
    for _ in 0..rounds {
        let ((), took) = timed(|| repeat(PASSES, &calls, &[]))?;
        measuring.add(many, took);
        let ((), took) = timed(|| repeat(PASSES, &calls, &rubrics))?;
        judging.add(many, took);
    }
    println!("| in memory: metrics only | 1 | {} | |", measuring.show(0));
    println!(
        "| in memory: metrics, answers, rows | 1 | {} | |",
        judging.show(0)
    );
    for count in [500, 5_000] {
        print_store_scoring(home, count, &calls, rounds)?;
    }
    println!();
    Ok(())
}

fn words_in(call: &Call) -> usize {
    let channels = &call.transcript.channels;
    let segments = channels.iter().flat_map(|channel| &channel.segments);
    segments.map(|segment| segment.words.len()).sum()
}

fn repeat(passes: usize, calls: &[Call], rubrics: &[Rubric]) -> Result<(), Fault> {
    for _ in 0..passes {
        for call in calls {
            std::hint::black_box(rows_of(call, rubrics)?);
        }
    }
    Ok(())
}

/// What a run does with a stored call.
fn rows_of(call: &Call, rubrics: &[Rubric]) -> Result<CallRows, Fault> {
    let (meta, transcript) = (&call.meta, &call.transcript);
    let conversation = Conversation::new(transcript, meta.agent_channel)?;
    let metrics = metrics::measure(&conversation);
    if rubrics.is_empty() {
        std::hint::black_box(&metrics);
        return Ok(CallRows::default());
    }
    let judged = Scorer::new(rubrics).judge(&scoring::Call {
        meta,
        conversation: &conversation,
        metrics: &metrics,
        history: None,
    });
    let judged: Vec<(&Rubric, &Judged)> = rubrics.iter().zip(&judged).collect();
    Ok(rows::call_rows(&Facts {
        card_data: None,
        muted_copy: None,
        post: None,
        people: &[],
        run_id: "bench",
        meta,
        transcript,
        conversation: &conversation,
        metrics: &metrics,
        judged: &judged,
    }))
}

/// `callibrate score` over `count` calls: brought into the store, then scored again from it.
fn print_store_scoring(
    home: &Path,
    count: usize,
    calls: &[Call],
    rounds: usize,
) -> Result<(), Fault> {
    let folder = home.join(format!("copies-{count}"));
    let (files, table) = write_copies(&folder, count, calls)?;
    let out = folder.join("out");
    let mut import = samples::callibrate(home, "score");
    import.args(&files).arg("--calls").arg(&table);
    import.arg("--out").arg(&out).args(["--jobs", "2"]);
    let (peak, took) = timed(|| finish_watched(&mut import))?;
    let mut speeds = Speeds::default();
    speeds.add(count as f64, took);
    println!(
        "| {count} transcripts brought into the store and scored | 2 | {} | {:.0} |",
        speeds.show(0),
        peak.parent_mib
    );
    let mut alone = (Speeds::default(), Measured::default());
    let mut both = (Speeds::default(), Measured::default());
    for _ in 0..rounds {
        for (jobs, (speeds, peaks)) in [(1, &mut alone), (2, &mut both)] {
            let mut score = samples::callibrate(home, "score");
            score.arg("--out").arg(&out);
            score.args(["--jobs", &jobs.to_string()]);
            let (peak, took) = timed(|| finish_watched(&mut score))?;
            speeds.add(count as f64, took);
            peaks.0.push(peak.parent_mib);
        }
    }
    for (jobs, (speeds, peaks)) in [(1, alone), (2, both)] {
        println!(
            "| {count} calls from the store | {jobs} | {} | {} |",
            speeds.show(0),
            peaks.show(0)
        );
    }
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Copies of the references under ids of their own, each with content of its own, and their
/// table of calls.
fn write_copies(
    folder: &Path,
    count: usize,
    calls: &[Call],
) -> Result<(Vec<PathBuf>, PathBuf), Fault> {
    let transcripts = folder.join("transcripts");
    fs::create_dir_all(&transcripts)?;
    let mut rows: BTreeMap<String, csv::StringRecord> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(samples::sample("calls.csv"))?;
    let header = reader.headers()?.clone();
    for row in reader.records() {
        let row = row?;
        rows.insert(row[0].to_string(), row);
    }
    let table = folder.join("calls.csv");
    let mut writer = csv::Writer::from_path(&table)?;
    writer.write_record(&header)?;
    let mut files = Vec::with_capacity(count);
    for n in 0..count {
        let call = &calls[n % calls.len()];
        let id = format!("call-{n:06}");
        let mut transcript = call.transcript.clone();
        transcript.audio.key = Some(blake3::hash(id.as_bytes()).to_hex().to_string());
        let file = transcripts.join(format!("{id}.json"));
        fs::write(&file, transcript.to_json())?;
        let row = rows[&call.meta.call_id].iter();
        let recording = format!("{id}.wav");
        let own = [id.as_str(), recording.as_str()];
        writer.write_record(own.into_iter().chain(row.skip(own.len())))?;
        files.push(file);
    }
    writer.flush()?;
    Ok((files, table))
}

/// Rows written to and read from Parquet.
fn print_tables(home: &Path, rounds: usize) -> Result<(), Fault> {
    const ROWS: usize = 300_000;
    let out = home.join("references-for-tables");
    samples::score_references(home, &out)?;
    let rubrics = rubrics()?;
    let mut all = CallRows::default();
    for call in samples::stored_calls(&out)?.values() {
        let rows = rows_of(call, &rubrics)?;
        all.words.extend(rows.words);
        all.answers.extend(rows.answers);
        all.evidence.extend(rows.evidence);
    }
    println!(
        "## Tables, {ROWS} rows each, per second of processor time\n\n\
         | table | columns | rows written | rows read |\n\
         |---|--:|--:|--:|"
    );
    for (name, rows) in [
        ("words", &all.words),
        ("answers", &all.answers),
        ("evidence", &all.evidence),
    ] {
        let table = tables(rows::metric_columns())
            .into_iter()
            .find(|table| table.name == name)
            .ok_or_else(|| format!("there is no table {name}"))?;
        let path = home.join(format!("{name}.parquet"));
        let (mut written, mut read) = (Measured::default(), Measured::default());
        for _ in 0..rounds {
            let copies = copies(rows, ROWS);
            let (_, writing) = timed(|| {
                let mut writer = TableWriter::create(&path, &table, &[])?;
                for row in copies {
                    writer.push(row)?;
                }
                Ok(writer.finish()?)
            })?;
            let (content, reading) = timed(|| Ok(read_table(&path)?))?;
            assert_eq!(content.rows.len(), ROWS);
            written.0.push(ROWS as f64 / writing.processor_s);
            read.0.push(ROWS as f64 / reading.processor_s);
        }
        println!(
            "| {name} | {} | {} | {} |",
            table.columns.len(),
            written.show(0),
            read.show(0)
        );
    }
    println!();
    Ok(())
}

/// The samples' rows over and over, each time under other call ids (the first cell of a row).
fn copies(rows: &[Vec<Cell>], count: usize) -> Vec<Vec<Cell>> {
    let mut copies: Vec<Vec<Cell>> = rows.iter().cycle().take(count).cloned().collect();
    for (n, copy) in copies.iter_mut().enumerate() {
        if let Cell::Text(call_id) = &mut copy[0] {
            *call_id = format!("{call_id}-{}", n / rows.len());
        }
    }
    copies
}

/// Most memory that a command and its worker process held, in MiB; 0 where nobody can say.
#[derive(Default)]
struct Peak {
    parent_mib: f64,
    worker_mib: f64,
}

/// Runs a command to its end and looks at its memory every 5 ms. The system keeps the peak
/// (`VmHWM`), so only what is gained in the last moments can be missed.
fn finish_watched(command: &mut Command) -> Result<Peak, Fault> {
    let mut child = command.stderr(Stdio::null()).spawn()?;
    let id = child.id();
    let mut peak = Peak::default();
    loop {
        if let Some(mib) = peak_mib(id) {
            peak.parent_mib = peak.parent_mib.max(mib);
        }
        let workers = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        for worker in workers.unwrap_or_default().split_whitespace() {
            if let Some(mib) = worker.parse().ok().and_then(peak_mib) {
                peak.worker_mib = peak.worker_mib.max(mib);
            }
        }
        if let Some(status) = child.try_wait()? {
            if status.success() {
                return Ok(peak);
            }
            return Err(format!("callibrate ended with {status}").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn peak_mib(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Stereo sound at the samples' own 8 kHz: one vector per channel.
struct Sound {
    rate_hz: u32,
    channels: [Vec<f32>; 2],
}

impl Sound {
    /// All stereo sample calls, one after another.
    fn of_samples() -> Result<Self, Fault> {
        let mut sound = Self {
            rate_hz: 8_000,
            channels: [Vec::new(), Vec::new()],
        };
        for path in samples::sample_files("calls", "wav")? {
            let mut decoder = Decoder::open(&path)?;
            let info = decoder.info();
            if info.channels != 2 || info.sample_rate_hz != sound.rate_hz {
                continue;
            }
            while let Some(block) = decoder.next_block()? {
                for (channel, samples) in sound.channels.iter_mut().zip(&block) {
                    channel.extend_from_slice(samples);
                }
            }
        }
        Ok(sound)
    }

    fn frames(&self, ms: usize) -> usize {
        ms * self.rate_hz as usize / 1000
    }

    /// Writes `frames` frames from `start` on as 16-bit WAV, beginning anew at the sound's end.
    fn write(&self, path: &Path, start: usize, frames: usize) -> Result<(), Fault> {
        let [left, right] = &self.channels;
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: self.rate_hz,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec)?;
        for frame in start..start + frames {
            for channel in [left, right] {
                let sample = channel[frame % channel.len()];
                writer.write_sample((sample * 32_767.0).round() as i16)?;
            }
        }
        writer.finalize()?;
        Ok(())
    }
}

/// A table of calls of one day, one row per recording of a folder.
fn write_table(folder: &Path, ids: &[String]) -> Result<PathBuf, Fault> {
    let table = folder.join("calls.csv");
    let mut writer = csv::Writer::from_path(&table)?;
    writer.write_record([
        "call_id",
        "file",
        "agent",
        "started_at",
        "timezone",
        "agent_channel",
    ])?;
    for (n, id) in ids.iter().enumerate() {
        let file = format!("{id}.wav");
        let at = format!("2026-03-02T{:02}:{:02}:00", 8 + n / 60 % 12, n % 60);
        writer.write_record([
            id.as_str(),
            file.as_str(),
            "agent",
            at.as_str(),
            "UTC",
            "left",
        ])?;
    }
    writer.flush()?;
    Ok(table)
}

/// Runs over a folder of recordings: memory, and times real time per processor busy with it.
fn run_watched(
    home: &Path,
    folder: &Path,
    ids: &[String],
    jobs: usize,
) -> Result<(Peak, f64), Fault> {
    let table = write_table(folder, ids)?;
    let paths: Vec<PathBuf> = ids
        .iter()
        .map(|id| folder.join(format!("{id}.wav")))
        .collect();
    let audio_s = stated_seconds(&paths)?;
    let mut run = samples::callibrate(home, "run");
    run.arg(folder).arg("--calls").arg(&table);
    run.arg("--out").arg(folder.join("out"));
    run.args(["--jobs", &jobs.to_string()]);
    let (peak, took) = timed(|| finish_watched(&mut run))?;
    Ok((peak, audio_s / took.processor_s))
}

const MEMORY_HEAD: &str = "| | jobs | parent, MiB | worker, MiB | times real time per busy processor |\n\
                           |---|--:|--:|--:|--:|";

/// A night that is done, run again: half a second of silence per recording, with the words of a
/// sample call put in its place in the store.
fn print_again(home: &Path, rounds: usize) -> Result<(), Fault> {
    const COUNT: usize = 10_000;
    let references = home.join("references-for-again");
    samples::score_references(home, &references)?;
    let calls: Vec<Call> = samples::stored_calls(&references)?.into_values().collect();
    let folder = home.join("again");
    fs::create_dir_all(&folder)?;
    let silence = Sound {
        rate_hz: 8_000,
        channels: [0, 1].map(|_| vec![0.0; 4_000]),
    };
    let ids: Vec<String> = (0..COUNT).map(|n| format!("call-{n:05}")).collect();
    for (n, id) in ids.iter().enumerate() {
        let mut sound = Sound {
            channels: silence.channels.clone(),
            ..silence
        };
        // Inaudible, and other bytes in each.
        sound.channels[n % 2][n / 2 % 4_000] = if n < COUNT / 2 { 0.001 } else { 0.002 };
        sound.write(&folder.join(format!("{id}.wav")), 0, sound.frames(500))?;
    }
    let table = write_table(&folder, &ids)?;
    let out = folder.join("out");
    let command = |name: &str| {
        let mut command = samples::callibrate(home, name);
        if name == "run" {
            command.arg(&folder).arg("--calls").arg(&table);
        }
        command.arg("--out").arg(&out).args(["--jobs", "2"]);
        command
    };
    samples::finish(&mut command("run"))?;
    let transcripts = walkdir::WalkDir::new(out.join("store/transcripts"));
    for (n, file) in transcripts.into_iter().enumerate() {
        let file = file?;
        if file.file_type().is_file() {
            fs::write(file.path(), calls[n % calls.len()].transcript.to_json())?;
        }
    }
    fs::remove_dir_all(out.join("store/facts"))?;
    samples::finish(&mut command("score"))?;
    let mut again = Measured::default();
    let mut scored = Measured::default();
    for _ in 0..rounds {
        let (_, took) = timed(|| samples::finish(&mut command("run")))?;
        again.0.push(took.wall_s);
        let (_, took) = timed(|| samples::finish(&mut command("score")))?;
        scored.0.push(took.wall_s);
    }
    println!(
        "## A night of {COUNT} calls that is done, with two jobs\n\n\
         | | seconds |\n|---|--:|\n\
         | `run` again, from start to end | {} |\n\
         | `score`: all of it anew | {} |\n\
         | the second over the first | {} |\n",
        again.show(2),
        scored.show(1),
        scored.over(&again).show(0)
    );
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// The pages of 10,000 made calls: in one night, and in the eight weeks in which they are made.
fn print_report(home: &Path, rounds: usize) -> Result<(), Fault> {
    const COUNT: usize = 10_000;
    const WORDS: usize = 400;
    println!(
        "## Pages of {COUNT} calls of {WORDS} words on average\n\n\
         | | seconds | peak MiB | pages | MiB | largest, KiB | all tables anew (`score`), seconds |\n\
         |---|--:|--:|--:|--:|--:|--:|"
    );
    for (name, one_night) in [("one night", true), ("eight weeks", false)] {
        let out = home.join("report").join(name);
        let mut calls = generator::generate(COUNT, WORDS, 11).peekable();
        let night = calls
            .peek()
            .ok_or("no calls")?
            .0
            .started_at
            .local_date
            .clone();
        let calls = calls.map(|(mut meta, transcript)| {
            if one_night {
                move_to(&mut meta.started_at, &night);
            }
            (meta, transcript)
        });
        generator::files::store(&out, calls).map_err(|fault| -> Fault { fault })?;
        let (_, scoring) =
            timed(|| samples::finish(samples::callibrate(home, "score").arg("--out").arg(&out)))?;
        let mut seconds = Measured::default();
        let mut peak_mib = Measured::default();
        for _ in 0..rounds {
            // Pages take no rubrics, unlike what `samples::callibrate` calls.
            let mut report = Command::new(env!("CARGO_BIN_EXE_callibrate"));
            report
                .arg("report")
                .arg("--out")
                .arg(&out)
                .current_dir(home);
            report.args(["--from", "2026-01-01", "--to", "2026-12-31"]);
            report.stdout(Stdio::null());
            let (peak, took) = timed(|| finish_watched(&mut report))?;
            seconds.0.push(took.wall_s);
            peak_mib.0.push(peak.parent_mib);
        }
        let mut sizes = Vec::new();
        for entry in walkdir::WalkDir::new(out.join("pages")) {
            let entry = entry?;
            if entry.file_type().is_file() {
                sizes.push(entry.metadata()?.len() as f64);
            }
        }
        println!(
            "| {name} | {} | {} | {} | {:.1} | {:.0} | {:.1} |",
            seconds.show(2),
            peak_mib.show(0),
            sizes.len(),
            sizes.iter().sum::<f64>() / 1_048_576.0,
            sizes.iter().copied().fold(0.0, f64::max) / 1024.0,
            scoring.wall_s
        );
        fs::remove_dir_all(&out)?;
    }
    println!();
    Ok(())
}

/// The same time of another day.
fn move_to(start: &mut StartedAt, date: &str) {
    let day =
        |date: &str| -> jiff::civil::Date { date.parse().expect("dates are written by jiff") };
    let days = (day(date) - day(&start.local_date)).get_days();
    start.utc_ms += i64::from(days) * 86_400_000;
    start.local.replace_range(..date.len(), date);
    start.local_date = date.to_string();
}

fn print_memory_of_many(home: &Path) -> Result<(), Fault> {
    let sound = Sound::of_samples()?;
    println!("## Peak memory: many short calls\n\n{MEMORY_HEAD}");
    for count in [50, 500] {
        let folder = home.join(format!("short-{count}"));
        fs::create_dir_all(&folder)?;
        let step = sound.channels[0].len() / count;
        let mut ids = Vec::with_capacity(count);
        for n in 0..count {
            let id = format!("short-{n:04}");
            let length_ms = 2_000 + n % 11 * 100;
            let path = folder.join(format!("{id}.wav"));
            sound.write(&path, n * step, sound.frames(length_ms))?;
            ids.push(id);
        }
        let (peak, speed) = run_watched(home, &folder, &ids, 2)?;
        println!(
            "| {count} calls of 2 to 3 s | 2 | {:.0} | {:.0} | {speed:.1} |",
            peak.parent_mib, peak.worker_mib
        );
        fs::remove_dir_all(&folder)?;
    }
    println!();
    Ok(())
}

fn print_memory_of_long(home: &Path) -> Result<(), Fault> {
    let sound = Sound::of_samples()?;
    println!("## Peak memory: long stereo recordings\n\n{MEMORY_HEAD}");
    for minutes in [10, 120] {
        let folder = home.join(format!("long-{minutes}"));
        fs::create_dir_all(&folder)?;
        let ids = ["long".to_string()];
        let path = folder.join("long.wav");
        sound.write(&path, 0, sound.frames(minutes * 60_000))?;
        let (peak, speed) = run_watched(home, &folder, &ids, 1)?;
        println!(
            "| one call of {minutes} minutes | 1 | {:.0} | {:.0} | {speed:.1} |",
            peak.parent_mib, peak.worker_mib
        );
        fs::remove_dir_all(&folder)?;
    }
    println!();
    Ok(())
}
