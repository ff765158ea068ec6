//! The encoder of MiniLM: BERT (Devlin et al. 2019) of six layers, after their layer norms.
//!
//! The tokens of a batch lie one after the other, without padding: everything but attention works
//! on tokens alone, and attention is done sentence by sentence. So there is no mask to get wrong,
//! and no work on padding. It is written out here, on one thread, because a sentence is small:
//! a tensor library spends most of its time between the products.

use super::linear::Linear;
use super::maths::{Norm, attend, gelu};
use super::weights::{Table, Weights};
use super::{EmbedderError, MAX_TOKENS};

/// Values of a token.
pub(super) const WIDTH: usize = 384;

/// Layers of the encoder.
pub(super) const LAYERS: usize = 6;

pub(super) const VOCABULARY: usize = 30_522;
pub(super) const HEAD_WIDTH: usize = 32;
pub(super) const INNER_WIDTH: usize = 4 * WIDTH;
pub(super) const TOKEN_TYPES: usize = 2;

/// The encoder's weights.
pub(super) struct Encoder {
    words: Table,
    /// Position and token type 0, summed, for each position.
    places: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    /// Query, key and value, side by side.
    project: Linear,
    attended: Linear,
    attended_norm: Norm,
    widen: Linear,
    narrow: Linear,
    narrow_norm: Norm,
}

impl Encoder {
    pub(super) fn new(weights: &Weights<'_>) -> Result<Self, EmbedderError> {
        let positions =
            weights.table("embeddings.position_embeddings.weight", MAX_TOKENS, WIDTH)?;
        let types = weights.table(
            "embeddings.token_type_embeddings.weight",
            TOKEN_TYPES,
            WIDTH,
        )?;
        let places = (0..MAX_TOKENS)
            .flat_map(|place| positions.row(place).zip(types.row(0)).map(|(a, b)| a + b))
            .collect();
        let layers = (0..LAYERS).map(|layer| Layer::new(weights, layer));
        Ok(Self {
            words: weights.table("embeddings.word_embeddings.weight", VOCABULARY, WIDTH)?,
            places,
            norm: norm(weights, "embeddings.LayerNorm")?,
            layers: layers.collect::<Result<_, _>>()?,
        })
    }

    /// What each layer makes of the tokens of some sentences, averaged over each sentence: a
    /// matrix of `sentences.len()` rows for each layer, the last layer last.
    pub(super) fn run(&self, sentences: &[&[u32]]) -> Vec<Vec<f32>> {
        let lengths: Vec<usize> = sentences.iter().map(|tokens| tokens.len()).collect();
        let mut tokens = self.embed(sentences);
        let averages = self.layers.iter().map(|layer| {
            layer.apply(&mut tokens, &lengths);
            average(&tokens, &lengths)
        });
        averages.collect()
    }

    fn embed(&self, sentences: &[&[u32]]) -> Vec<f32> {
        let count: usize = sentences.iter().map(|tokens| tokens.len()).sum();
        let mut tokens = Vec::with_capacity(count * WIDTH);
        for sentence in sentences {
            for (token, place) in sentence.iter().zip(self.places.chunks_exact(WIDTH)) {
                let word = self.words.row(*token as usize);
                tokens.extend(word.zip(place).map(|(word, place)| word + place));
            }
        }
        self.norm.apply(&mut tokens);
        tokens
    }
}

impl Layer {
    fn new(weights: &Weights<'_>, layer: usize) -> Result<Self, EmbedderError> {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let attention =
            ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        let linear = |part: &str, outputs, inputs| weights.linear(&[name(part)], outputs, inputs);
        Ok(Self {
            project: weights.linear(&attention, WIDTH, WIDTH)?,
            attended: linear("attention.output.dense", WIDTH, WIDTH)?,
            attended_norm: norm(weights, &name("attention.output.LayerNorm"))?,
            widen: linear("intermediate.dense", INNER_WIDTH, WIDTH)?,
            narrow: linear("output.dense", WIDTH, INNER_WIDTH)?,
            narrow_norm: norm(weights, &name("output.LayerNorm"))?,
        })
    }

    fn apply(&self, tokens: &mut [f32], lengths: &[usize]) {
        let attended = attend_all(&self.project.apply(tokens), lengths);
        self.attended_norm
            .add_and_apply(tokens, &self.attended.apply(&attended));
        let mut inner = self.widen.apply(tokens);
        gelu(&mut inner);
        self.narrow_norm
            .add_and_apply(tokens, &self.narrow.apply(&inner));
    }
}

fn norm(weights: &Weights<'_>, name: &str) -> Result<Norm, EmbedderError> {
    let vector = |part: &str| weights.vector(&format!("{name}.{part}"), WIDTH);
    Ok(Norm {
        weight: vector("weight")?,
        bias: vector("bias")?,
    })
}

/// Attention within each sentence.
fn attend_all(projected: &[f32], lengths: &[usize]) -> Vec<f32> {
    let mut attended = vec![0.0; projected.len() / 3];
    let (mut from, mut into) = (projected, attended.as_mut_slice());
    for length in lengths {
        let (sentence, attended);
        (sentence, from) = from.split_at(length * 3 * WIDTH);
        (attended, into) = into.split_at_mut(length * WIDTH);
        for first in (0..WIDTH).step_by(HEAD_WIDTH) {
            attend::<HEAD_WIDTH>(sentence, attended, WIDTH, first);
        }
    }
    attended
}

/// The mean of the tokens of each sentence, a row of [`WIDTH`] values each.
fn average(tokens: &[f32], lengths: &[usize]) -> Vec<f32> {
    let mut averages = vec![0.0; lengths.len() * WIDTH];
    let mut tokens = tokens.chunks_exact(WIDTH);
    for (length, average) in lengths.iter().zip(averages.chunks_exact_mut(WIDTH)) {
        for token in tokens.by_ref().take(*length) {
            for (sum, value) in average.iter_mut().zip(token) {
                *sum += value / *length as f32;
            }
        }
    }
    averages
}
