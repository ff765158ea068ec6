//! How fast an utterance finds its sentence among ten thousand, against its goal.
//!
//! `cargo bench -p fame-plugin --bench sentences` compiles 100 intents of 100 sentences each, which
//! share most of their words, and looks for utterances that fit one, that fit one but for
//! politeness or a word that sounds the same, and that fit none. Times are of one core, whatever
//! else the machine does: compare them on an idle one.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use fame_plugin::sentence::{Lists, Sentences};
use fame_plugin::words::Words;
use fame_plugin::{Intent, Manifest, SlotType};

const INTENTS: usize = 100;
const SENTENCES_EACH: usize = 100;

/// Utterances of each kind.
const UTTERANCES: usize = 2_000;

const ROOMS: [&str; 10] = [
    "kitchen", "bedroom", "office", "garage", "attic", "cellar", "garden", "hall", "bathroom",
    "balcony",
];

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let manifest = manifest();
    let started = Instant::now();
    let sentences = Sentences::compile([&manifest], &Lists::default()).unwrap();
    let count = INTENTS * SENTENCES_EACH;
    println!("{count} sentences compiled in {:.1?}", started.elapsed());
    println!("{:40} {:>8} {:>10} {:>10}", "", "goal", "p50", "p99");

    let mut all = Vec::new();
    for (kind, fits, utterance) in kinds() {
        let mut times = Vec::new();
        for number in 0..UTTERANCES {
            let text = utterance(number);
            let started = Instant::now();
            let found = sentences.find(black_box(&Words::new(&text))).len();
            times.push(started.elapsed().as_secs_f64() * 1e6);
            assert_eq!(found, usize::from(fits), "{text}");
        }
        row(kind, "", &mut times);
        all.extend(times);
    }
    row("all", "<= 1 ms", &mut all);
}

/// What the utterances are, whether a sentence fits them, and the utterance of a number.
type Kind = (&'static str, bool, fn(usize) -> String);

fn kinds() -> [Kind; 4] {
    fn whole(number: usize) -> String {
        let (thing, room) = (number % INTENTS, ROOMS[number / INTENTS % ROOMS.len()]);
        let part = number / INTENTS % ROOMS.len();
        format!("turn on the thing{thing} {room} of number twenty five at part{part} right now")
    }
    [
        ("fits a sentence", true, whole),
        ("fits but for politeness", true, |number| {
            format!("could you {} for me", whole(number))
        }),
        ("fits but for what sounds the same", true, |number| {
            whole(number).replace("right", "write")
        }),
        ("fits none", false, |number| {
            format!("{} to the left", whole(number))
        }),
    ]
}

fn manifest() -> Manifest {
    let sentence = |intent: usize, number: usize| {
        format!(
            "(turn|switch) [on] the thing{intent} {} [of] [number] {{n}} [at] part{number} [right now]",
            ROOMS[number % ROOMS.len()]
        )
    };
    let intents = (0..INTENTS).map(|intent| Intent {
        name: format!("intent{intent}"),
        sentences: (0..SENTENCES_EACH)
            .map(|number| sentence(intent, number))
            .collect(),
        slots: [("n".to_owned(), SlotType::Number)].into(),
        ..Intent::default()
    });
    Manifest {
        id: "bench".into(),
        intents: intents.collect(),
        ..Manifest::default()
    }
}

fn row(what: &str, goal: &str, times: &mut [f64]) {
    times.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| times[(times.len() as f64 * share) as usize];
    println!(
        "{what:40} {goal:>8} {:>7.0} us {:>7.0} us",
        at(0.5),
        at(0.99)
    );
}
