//! How well the classifier tells intents apart, and how fast, against its goals.
//!
//! `cargo bench -p fame-classifier` trains on the training parts of CLINC150 (Larson et al. 2019) and
//! SNIPS (Coucke et al. 2018), chooses thresholds on a validation part and measures on the test
//! part. Times are of one core, whatever else the machine does: compare them on an idle one.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use fame_classifier::{
    Cache, Classifier, Embedder, Example, OUT_OF_SCOPE, Options, Report, evaluate,
};

/// Examples of each intent in the small training set, and the seed that chooses them.
const FEW: usize = 10;
const SEED: u64 = 3;

/// Intents of CLINC150 that stand for those of FAME's own plugins, which this crate does not know:
/// with 100 sentences each, about as many sentences as they have.
const OWN_INTENTS: usize = 30;

struct Parts {
    train: Vec<Example>,
    validation: Vec<Example>,
    test: Vec<Example>,
}

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let data = root.join("../shared/data/intents");
    if !data.is_dir() {
        println!("left out: {} is not there", data.display());
        return;
    }
    let started = Instant::now();
    let embedder = Arc::new(Embedder::load(&root.join("models")).unwrap());
    let load_ms = started.elapsed().as_secs_f64() * 1e3;

    println!(
        "{:58} {:>10} {:>10} {:>10}",
        "", "goal", "reference", "measured"
    );
    let clinc = clinc(&data);
    let full = measure(&clinc, Some(&embedder));
    row(
        "CLINC150, in scope",
        ">= 96.3 %",
        "96.1 %",
        percent(full.accuracy),
    );
    row(
        "CLINC150, in scope at the threshold",
        ">= 94 %",
        "93.8 %",
        percent(full.accuracy_at_threshold),
    );
    row(
        "  out of scope refused there",
        ">= 73 %",
        "71.3 %",
        percent(full.oos_recall.unwrap()),
    );
    let few = measure(&few(&clinc), Some(&embedder));
    row(
        "CLINC150, 10 examples an intent, in scope",
        ">= 91 %",
        "90.5 %",
        percent(few.accuracy),
    );
    row(
        "  in scope at the threshold",
        ">= 88.5 %",
        "88.3 %",
        percent(few.accuracy_at_threshold),
    );
    row(
        "  out of scope refused there",
        ">= 76 %",
        "75.1 %",
        percent(few.oos_recall.unwrap()),
    );
    let snips = measure(&snips(&data), Some(&embedder));
    row(
        "SNIPS, all intents",
        ">= 98.3 %",
        "96-97 %",
        percent(snips.accuracy),
    );
    let ngrams = measure(&clinc, None);
    row(
        "CLINC150, n-grams alone, in scope",
        ">= 92.4 %",
        "92.4 %",
        percent(ngrams.accuracy),
    );
    row(
        "one sentence, p50",
        "<= 5 ms",
        "",
        milliseconds(full.p50_us),
    );
    row(
        "one sentence, p99",
        "<= 12 ms",
        "",
        milliseconds(full.p99_us),
    );
    row(
        "one sentence, n-grams alone, p99",
        "<= 1 ms",
        "",
        milliseconds(ngrams.p99_us),
    );
    row(
        "training on CLINC150, embeddings included",
        "<= 90 s",
        "",
        format!("{:.1} s", full.train_s),
    );
    let (anew, cached) = start(&clinc, &embedder);
    row(
        "start with 30 intents, 3,000 sentences, nothing cached",
        "",
        "",
        format!("{anew:.0} ms"),
    );
    row("  cached", "<= 50 ms", "", format!("{cached:.0} ms"));
    row(
        "loading the sentence model",
        "",
        "",
        format!("{load_ms:.0} ms"),
    );
    row(
        "size of the CLINC150 classifier, sentence model included",
        "",
        "",
        format!("{:.0} MB", full.model_bytes as f64 / 1e6),
    );
}

fn row(what: &str, goal: &str, reference: &str, measured: String) {
    println!("{what:58} {goal:>10} {reference:>10} {measured:>10}");
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn milliseconds(us: f64) -> String {
    format!("{:.2} ms", us / 1e3)
}

fn measure(parts: &Parts, embedder: Option<&Arc<Embedder>>) -> Report {
    let options = Options::default();
    let embedder = embedder.cloned();
    evaluate(
        &parts.train,
        &parts.validation,
        &parts.test,
        embedder,
        None,
        &options,
    )
    .unwrap()
}

fn clinc(data: &Path) -> Parts {
    let text = fs::read(data.join("clinc150_full.json")).unwrap();
    let parts: BTreeMap<String, Vec<(String, String)>> = serde_json::from_slice(&text).unwrap();
    let part = |names: &[&str]| -> Vec<Example> {
        let rows = names.iter().flat_map(|name| &parts[*name]);
        rows.map(|(text, intent)| Example::new(text, intent))
            .collect()
    };
    Parts {
        train: part(&["train"]),
        validation: part(&["val", "oos_val"]),
        test: part(&["test", "oos_test"]),
    }
}

/// The same with [`FEW`] training examples of each intent, chosen by a hash of the seed and the
/// sentence.
fn few(clinc: &Parts) -> Parts {
    let mut by_intent: BTreeMap<&str, BTreeSet<(u64, &str)>> = BTreeMap::new();
    for example in &clinc.train {
        let seeded = SEED.to_le_bytes().into_iter().chain(example.text.bytes());
        let hash = seeded.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        by_intent
            .entry(&example.intent)
            .or_default()
            .insert((hash, &example.text));
    }
    let chosen = by_intent.into_iter().flat_map(|(intent, texts)| {
        let texts = texts.into_iter().take(FEW);
        texts.map(move |(_, text)| Example::new(text, intent))
    });
    Parts {
        train: chosen.collect(),
        validation: clinc.validation.clone(),
        test: clinc.test.clone(),
    }
}

fn snips(data: &Path) -> Parts {
    let mut files: Vec<PathBuf> = fs::read_dir(data.join("snips"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let part = |wanted: &str| -> Vec<Example> {
        let named = |path: &&PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(wanted)
        };
        files
            .iter()
            .filter(named)
            .flat_map(|path| snips_file(path))
            .collect()
    };
    Parts {
        train: part("train_"),
        validation: Vec::new(),
        test: part("validate_"),
    }
}

/// Each sentence comes in pieces, with its slots marked. One of the files is in Latin-1.
fn snips_file(path: &Path) -> Vec<Example> {
    let bytes = fs::read(path).unwrap();
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect());
    let file: BTreeMap<String, Vec<serde_json::Value>> = serde_json::from_str(&text).unwrap();
    let examples = file.iter().flat_map(|(intent, rows)| {
        rows.iter().map(move |row| {
            let pieces = row["data"].as_array().unwrap().iter();
            let text: String = pieces.filter_map(|piece| piece["text"].as_str()).collect();
            Example::new(text.trim(), intent)
        })
    });
    examples
        .filter(|example| example.intent != OUT_OF_SCOPE)
        .collect()
}

/// How long a start takes that has to train, and the next one, in milliseconds.
fn start(clinc: &Parts, embedder: &Arc<Embedder>) -> (f64, f64) {
    let intents: BTreeSet<&str> = clinc.train.iter().map(|one| one.intent.as_str()).collect();
    let own: BTreeSet<&str> = intents.into_iter().take(OWN_INTENTS).collect();
    let of_own = clinc
        .train
        .iter()
        .filter(|one| own.contains(one.intent.as_str()));
    let examples: Vec<Example> = of_own.cloned().collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings");
    let once = || {
        let started = Instant::now();
        let mut cache = Cache::open(&path);
        let embedder = Some(Arc::clone(embedder));
        let options = Options::default();
        Classifier::train(&examples, &[], embedder, Some(&mut cache), &options).unwrap();
        cache.save().unwrap();
        started.elapsed().as_secs_f64() * 1e3
    };
    (once(), once())
}
