//! The sentence model's file: one safetensors file that holds the weights and the tokenizer.
//!
//! Matrices are kept as rows of int8 with a scale for each row (`NAME.scale`), vectors as f32. The
//! recipe is `models/minilm-l6/quantize.py`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};

use super::EmbedderError;
use super::linear::Linear;

/// The largest file that is read, in bytes. The bundled one has 23 MB.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The tensor that holds `tokenizer.json`.
const TOKENIZER: &str = "tokenizer.json";

/// The bytes of a model file, looked at tensor by tensor.
pub(super) struct Weights<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
}

/// A table whose rows are made into f32 when they are looked up.
pub(super) struct Table {
    values: Vec<i8>,
    scales: Vec<f32>,
    width: usize,
}

/// All bytes of the file at `path`.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, EmbedderError> {
    let unreadable = |source| EmbedderError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length > MAX_FILE_BYTES {
        return Err(EmbedderError::TooLarge {
            path: path.to_owned(),
            bytes: length,
            most: MAX_FILE_BYTES,
        });
    }
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(MAX_FILE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

impl<'a> Weights<'a> {
    /// Reads the table of contents of `bytes`, which came from `path`.
    pub(super) fn new(path: &'a Path, bytes: &'a [u8]) -> Result<Self, EmbedderError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|source| EmbedderError::Foreign {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self { path, tensors })
    }

    /// The tokenizer's own file.
    pub(super) fn tokenizer(&self) -> Result<&'a [u8], EmbedderError> {
        self.data(TOKENIZER, Dtype::U8, None)
    }

    /// A vector of `length` values.
    pub(super) fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, EmbedderError> {
        let (values, _) = self.data(name, Dtype::F32, Some(&[length]))?.as_chunks();
        Ok(values.iter().copied().map(f32::from_le_bytes).collect())
    }

    /// A table of `rows` rows of `width` values, kept small.
    pub(super) fn table(
        &self,
        name: &str,
        rows: usize,
        width: usize,
    ) -> Result<Table, EmbedderError> {
        let data = self.data(name, Dtype::I8, Some(&[rows, width]))?;
        Ok(Table {
            values: data.iter().map(|byte| byte.cast_signed()).collect(),
            scales: self.vector(&format!("{name}.scale"), rows)?,
            width,
        })
    }

    /// The matrices `NAME.weight` for `names`, each of `outputs` rows and `inputs` columns, one
    /// below the other, and the vectors `NAME.bias` that go with them.
    pub(super) fn linear(
        &self,
        names: &[String],
        outputs: usize,
        inputs: usize,
    ) -> Result<Linear, EmbedderError> {
        let (mut rows, mut scales, mut bias) = (Vec::new(), Vec::new(), Vec::new());
        for name in names {
            let table = self.table(&format!("{name}.weight"), outputs, inputs)?;
            rows.extend(table.values);
            scales.extend(table.scales);
            bias.extend(self.vector(&format!("{name}.bias"), outputs)?);
        }
        Ok(Linear::new(inputs, &rows, scales, bias))
    }

    fn data(
        &self,
        name: &str,
        kind: Dtype,
        shape: Option<&[usize]>,
    ) -> Result<&'a [u8], EmbedderError> {
        let unusable = |problem| EmbedderError::Damaged {
            path: PathBuf::from(self.path),
            tensor: name.to_owned(),
            problem,
        };
        let tensor = self
            .tensors
            .tensor(name)
            .map_err(|_| unusable("is missing"))?;
        if tensor.dtype() != kind {
            return Err(unusable("is of another type"));
        }
        if shape.is_some_and(|shape| tensor.shape() != shape) {
            return Err(unusable("is of another size"));
        }
        Ok(tensor.data())
    }
}

impl Table {
    /// The values of a row; a row past the end is that of the last one.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = f32> {
        let row = row.min(self.scales.len().saturating_sub(1));
        let scale = self.scales[row];
        self.values[row * self.width..][..self.width]
            .iter()
            .map(move |value| f32::from(*value) * scale)
    }
}
