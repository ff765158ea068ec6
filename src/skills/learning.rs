//! Keeping the classifier up to date with the plugins and with what the user teaches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::brain::classifier::{Embedder, MODEL_FILE};
use crate::brain::{Brain, Lessons};
use crate::models::SearchPath;

/// See the module's documentation.
pub(super) struct Learning {
    brain: Arc<Brain>,
    models: SearchPath,
    state: Mutex<State>,
    /// Held while the classifier is trained: one at a time.
    at_work: Mutex<()>,
}

struct State {
    lessons: Lessons,
    /// Whether the embedder was looked for.
    looked: bool,
    trouble: Option<String>,
}

impl Learning {
    pub(super) fn new(brain: Arc<Brain>, lessons: Lessons, models: SearchPath) -> Self {
        Self {
            brain,
            models,
            state: Mutex::new(State {
                lessons,
                looked: false,
                trouble: None,
            }),
            at_work: Mutex::default(),
        }
    }

    /// Why the classifier does not work as it should.
    pub(super) fn trouble(&self) -> Option<String> {
        self.lock().trouble.clone()
    }

    /// Learns other corrections than before.
    pub(super) fn correct(&self, corrections: Vec<(String, String)>) {
        self.lock().lessons.corrections = corrections;
        self.learn();
    }

    /// Trains the classifier on what the brain's plugins can be asked now. Blocks.
    pub(super) fn learn(&self) {
        let _one_at_a_time = self.at_work.lock().unwrap_or_else(PoisonError::into_inner);
        if self.brain.registry().plugins().is_empty() {
            // FAME stops: there is nothing to learn from, and nobody to learn for.
            return;
        }
        self.find_embedder();
        let lessons = self.lock().lessons.clone();
        if let Err(error) = self.brain.learn(&lessons) {
            tracing::warn!(%error, "the classifier stays as it was");
            self.lock().trouble = Some(error.to_string());
        }
        give_memory_back();
    }

    fn find_embedder(&self) {
        if std::mem::replace(&mut self.lock().looked, true) {
            return;
        }
        let found = embedder(&self.models);
        let mut state = self.lock();
        match found {
            Ok(embedder) => state.lessons.embedder = Some(Arc::new(embedder)),
            Err(trouble) => {
                tracing::warn!(trouble, "the classifier works without sentence embeddings");
                state.trouble = Some(trouble);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Only plain assignments happen under this lock, so a poisoned one is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands the memory that training has used back to the system. glibc keeps what is freed for the thread
/// that had it, and these threads are idle until the next training.
fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes no pointer, and any thread may call it at any time (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}

/// The bundled sentence model, or why there is none.
pub(super) fn embedder(models: &SearchPath) -> Result<Embedder, String> {
    match models.find_file(MODEL_FILE) {
        Some(path) => Embedder::load(&path).map_err(|error| error.to_string()),
        None => Err(format!(
            "there is no sentence model `{MODEL_FILE}` in the models' folders; it goes by \
             n-grams alone"
        )),
    }
}
