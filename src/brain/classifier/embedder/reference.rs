//! The encoder in the terms of a tensor library, in 32 bits: what the one that is used is held to.

use candle_core::{Device, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};

use super::encoder::{HEAD_WIDTH, INNER_WIDTH, LAYERS, TOKEN_TYPES, VOCABULARY, WIDTH};
use super::weights::Weights;
use super::{EmbedderError, MAX_TOKENS};

/// What each layer makes of the tokens of a sentence, averaged.
pub(super) fn run(weights: &Weights<'_>, tokens: &[u32]) -> Result<Vec<Vec<f32>>> {
    let model = Model(weights);
    let count = tokens.len();
    let words = model.matrix("embeddings.word_embeddings.weight", VOCABULARY, WIDTH)?;
    let places = model.matrix("embeddings.position_embeddings.weight", MAX_TOKENS, WIDTH)?;
    let types = model.matrix(
        "embeddings.token_type_embeddings.weight",
        TOKEN_TYPES,
        WIDTH,
    )?;
    let words = words.index_select(&Tensor::new(tokens, &Device::Cpu)?, 0)?;
    let summed = (words + places.narrow(0, 0, count)?)?.broadcast_add(&types.get(0)?)?;
    let mut x = model.norm(&summed, "embeddings.LayerNorm")?;
    let mut averages = Vec::new();
    for layer in 0..LAYERS {
        x = model.layer(&x, &format!("encoder.layer.{layer}"))?;
        averages.push(x.mean(0)?.to_vec1()?);
    }
    Ok(averages)
}

struct Model<'a>(&'a Weights<'a>);

impl Model<'_> {
    fn layer(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        let heads = |part: &str| {
            self.linear(x, &format!("{name}.attention.self.{part}"), WIDTH, WIDTH)?
                .reshape((x.dim(0)?, WIDTH / HEAD_WIDTH, HEAD_WIDTH))?
                .transpose(0, 1)?
                .contiguous()
        };
        let (query, key, value) = (heads("query")?, heads("key")?, heads("value")?);
        let scores = (query.matmul(&key.t()?)? / (HEAD_WIDTH as f64).sqrt())?;
        let mixed = softmax_last_dim(&scores)?.matmul(&value)?;
        let mixed = mixed.transpose(0, 1)?.reshape(x.shape())?;
        let dense = |x: &Tensor, part: &str, outputs, inputs| {
            self.linear(x, &format!("{name}.{part}"), outputs, inputs)
        };
        let attended = dense(&mixed, "attention.output.dense", WIDTH, WIDTH)?;
        let x = self.norm(
            &(x + attended)?,
            &format!("{name}.attention.output.LayerNorm"),
        )?;
        let inner = dense(&x, "intermediate.dense", INNER_WIDTH, WIDTH)?.gelu_erf()?;
        let inner = dense(&inner, "output.dense", WIDTH, INNER_WIDTH)?;
        self.norm(&(x + inner)?, &format!("{name}.output.LayerNorm"))
    }

    fn linear(&self, x: &Tensor, name: &str, outputs: usize, inputs: usize) -> Result<Tensor> {
        let weight = self.matrix(&format!("{name}.weight"), outputs, inputs)?;
        let bias = self.vector(&format!("{name}.bias"), outputs)?;
        x.matmul(&weight.t()?)?.broadcast_add(&bias)
    }

    fn norm(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        let weight = self.vector(&format!("{name}.weight"), WIDTH)?;
        let bias = self.vector(&format!("{name}.bias"), WIDTH)?;
        layer_norm(x, &weight, &bias, 1e-12)
    }

    fn matrix(&self, name: &str, rows: usize, width: usize) -> Result<Tensor> {
        let table = self.0.table(name, rows, width).map_err(wrap)?;
        let values: Vec<f32> = (0..rows).flat_map(|row| table.row(row)).collect();
        Tensor::from_vec(values, (rows, width), &Device::Cpu)
    }

    fn vector(&self, name: &str, length: usize) -> Result<Tensor> {
        Tensor::new(self.0.vector(name, length).map_err(wrap)?, &Device::Cpu)
    }
}

fn wrap(error: EmbedderError) -> candle_core::Error {
    candle_core::Error::wrap(error)
}
