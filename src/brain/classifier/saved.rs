//! A trained classifier as bytes, so that the next start need not train the same one again.
//!
//! It is known by the hash of all that it was made from: examples, options, sentence model and the
//! version of what training does. The bytes are a safetensors file.

use std::collections::HashMap;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors, serialize};
use sha2::{Digest as _, Sha256};

use super::Options;
use super::calibrate::Calibration;
use super::embedder::Embedder;
use super::examples::Example;
use super::features::Featurer;
use super::logistic::Weights;
use super::model::{Classifier, Learnt};
use super::nearest;
use super::ngrams::Vocabulary;

/// Counts the versions of training and of these bytes: whoever changes either counts on.
const VERSION: u32 = 2;

const KEY: &str = "key";
const INTENTS: &str = "intents";
const WEIGHTS: &str = "weights";
const CALIBRATION: &str = "calibration";
const HASHES: &str = "vocabulary.hashes";
const RARITIES: &str = "vocabulary.rarities";
const ENDS: &str = "nearest.ends";
const VALUES: &str = "nearest.values";
const SCALES: &str = "nearest.scales";

/// Separates intents, whose names hold no line break.
const SEPARATOR: &str = "\n";

/// The hash of what a classifier is made from.
pub(super) fn key(
    examples: &[Example],
    validation: &[Example],
    embedder: Option<&Embedder>,
    options: &Options,
) -> String {
    key_of_version(VERSION, examples, validation, embedder, options)
}

fn key_of_version(
    version: u32,
    examples: &[Example],
    validation: &[Example],
    embedder: Option<&Embedder>,
    options: &Options,
) -> String {
    let mut hash = Sha256::new()
        .chain_update(version.to_le_bytes())
        .chain_update(options.kept.to_le_bytes())
        .chain_update(
            embedder
                .map(|embedder| *embedder.digest())
                .unwrap_or_default(),
        );
    for part in [examples, validation] {
        hash.update(part.len().to_le_bytes());
        for example in part {
            for text in [&example.text, &example.intent] {
                hash.update(text.len().to_le_bytes());
                hash.update(text);
            }
            hash.update(example.weight.to_le_bytes());
        }
    }
    HEXLOWER.encode(&hash.finalize())
}

/// The bytes of a classifier.
pub(super) fn save(classifier: &Classifier, key: String) -> Result<Vec<u8>, SafeTensorError> {
    let Classifier {
        intents,
        featurer,
        learnt: Learnt { weights, nearest },
        calibration,
    } = classifier;
    let (hashes, rarities) = featurer.vocabulary().entries();
    let calibration = [calibration.sharpness, calibration.threshold];
    let tensors = [
        (WEIGHTS, Dtype::F32, floats(&weights.values)),
        (CALIBRATION, Dtype::F32, floats(&calibration)),
        (HASHES, Dtype::U64, integers(hashes.into_iter())),
        (RARITIES, Dtype::F32, floats(&rarities)),
        (
            ENDS,
            Dtype::U64,
            integers(nearest.ends.iter().map(|end| *end as u64)),
        ),
        (
            VALUES,
            Dtype::I8,
            nearest
                .values
                .iter()
                .map(|value| value.cast_unsigned())
                .collect(),
        ),
        (SCALES, Dtype::F32, floats(&nearest.scales)),
    ];
    let views = tensors
        .iter()
        .map(|(name, kind, bytes)| {
            let length = 8 * bytes.len() / kind.bitsize();
            Ok((*name, TensorView::new(*kind, vec![length], bytes)?))
        })
        .collect::<Result<Vec<_>, SafeTensorError>>()?;
    let about = HashMap::from([(KEY.into(), key), (INTENTS.into(), intents.join(SEPARATOR))]);
    serialize(views, Some(about))
}

/// The classifier in `bytes`, if it was saved with `key`.
pub(super) fn restore(
    bytes: &[u8],
    key: &str,
    embedder: Option<Arc<Embedder>>,
) -> Option<Classifier> {
    let (_, about) = SafeTensors::read_metadata(bytes).ok()?;
    let about = about.metadata().as_ref()?;
    if about.get(KEY)? != key {
        return None;
    }
    let tensors = SafeTensors::deserialize(bytes).ok()?;
    let floats = |name| {
        let (values, _) = data(&tensors, name, Dtype::F32)?.as_chunks();
        Some(
            values
                .iter()
                .copied()
                .map(f32::from_le_bytes)
                .collect::<Vec<_>>(),
        )
    };
    let integers = |name| {
        let (values, _) = data(&tensors, name, Dtype::U64)?.as_chunks();
        Some(values.iter().copied().map(u64::from_le_bytes))
    };
    let &[sharpness, threshold] = floats(CALIBRATION)?.as_slice() else {
        return None;
    };
    let intents: Vec<String> = about
        .get(INTENTS)?
        .split(SEPARATOR)
        .map(String::from)
        .collect();
    let vocabulary = Vocabulary::from_entries(integers(HASHES)?, &floats(RARITIES)?)?;
    let featurer = Featurer::from_vocabulary(vocabulary, embedder);
    let weights = Weights {
        size: featurer.size(intents.len()),
        values: floats(WEIGHTS)?,
    };
    let nearest = nearest::Examples {
        ends: integers(ENDS)?.map(|end| end as usize).collect(),
        values: data(&tensors, VALUES, Dtype::I8)?
            .iter()
            .map(|byte| byte.cast_signed())
            .collect(),
        scales: floats(SCALES)?,
    };
    let sound = weights.values.len() == weights.size.weights() && nearest.is_sound(intents.len());
    sound.then_some(Classifier {
        intents,
        featurer,
        learnt: Learnt { weights, nearest },
        calibration: Calibration {
            sharpness,
            threshold,
        },
    })
}

fn data<'a>(tensors: &SafeTensors<'a>, name: &str, kind: Dtype) -> Option<&'a [u8]> {
    let tensor = tensors.tensor(name).ok()?;
    (tensor.dtype() == kind).then(|| tensor.data())
}

fn integers(values: impl Iterator<Item = u64>) -> Vec<u8> {
    values.flat_map(u64::to_le_bytes).collect()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static SAVED: LazyLock<Vec<u8>> = LazyLock::new(|| save(&trained(), "key".into()).unwrap());

    fn examples() -> Vec<Example> {
        vec![
            Example::new("what time is it", "time"),
            Example::new("a joke", "joke"),
        ]
    }

    fn trained() -> Classifier {
        Classifier::train(&examples(), &[], None, None, &Options::default()).unwrap()
    }

    #[test]
    fn what_was_saved_answers_the_same() {
        let classifier = trained();
        let again = restore(&SAVED, "key", None).unwrap();
        for text in ["time", "tell me a joke", "", "zzz"] {
            assert_eq!(again.classify(text), classifier.classify(text));
        }
        assert!(restore(&SAVED, "another key", None).is_none());
    }

    #[test]
    fn a_classifier_of_another_version_is_not_taken() {
        let options = Options::default();
        let key = |version| key_of_version(version, &examples(), &[], None, &options);
        let old = save(&trained(), key(VERSION - 1)).unwrap();
        assert!(restore(&old, &key(VERSION - 1), None).is_some());
        assert!(restore(&old, &super::key(&examples(), &[], None, &options), None).is_none());
    }

    #[test]
    fn whatever_goes_into_a_classifier_changes_its_key() {
        let options = Options::default();
        let one = key(&examples(), &[], None, &options);
        assert_eq!(one, key(&examples(), &[], None, &options));
        let mut heavier = examples();
        heavier[0].weight = 2.0;
        let lax = Options { kept: 0.99 };
        for other in [
            key(&heavier, &[], None, &options),
            key(&examples()[..1], &examples()[1..], None, &options),
            key(&examples(), &[], None, &lax),
        ] {
            assert_ne!(one, other);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = SAVED.clone();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Some(classifier) = restore(&bytes, "key", None) {
                let _ = classifier.classify("what time is it");
            }
            prop_assert!(restore(&bytes[..at], "key", None).is_none());
        }
    }
}
