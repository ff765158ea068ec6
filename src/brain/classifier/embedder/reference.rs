//! The encoder as its paper has it, step by step in 64 bits: what the fast one is held to.

use super::encoder::{HEAD_WIDTH, INNER_WIDTH, LAYERS, TOKEN_TYPES, VOCABULARY, WIDTH};
use super::weights::Weights;
use super::{EmbedderError, MAX_TOKENS};

/// Tokens, a row of values each.
type Rows = Vec<Vec<f64>>;

/// What each layer makes of the tokens of a sentence, averaged.
pub(super) fn run(weights: &Weights<'_>, tokens: &[u32]) -> Result<Rows, EmbedderError> {
    let model = Model(weights);
    let words = weights.table("embeddings.word_embeddings.weight", VOCABULARY, WIDTH)?;
    let places = weights.table("embeddings.position_embeddings.weight", MAX_TOKENS, WIDTH)?;
    let types = weights.table(
        "embeddings.token_type_embeddings.weight",
        TOKEN_TYPES,
        WIDTH,
    )?;
    let rows = tokens.iter().enumerate().map(|(place, token)| {
        let parts = words.row(*token as usize).zip(places.row(place));
        let parts = parts.zip(types.row(0));
        parts
            .map(|((word, place), kind)| f64::from(word) + f64::from(place) + f64::from(kind))
            .collect()
    });
    let mut x = model.norm(rows.collect(), "embeddings.LayerNorm")?;
    let mut averages = Rows::new();
    for layer in 0..LAYERS {
        x = model.layer(&x, &format!("encoder.layer.{layer}"))?;
        let sum = |column: usize| x.iter().map(|row| row[column]).sum::<f64>();
        averages.push((0..WIDTH).map(|at| sum(at) / x.len() as f64).collect());
    }
    Ok(averages)
}

struct Model<'a>(&'a Weights<'a>);

impl Model<'_> {
    fn layer(&self, x: &Rows, name: &str) -> Result<Rows, EmbedderError> {
        let part = |part: &str| format!("{name}.{part}");
        let project = |of: &str| self.linear(x, &part(&format!("attention.self.{of}")), WIDTH);
        let (query, key, value) = (project("query")?, project("key")?, project("value")?);
        let mixed: Rows = query
            .iter()
            .map(|query| attend(query, &key, &value))
            .collect();
        let attended = self.linear(&mixed, &part("attention.output.dense"), WIDTH)?;
        let x = self.norm(sum(x, &attended), &part("attention.output.LayerNorm"))?;
        let mut inner = self.linear(&x, &part("intermediate.dense"), INNER_WIDTH)?;
        for value in inner.iter_mut().flatten() {
            *value *= 0.5 * (1.0 + erf(*value / 2.0_f64.sqrt()));
        }
        let inner = self.linear(&inner, &part("output.dense"), WIDTH)?;
        self.norm(sum(&x, &inner), &part("output.LayerNorm"))
    }

    fn linear(&self, x: &Rows, name: &str, outputs: usize) -> Result<Rows, EmbedderError> {
        let inputs = x.first().map_or(0, Vec::len);
        let table = self.0.table(&format!("{name}.weight"), outputs, inputs)?;
        let bias = self.0.vector(&format!("{name}.bias"), outputs)?;
        let weights: Rows = (0..outputs)
            .map(|output| table.row(output).map(f64::from).collect())
            .collect();
        let product = |row: &Vec<f64>| {
            let outputs = weights.iter().zip(&bias);
            outputs
                .map(|(weights, bias)| dot(weights, row) + f64::from(*bias))
                .collect()
        };
        Ok(x.iter().map(product).collect())
    }

    fn norm(&self, mut x: Rows, name: &str) -> Result<Rows, EmbedderError> {
        let weight = self.0.vector(&format!("{name}.weight"), WIDTH)?;
        let bias = self.0.vector(&format!("{name}.bias"), WIDTH)?;
        for row in &mut x {
            let mean = row.iter().sum::<f64>() / WIDTH as f64;
            let squares = row.iter().map(|value| (value - mean).powi(2));
            let deviation = (squares.sum::<f64>() / WIDTH as f64 + 1e-12).sqrt();
            for (value, (weight, bias)) in row.iter_mut().zip(weight.iter().zip(&bias)) {
                *value = (*value - mean) / deviation * f64::from(*weight) + f64::from(*bias);
            }
        }
        Ok(x)
    }
}

/// What all heads make of the values for one query.
fn attend(query: &[f64], keys: &Rows, values: &Rows) -> Vec<f64> {
    let heads = (0..WIDTH).step_by(HEAD_WIDTH);
    heads
        .flat_map(|first| {
            let head = first..first + HEAD_WIDTH;
            let scores = keys.iter().map(|key| {
                let score = dot(&query[head.clone()], &key[head.clone()]);
                (score / (HEAD_WIDTH as f64).sqrt()).exp()
            });
            let scores: Vec<f64> = scores.collect();
            let whole: f64 = scores.iter().sum();
            head.map(move |column| {
                let shares = scores.iter().zip(values);
                shares
                    .map(|(score, value)| score * value[column])
                    .sum::<f64>()
                    / whole
            })
        })
        .collect()
}

fn sum(a: &Rows, b: &Rows) -> Rows {
    let rows = a.iter().zip(b);
    rows.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect())
        .collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The error function by its series of positive terms (Abramowitz and Stegun 1964, 7.1.6).
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= 2.0 * x * x / f64::from(2 * n + 1);
        sum += term;
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp()
}
