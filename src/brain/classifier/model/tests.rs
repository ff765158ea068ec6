use std::path::Path;
use std::sync::{Arc, LazyLock};

use super::*;
use crate::{Cache, ClassifierError, Embedder, Example, OUT_OF_SCOPE, Options};

static EMBEDDER: LazyLock<Arc<Embedder>> = LazyLock::new(|| {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models");
    Arc::new(Embedder::load(&models).unwrap())
});

const SENTENCES: [(&str, &[&str]); 4] = [
    (
        "time",
        &[
            "what time is it",
            "tell me the time",
            "what's the time now",
            "the time please",
        ],
    ),
    (
        "joke",
        &[
            "tell me a joke",
            "make me laugh",
            "do you know a good joke",
            "say something funny",
        ],
    ),
    (
        "louder",
        &[
            "turn it up",
            "louder please",
            "raise the volume",
            "speak up a bit",
        ],
    ),
    (
        "weather",
        &[
            "will it rain",
            "what's the weather like",
            "is it cold outside",
            "the forecast",
        ],
    ),
];

fn examples() -> Vec<Example> {
    let all = SENTENCES.iter();
    all.flat_map(|(intent, texts)| texts.iter().map(|text| Example::new(*text, *intent)))
        .collect()
}

fn train(examples: &[Example], embedder: Option<Arc<Embedder>>) -> Classifier {
    Classifier::train(examples, &[], embedder, None, &Options::default()).unwrap()
}

fn best(classifier: &Classifier, text: &str) -> String {
    classifier.classify(text).ranked[0].intent.clone()
}

#[test]
fn other_words_are_understood_with_few_examples() {
    let classifier = train(&examples(), Some(EMBEDDER.clone()));
    assert_eq!(classifier.features(), Features::Both);
    for (text, intent) in [
        ("how late is it", "time"),
        ("I could do with a bit of humour", "joke"),
        ("increase the sound", "louder"),
        ("do I need an umbrella", "weather"),
    ] {
        assert_eq!(best(&classifier, text), intent, "{text}");
    }
}

#[test]
fn without_an_embedder_it_works_on_words() {
    let classifier = train(&examples(), None);
    assert_eq!(classifier.features(), Features::Ngrams);
    assert_eq!(best(&classifier, "a joke, please!"), "joke");
    assert_eq!(best(&classifier, "volume"), "louder");
}

#[test]
fn a_guess_is_ranked_and_its_numbers_are_probabilities() {
    let classifier = train(&examples(), None);
    for text in ["what time is it", "", "zzz 123"] {
        let guess = classifier.classify(text);
        assert_eq!(guess.ranked.len(), SENTENCES.len());
        assert!(
            guess
                .ranked
                .is_sorted_by(|a, b| a.probability >= b.probability)
        );
        let sum: f32 = guess.ranked.iter().map(|one| one.probability).sum();
        assert!((sum - 1.0).abs() < 1e-4);
        assert_eq!(guess.known, guess.score >= guess.threshold);
    }
    assert!(classifier.classify("what time is it").known);
    assert!(!classifier.classify("zzz 123").known);
}

#[test]
fn training_twice_gives_the_same_answers() {
    let guess = || {
        let classifier = train(&examples(), Some(EMBEDDER.clone()));
        classifier.classify("how late is it")
    };
    assert_eq!(guess(), guess());
}

#[test]
fn a_correction_outweighs_what_it_contradicts() {
    let mut examples = examples();
    examples.push(Example::new("speak up a bit", "joke"));
    assert_eq!(best(&train(&examples, None), "louder a bit"), "louder");
    examples.push(Example::new("speak up a bit", "joke").weighing(8.0));
    assert_eq!(best(&train(&examples, None), "speak up a bit"), "joke");
}

#[test]
fn out_of_scope_is_never_trained_on() {
    let mut examples = examples();
    examples.push(Example::new("who won the cup", OUT_OF_SCOPE));
    let classifier = train(&examples, None);
    assert!(
        !classifier
            .intents()
            .iter()
            .any(|intent| intent == OUT_OF_SCOPE)
    );
}

#[test]
fn the_telling_word_is_the_first_reason() {
    let classifier = train(&examples(), None);
    let reasons = classifier.explain("please do a joke for us", "joke");
    assert_eq!(reasons[0].word, "joke");
    assert!(reasons[0].weight > 0.0);
    assert!(reasons.len() <= MAX_REASONS);
    assert_eq!(classifier.explain("a joke", "no such intent"), []);
}

#[test]
fn one_intent_is_too_few() {
    let examples = [
        Example::new("hello", "hello"),
        Example::new("no", OUT_OF_SCOPE),
    ];
    let trained = Classifier::train(&examples, &[], None, None, &Options::default());
    assert!(matches!(
        trained.err().unwrap(),
        ClassifierError::TooFewIntents { intents: 1 }
    ));
}

#[test]
fn a_cached_classifier_answers_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings");
    let options = Options::default();
    let train = |cache: &mut Cache| {
        let embedder = Some(EMBEDDER.clone());
        Classifier::train(&examples(), &[], embedder, Some(cache), &options).unwrap()
    };
    let mut cache = Cache::open(&path);
    let first = train(&mut cache).classify("how late is it");
    cache.save().unwrap();
    let again = train(&mut Cache::open(&path)).classify("how late is it");
    assert_eq!(again, first);
}

#[test]
fn a_classifier_of_other_examples_is_not_taken_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings");
    let options = Options::default();
    let train = |examples: &[Example]| {
        let mut cache = Cache::open(&path);
        let classifier =
            Classifier::train(examples, &[], None, Some(&mut cache), &options).unwrap();
        cache.save().unwrap();
        classifier
    };
    let all = examples();
    assert_eq!(train(&all).intents().len(), SENTENCES.len());
    assert_eq!(
        train(&all).classify("a joke"),
        train(&all).classify("a joke")
    );
    assert_eq!(train(&all[..8]).intents().len(), 2);
}
