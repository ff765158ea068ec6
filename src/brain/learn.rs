//! Teaching the classifier what the loaded plugins can be asked.

use std::path::PathBuf;
use std::sync::Arc;

use fame_plugin::Manifest;

use super::classifier::{Cache, Classifier, ClassifierError, Embedder, Example, Options};
use crate::plugins::Registry;

/// Sentences of one intent that it is trained on: its templates, said in so many ways.
const SENTENCES_EACH: usize = 60;

/// What a user's own correction counts for, in sentences of a template.
const CORRECTION_WEIGHT: f32 = 5.0;

/// What the classifier is made of beside the plugins' sentences.
#[derive(Clone, Default)]
pub struct Lessons {
    /// Makes sentence embeddings; without it the classifier goes by n-grams alone.
    pub embedder: Option<Arc<Embedder>>,
    /// Where embeddings are kept from one start to the next.
    pub cache: Option<PathBuf>,
    /// What the user said, and the intent that was meant.
    pub corrections: Vec<(String, String)>,
}

/// A classifier for the intents of `registry`.
pub(super) fn train(registry: &Registry, lessons: &Lessons) -> Result<Classifier, ClassifierError> {
    let examples = examples(registry, &lessons.corrections);
    let mut cache = lessons.cache.as_deref().map(Cache::open);
    let classifier = Classifier::train(
        &examples,
        &[],
        lessons.embedder.clone(),
        cache.as_mut(),
        &Options::default(),
    )?;
    if let Some(Err(error)) = cache.as_mut().map(Cache::save) {
        tracing::warn!(%error, "the next start takes longer");
    }
    Ok(classifier)
}

/// What can be said for each intent. Control words are left out: they are said as they are, and
/// what merely sounds like one must not stop anything.
fn examples(registry: &Registry, corrections: &[(String, String)]) -> Vec<Example> {
    let manifests = registry.plugins().iter().filter(|one| !one.is_control());
    let mut examples: Vec<Example> = manifests
        .flat_map(|loaded| of_plugin(registry, &loaded.manifest))
        .collect();
    let known = corrections
        .iter()
        .filter(|(_, intent)| registry.intent(intent).is_some());
    examples
        .extend(known.map(|(text, intent)| Example::new(text, intent).weighing(CORRECTION_WEIGHT)));
    examples
}

fn of_plugin(registry: &Registry, manifest: &Manifest) -> Vec<Example> {
    let mut examples = Vec::new();
    for intent in &manifest.intents {
        let said = registry
            .sentences()
            .examples(&manifest.id, &intent.name, SENTENCES_EACH);
        let told = [Some(intent.example.clone()), intent.summary.clone()];
        let texts = said.into_iter().chain(told.into_iter().flatten());
        examples.extend(texts.map(|text| Example::new(text, &intent.name)));
    }
    examples
}
