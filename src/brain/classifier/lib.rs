//! Which intent is meant by what no sentence template matches.
//!
//! Logistic regression ([`logistic`]) over n-grams ([`ngrams`]) and, where the sentence model is
//! there, over what a sentence means ([`embedder`]), calibrated ([`calibrate`]) so that a
//! probability is one and a text that is about none of the intents gets "I don't know". Training
//! happens at start, from the sentences of the plugins and the user's corrections; embeddings and
//! the trained classifier are kept from start to start ([`cache`]). Everything is deterministic.
//!
//! ```no_run
//! use std::{path::Path, sync::Arc};
//! use fame_classifier::{Classifier, Embedder, Example, Options};
//!
//! let examples = [
//!     Example::new("what time is it", "clock.time"),
//!     Example::new("tell me a joke", "small_talk.joke"),
//! ];
//! let embedder = Arc::new(Embedder::load(Path::new("models"))?);
//! let options = Options::default();
//! let classifier = Classifier::train(&examples, &[], Some(embedder), None, &options)?;
//! let guess = classifier.classify("how late is it");
//! assert_eq!(guess.ranked[0].intent, "clock.time");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cache;
mod calibrate;
mod embedder;
mod evaluate;
mod examples;
mod features;
mod logistic;
mod model;
mod nearest;
mod ngrams;
mod saved;
mod sealed;
mod train;

pub use cache::{Cache, CacheError};
pub use embedder::{Embedder, EmbedderError, MODEL_FILE};
pub use evaluate::{Report, evaluate};
pub use examples::{BadLine, Example, ExamplesError, OUT_OF_SCOPE, read as read_examples};
pub use features::Features;
pub use model::{Classifier, Guess, Reason, Scored};

/// The share of right answers that [`Options::default`] lets the threshold keep: of 1,000 right
/// answers 20 become "I don't know", so that most of what is about nothing known does. Chosen on
/// CLINC150's validation part, with 10 examples an intent.
const KEPT: f32 = 0.98;

/// How to train.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The share of right answers that the threshold is to let through, 0 to 1. The higher, the
    /// more is answered, rightly and wrongly.
    pub kept: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { kept: KEPT }
    }
}

/// Why there is no classifier. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClassifierError {
    /// There is nothing to tell apart.
    #[error(
        "the examples have {intents} intents, and a classifier needs two at least; give examples of more"
    )]
    TooFewIntents {
        /// How many there are.
        intents: usize,
    },
    /// There are no examples to test with.
    #[error("there are no examples to test with; give some")]
    NothingToTest,
    /// The sentences cannot be embedded.
    #[error(transparent)]
    Embedder(#[from] EmbedderError),
}
