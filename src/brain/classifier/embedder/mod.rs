//! What a sentence means, as numbers: MiniLM-L6 (Reimers and Gurevych 2019; Wang et al. 2020).

mod encoder;
mod linear;
mod maths;
#[cfg(test)]
mod reference;
mod weights;

use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use safetensors::SafeTensorError;
use sha2::{Digest as _, Sha256};
use tokenizers::Tokenizer;

use encoder::Encoder;
use weights::Weights;

/// The name of the sentence model's file in a models folder.
pub const MODEL_FILE: &str = "minilm-l6-q8.safetensors";

/// Tokens of a sentence that are looked at, its two marks included; what is more is left out. The
/// model was tuned on so many.
pub const MAX_TOKENS: usize = 128;

/// Characters of a sentence that are looked at; what is more is left out.
const MAX_CHARS: usize = 2_000;

/// Tokens of a batch: enough for the weights to be read seldom, few enough to stay in a core's cache.
const BATCH_TOKENS: usize = 128;

/// Layers whose averages make up an embedding, counted from 0.
const USED_LAYERS: [usize; 3] = [3, 4, 5];

/// Turns sentences into vectors. Shared by threads.
pub struct Embedder {
    tokenizer: Tokenizer,
    encoder: Encoder,
    digest: [u8; 32],
    bytes: usize,
}

/// Why there are no embeddings. Each text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum EmbedderError {
    /// The file is not there or cannot be read.
    #[error("cannot read the sentence model `{}`: {source}; it comes with FAME: install it again, or see to its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file is too large to be a sentence model.
    #[error("the sentence model `{}` has {bytes} bytes, more than {most}; restore the one that comes with FAME", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest size that is read.
        most: u64,
    },
    /// The file is of another kind, or cut short.
    #[error("`{}` is no sentence model, or a part of one ({source}); restore the one that comes with FAME", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What its reader says.
        source: SafeTensorError,
    },
    /// The file is not the model that FAME knows.
    #[error("the sentence model `{}` is damaged: `{tensor}` {problem}; restore the one that comes with FAME", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The part.
        tensor: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The text cannot be cut into tokens.
    #[error(
        "the sentence model's tokenizer failed: {0}; restore the sentence model that comes with FAME"
    )]
    Tokenizer(tokenizers::Error),
    /// The system gives no threads.
    #[error(
        "the sentence model gets no threads: {0}; end other programs, or raise the limit on tasks"
    )]
    Threads(#[from] ThreadPoolBuildError),
}

impl Embedder {
    /// Values of an embedding.
    pub const WIDTH: usize = USED_LAYERS.len() * encoder::WIDTH;

    /// Loads the model from a file, or from the [`MODEL_FILE`] in a folder.
    pub fn load(path: &Path) -> Result<Self, EmbedderError> {
        let file = match path.is_dir() {
            true => path.join(MODEL_FILE),
            false => path.to_owned(),
        };
        let bytes = weights::read(&file)?;
        let weights = Weights::new(&file, &bytes)?;
        // Both take about as long, and FAME waits for them at start.
        let (encoder, tokenizer) = thread::scope(|scope| {
            let encoder = scope.spawn(|| Encoder::new(&weights));
            let tokenizer = weights.tokenizer().and_then(tokenizer);
            (
                encoder.join().unwrap_or_else(|panic| resume_unwind(panic)),
                tokenizer,
            )
        });
        Ok(Self {
            tokenizer: tokenizer?,
            encoder: encoder?,
            digest: Sha256::digest(&bytes).into(),
            bytes: bytes.len(),
        })
    }

    /// The SHA-256 of the model's file: embeddings of another one are of no use with this.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The size of the model's file, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The embeddings of `texts`, in their order: [`Embedder::WIDTH`] values each, the average of
    /// the tokens after each used layer, each of length 1. Many texts are worked on by all cores.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedderError> {
        let sentences = texts
            .iter()
            .map(|text| self.tokens(text))
            .collect::<Result<Vec<_>, _>>()?;
        let batches = batches(&sentences);
        let run = |batch: &Vec<usize>| {
            let tokens: Vec<&[u32]> = batch
                .iter()
                .map(|index| sentences[*index].as_slice())
                .collect();
            self.encoder.run(&tokens)
        };
        // A sentence alone is done on the calling thread: waking others takes longer.
        let layers: Vec<_> = if batches.len() < 2 {
            batches.iter().map(run).collect()
        } else {
            workers()?.install(|| batches.par_iter().map(run).collect())
        };
        let mut embeddings = vec![Vec::new(); texts.len()];
        for (batch, layers) in batches.iter().zip(layers) {
            for (row, index) in batch.iter().enumerate() {
                embeddings[*index] = join(&layers, row);
            }
        }
        Ok(embeddings)
    }

    fn tokens(&self, text: &str) -> Result<Vec<u32>, EmbedderError> {
        let end = text.char_indices().nth(MAX_CHARS).map(|(at, _)| at);
        let encoding = self
            .tokenizer
            .encode_fast(&text[..end.unwrap_or(text.len())], true)
            .map_err(EmbedderError::Tokenizer)?;
        let mut tokens = encoding.get_ids().to_vec();
        if let Some(end) = tokens.last().copied().filter(|_| tokens.len() > MAX_TOKENS) {
            tokens.truncate(MAX_TOKENS - 1);
            tokens.push(end);
        }
        Ok(tokens)
    }
}

/// A thread for each core.
fn workers() -> Result<ThreadPool, EmbedderError> {
    let builder = ThreadPoolBuilder::new();
    Ok(builder
        .thread_name(|index| format!("fame-embedder-{index}"))
        .build()?)
}

/// A tokenizer that neither pads nor cuts: sentences are batched without padding and cut by
/// [`Embedder`].
fn tokenizer(bytes: &[u8]) -> Result<Tokenizer, EmbedderError> {
    let mut tokenizer = Tokenizer::from_bytes(bytes).map_err(EmbedderError::Tokenizer)?;
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(None)
        .map_err(EmbedderError::Tokenizer)?;
    Ok(tokenizer)
}

/// Groups of sentences that are worked on at once, alike in length and of [`BATCH_TOKENS`] at
/// most, as indices.
fn batches(sentences: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    order.sort_by_key(|index| sentences[*index].len());
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut tokens = usize::MAX;
    for index in order {
        let length = sentences[index].len();
        match batches.last_mut() {
            Some(batch) if tokens + length <= BATCH_TOKENS => {
                batch.push(index);
                tokens += length;
            }
            _ => {
                batches.push(vec![index]);
                tokens = length;
            }
        }
    }
    batches
}

/// The used layers' averages of one sentence, each scaled to length 1.
fn join(layers: &[Vec<f32>], row: usize) -> Vec<f32> {
    let mut joined = Vec::with_capacity(Embedder::WIDTH);
    for layer in USED_LAYERS {
        let average = &layers[layer][row * encoder::WIDTH..][..encoder::WIDTH];
        let length = average
            .iter()
            .map(|value| value * value)
            .sum::<f32>()
            .sqrt();
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        joined.extend(average.iter().map(|value| value * scale));
    }
    joined
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;
    use std::sync::LazyLock;

    use super::*;

    static EMBEDDER: LazyLock<Embedder> = LazyLock::new(|| Embedder::load(&models()).unwrap());

    fn models() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models")
    }

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    /// The cosine of the last layer's averages, which is what the model was made for.
    fn likeness(a: &str, b: &str) -> f32 {
        let made = EMBEDDER.embed(&[a, b]).unwrap();
        let last = Embedder::WIDTH - encoder::WIDTH;
        dot(&made[0][last..], &made[1][last..])
    }

    #[test]
    fn likeness_is_that_of_the_published_model() {
        // Computed with PyTorch from the weights in 16 bits.
        let known = [
            ("what time is it", "tell me the hour", 0.654),
            ("what time is it", "play some jazz", 0.125),
            ("turn the volume up", "make it louder", 0.617),
            ("I'm from Zürich", "ich komme aus der Schweiz!", 0.324),
        ];
        for (a, b, expected) in known {
            let found = likeness(a, b);
            assert!(
                (found - expected).abs() < 0.01,
                "{a}, {b}: {found}, not {expected}"
            );
        }
    }

    #[test]
    fn the_encoder_does_what_its_paper_says() {
        let bytes = weights::read(&models().join(MODEL_FILE)).unwrap();
        let weights = Weights::new(Path::new(MODEL_FILE), &bytes).unwrap();
        let long = "and then ".repeat(15);
        for text in [
            "",
            "stop",
            "what time is it in tokyo",
            "I'm from Zürich, you know!",
            &long,
        ] {
            let tokens = EMBEDDER.tokens(text).unwrap();
            let expected = reference::run(&weights, &tokens).unwrap();
            let found = EMBEDDER.encoder.run(&[&tokens]);
            for (layer, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let off = found.iter().zip(expected);
                let off = off.map(|(a, b)| (f64::from(*a) - b).abs());
                let off = off.fold(0.0, f64::max);
                assert!(off < 2e-3, "{text}, layer {layer}: {off}");
            }
        }
    }

    #[test]
    fn a_sentence_is_the_same_alone_and_among_others() {
        let long = "and then ".repeat(30);
        let texts = ["hi", "what time is it in tokyo", "", &long, "hi", "stop"];
        let together = EMBEDDER.embed(&texts).unwrap();
        for (text, made) in texts.iter().zip(&together) {
            assert_eq!(made.len(), Embedder::WIDTH);
            let alone = EMBEDDER.embed(&[text]).unwrap().remove(0);
            let off = alone.iter().zip(made).map(|(a, b)| (a - b).abs());
            assert!(off.fold(0.0, f32::max) < 1e-5, "{text}");
        }
        assert_eq!(together[0], together[4]);
    }

    #[test]
    fn every_layer_has_length_one() {
        for layer in EMBEDDER.embed(&["what time is it"]).unwrap()[0].chunks(encoder::WIDTH) {
            assert!((dot(layer, layer) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn a_long_text_is_cut_and_ends_as_it_should() {
        let tokens = EMBEDDER.tokens(&"word ".repeat(1_000)).unwrap();
        assert_eq!(tokens.len(), MAX_TOKENS);
        assert_eq!(tokens.last(), EMBEDDER.tokens("word").unwrap().last());
        assert!(EMBEDDER.embed(&[&"word ".repeat(1_000)]).is_ok());
    }

    #[test]
    fn batches_hold_every_sentence_once_and_no_more_than_they_may() {
        let lengths = [3, 128, 5, 5, 128, 128, 128, 128, 40];
        let sentences: Vec<Vec<u32>> = lengths.iter().map(|length| vec![0; *length]).collect();
        let batches = batches(&sentences);
        let tokens = |batch: &Vec<usize>| batch.iter().map(|index| lengths[*index]).sum::<usize>();
        assert!(batches.iter().all(|batch| tokens(batch) <= BATCH_TOKENS));
        let mut all = batches.concat();
        all.sort_unstable();
        assert_eq!(all, (0..lengths.len()).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_that_is_no_model_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MODEL_FILE);
        let error = |path: &Path| Embedder::load(path).err().unwrap();
        assert!(matches!(
            error(folder.path()),
            EmbedderError::Unreadable { .. }
        ));
        fs::write(&path, "no model").unwrap();
        assert!(matches!(
            error(folder.path()),
            EmbedderError::Foreign { .. }
        ));
        let whole = fs::read(models().join(MODEL_FILE)).unwrap();
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(matches!(
            error(folder.path()),
            EmbedderError::Foreign { .. }
        ));
        let header = r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
        let mut other = (header.len() as u64).to_le_bytes().to_vec();
        other.extend(header.bytes().chain([0]));
        fs::write(&path, other).unwrap();
        let error = error(folder.path()).to_string();
        assert!(error.contains("`tokenizer.json` is missing"), "{error}");
    }
}
