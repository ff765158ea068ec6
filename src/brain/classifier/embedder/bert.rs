//! The encoder of MiniLM: BERT (Devlin et al. 2019) of six layers, after their layer norms.
//!
//! The tokens of a batch lie one after the other, without padding: everything but attention works
//! on tokens alone, and attention is done sentence by sentence. So there is no mask to get wrong,
//! and no work on padding.

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};

use super::weights::{PANEL, Table, Weights};
use super::{EmbedderError, MAX_TOKENS};

/// Values of a token.
pub(super) const WIDTH: usize = 384;

/// Layers of the encoder.
pub(super) const LAYERS: usize = 6;

const VOCABULARY: usize = 30_522;
const HEADS: usize = 12;
const HEAD_WIDTH: usize = WIDTH / HEADS;
const INNER_WIDTH: usize = 4 * WIDTH;
const TOKEN_TYPES: usize = 2;
const LAYER_NORM_EPSILON: f32 = 1e-12;

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
    attend: Linear,
    attended: Linear,
    attended_norm: Norm,
    widen: Linear,
    narrow: Linear,
    narrow_norm: Norm,
}

struct Linear {
    /// Panels, inputs, outputs of a panel.
    weight: Tensor,
    /// Panels, 1, outputs of a panel.
    bias: Tensor,
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
}

impl Encoder {
    pub(super) fn new(weights: &Weights<'_>) -> std::result::Result<Self, EmbedderError> {
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
            norm: Norm::new(weights, "embeddings.LayerNorm")?,
            layers: layers.collect::<std::result::Result<_, _>>()?,
        })
    }

    /// What each layer makes of the tokens of some sentences, averaged over each sentence: a
    /// matrix of `sentences.len()` rows for each layer, the last layer last.
    pub(super) fn run(&self, sentences: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let lengths: Vec<usize> = sentences.iter().map(|tokens| tokens.len()).collect();
        let mut x = self.norm.apply(&self.embed(sentences)?)?;
        let mut averages = Vec::with_capacity(LAYERS);
        for layer in &self.layers {
            x = layer.apply(&x, &lengths)?;
            averages.push(average(&x.flatten_all()?.to_vec1()?, &lengths));
        }
        Ok(averages)
    }

    fn embed(&self, sentences: &[&[u32]]) -> Result<Tensor> {
        let tokens: usize = sentences.iter().map(|tokens| tokens.len()).sum();
        let mut values = Vec::with_capacity(tokens * WIDTH);
        for sentence in sentences {
            for (token, place) in sentence.iter().zip(self.places.chunks_exact(WIDTH)) {
                let word = self.words.row(*token as usize);
                values.extend(word.zip(place).map(|(word, place)| word + place));
            }
        }
        Tensor::from_vec(values, (tokens, WIDTH), &Device::Cpu)
    }
}

impl Layer {
    fn new(weights: &Weights<'_>, layer: usize) -> std::result::Result<Self, EmbedderError> {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let attention =
            ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        let linear =
            |part: &str, outputs, inputs| Linear::new(weights, &[name(part)], outputs, inputs);
        Ok(Self {
            attend: Linear::new(weights, &attention, WIDTH, WIDTH)?,
            attended: linear("attention.output.dense", WIDTH, WIDTH)?,
            attended_norm: Norm::new(weights, &name("attention.output.LayerNorm"))?,
            widen: linear("intermediate.dense", INNER_WIDTH, WIDTH)?,
            narrow: linear("output.dense", WIDTH, INNER_WIDTH)?,
            narrow_norm: Norm::new(weights, &name("output.LayerNorm"))?,
        })
    }

    fn apply(&self, x: &Tensor, lengths: &[usize]) -> Result<Tensor> {
        let attended = attend(&self.attend.apply(x)?, lengths)?;
        let x = self
            .attended_norm
            .apply(&(x + self.attended.apply(&attended)?)?)?;
        let inner = self.widen.apply(&x)?.gelu_erf()?;
        self.narrow_norm.apply(&(&x + self.narrow.apply(&inner)?)?)
    }
}

impl Linear {
    fn new(
        weights: &Weights<'_>,
        names: &[String],
        outputs: usize,
        inputs: usize,
    ) -> std::result::Result<Self, EmbedderError> {
        let rows = names.len() * outputs;
        let mut bias = Vec::with_capacity(rows);
        for name in names {
            bias.extend(weights.vector(&format!("{name}.bias"), outputs)?);
        }
        let names: Vec<String> = names.iter().map(|name| format!("{name}.weight")).collect();
        Ok(Self {
            weight: weights.panels(&names, outputs, inputs)?,
            bias: Tensor::from_vec(bias, (rows / PANEL, 1, PANEL), &Device::Cpu)?,
        })
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let (panels, inputs, _) = self.weight.dims3()?;
        let tokens = x.dim(0)?;
        x.expand((panels, tokens, inputs))?
            .matmul(&self.weight)?
            .broadcast_add(&self.bias)?
            .transpose(0, 1)?
            .reshape((tokens, panels * PANEL))
    }
}

impl Norm {
    fn new(weights: &Weights<'_>, name: &str) -> std::result::Result<Self, EmbedderError> {
        let vector = |part: &str| weights.vector(&format!("{name}.{part}"), WIDTH);
        Ok(Self {
            weight: Tensor::new(vector("weight")?, &Device::Cpu)?,
            bias: Tensor::new(vector("bias")?, &Device::Cpu)?,
        })
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &self.weight, &self.bias, LAYER_NORM_EPSILON)
    }
}

/// Attention within each sentence; `projected` holds query, key and value side by side.
fn attend(projected: &Tensor, lengths: &[usize]) -> Result<Tensor> {
    let mut attended = Vec::with_capacity(lengths.len());
    let mut start = 0;
    for length in lengths {
        let part = |index: usize| {
            projected
                .narrow(0, start, *length)?
                .narrow(1, index * WIDTH, WIDTH)?
                .reshape((*length, HEADS, HEAD_WIDTH))?
                .transpose(0, 1)?
                .contiguous()
        };
        let (query, key, value) = (part(0)?, part(1)?, part(2)?);
        let scores = (query.matmul(&key.t()?)? / (HEAD_WIDTH as f64).sqrt())?;
        let mixed = softmax_last_dim(&scores)?.matmul(&value)?;
        attended.push(mixed.transpose(0, 1)?.reshape((*length, WIDTH))?);
        start += length;
    }
    Tensor::cat(&attended, 0)
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
