//! The layout of a whisper.cpp model file, walked from its first byte to its last.
//!
//! whisper.cpp trusts the file: a type number that it does not know is an assertion, a layer count
//! that it does not know is an exception, and a last tensor cut short is taken as whole. Everything
//! that it takes on trust is looked at here; the rest (names and shapes of tensors) it refuses by
//! itself, in good order.
//!
//! The file: magic, eleven hyperparameters, mel filters, the token table, then tensors to the end,
//! all in little-endian 32-bit numbers and without padding.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// `ggml`, read as a little-endian number.
const MAGIC: u32 = 0x6767_6d6c;
/// The longest token and the longest tensor name that a real file comes near to.
const LONGEST_NAME: u32 = 1024;
/// Dimensions that whisper.cpp has room for.
const MOST_DIMENSIONS: u32 = 4;
/// How much of the start is looked at to tell what a foreign file is.
const SNIFF_BYTES: usize = 512;

/// What a whisper.cpp file says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether the vocabulary is the English-only one.
    pub(super) english_only: bool,
}

/// Why a file is no model.
#[derive(Debug)]
pub(super) enum Flaw {
    /// Reading failed.
    Io(io::Error),
    /// It ends in the middle of something.
    CutShort,
    /// It is something else, named here for a sentence: "it is …".
    Foreign(&'static str),
    /// A number in it is impossible.
    Implausible {
        /// Which number.
        what: &'static str,
        /// Its value.
        value: u64,
    },
}

impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::CutShort,
            _ => Self::Io(error),
        }
    }
}

/// Walks through a model of `bytes` bytes.
pub(super) fn walk(file: &mut (impl BufRead + Seek), bytes: u64) -> Result<Header, Flaw> {
    if let Some(what) = foreign(file)? {
        return Err(Flaw::Foreign(what));
    }
    file.seek(SeekFrom::Start(4))?;
    let shape = Shape::read(file)?;
    skip_filters(file, bytes, shape.mel_bands)?;
    skip_tokens(file, shape.vocabulary)?;
    let mut tensors = 0;
    while file.stream_position()? < bytes {
        skip_tensor(file, bytes)?;
        tensors += 1;
        if tensors > shape.tensors() {
            return Err(Flaw::Implausible {
                what: "number of tensors",
                value: tensors,
            });
        }
    }
    if tensors < shape.tensors() {
        return Err(Flaw::CutShort);
    }
    Ok(Header {
        english_only: shape.vocabulary == ENGLISH_VOCABULARY,
    })
}

/// What the file is, if it is not a whisper.cpp model.
fn foreign(file: &mut (impl Read + Seek)) -> io::Result<Option<&'static str>> {
    let mut start = Vec::with_capacity(SNIFF_BYTES);
    file.take(SNIFF_BYTES as u64).read_to_end(&mut start)?;
    if start.starts_with(&MAGIC.to_le_bytes()) {
        return Ok(None);
    }
    let trimmed = start.trim_ascii_start();
    Ok(Some(if start.is_empty() {
        "an empty file"
    } else if start.starts_with(b"GGUF") {
        "a GGUF file, which is another program's format"
    } else if start.starts_with(b"PK\x03\x04") {
        "a ZIP archive or a PyTorch checkpoint"
    } else if start.get(8) == Some(&b'{') {
        "a safetensors file"
    } else if trimmed.starts_with(b"<") {
        "a web page"
    } else if trimmed.starts_with(b"version https://git-lfs") {
        "a Git LFS pointer, not the file itself"
    } else if start
        .iter()
        .all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace())
    {
        "a text file"
    } else {
        "no whisper.cpp model"
    }))
}

const ENGLISH_VOCABULARY: u32 = 51_864;

/// The hyperparameters that decide what follows.
struct Shape {
    vocabulary: u32,
    audio_layers: u32,
    text_layers: u32,
    mel_bands: u32,
}

impl Shape {
    fn read(file: &mut impl Read) -> Result<Self, Flaw> {
        let vocabulary = plausible(file, "vocabulary", |n| {
            (ENGLISH_VOCABULARY..=51_866).contains(&n)
        })?;
        plausible(file, "encoder window", |n| (1..=1500).contains(&n))?;
        let width = plausible(file, "encoder width", |n| (1..=4096).contains(&n))?;
        plausible(file, "encoder heads", |n| n > 0 && width % n == 0)?;
        let audio_layers = plausible(file, "encoder layers", |n| {
            matches!(n, 4 | 6 | 12 | 24 | 32)
        })?;
        plausible(file, "text window", |n| (1..=4096).contains(&n))?;
        plausible(file, "decoder width", |n| n == width)?;
        plausible(file, "decoder heads", |n| n > 0 && width % n == 0)?;
        let text_layers = plausible(file, "decoder layers", |n| (1..=32).contains(&n))?;
        let mel_bands = plausible(file, "mel bands", |n| matches!(n, 80 | 128))?;
        // The thousands count versions of the quantised formats.
        plausible(
            file,
            "file type",
            |n| matches!(n % 1000, 0..=3 | 7..=14 | 24),
        )?;
        Ok(Self {
            vocabulary,
            audio_layers,
            text_layers,
            mel_bands,
        })
    }

    /// Seven of the encoder, fifteen in each of its layers; four and twenty-four of the decoder.
    fn tensors(&self) -> u64 {
        11 + 15 * u64::from(self.audio_layers) + 24 * u64::from(self.text_layers)
    }
}

fn skip_filters(file: &mut (impl Read + Seek), bytes: u64, mel_bands: u32) -> Result<(), Flaw> {
    let bands = plausible(file, "filter bands", |n| n == mel_bands)?;
    let width = plausible(file, "filter width", |n| (1..=4096).contains(&n))?;
    skip(file, bytes, 4 * u64::from(bands) * u64::from(width))
}

fn skip_tokens(file: &mut impl BufRead, vocabulary: u32) -> Result<(), Flaw> {
    let tokens = plausible(file, "tokens", |n| n <= vocabulary)?;
    let mut token = [0; LONGEST_NAME as usize];
    for _ in 0..tokens {
        let length = plausible(file, "length of a token", |n| n <= LONGEST_NAME)?;
        file.read_exact(&mut token[..length as usize])?;
    }
    Ok(())
}

fn skip_tensor(file: &mut (impl Read + Seek), bytes: u64) -> Result<(), Flaw> {
    let dimensions = plausible(file, "dimensions of a tensor", |n| {
        (1..=MOST_DIMENSIONS).contains(&n)
    })?;
    let name = plausible(file, "length of a tensor's name", |n| {
        (1..=LONGEST_NAME).contains(&n)
    })?;
    let kind = read_u32(file)?;
    let (block, block_bytes) = block_of(kind).ok_or(Flaw::Implausible {
        what: "type of a tensor",
        value: u64::from(kind),
    })?;
    let mut values = 1_u64;
    for _ in 0..dimensions {
        let length = plausible(file, "length of a tensor", |n| n > 0)?;
        values = values.saturating_mul(u64::from(length));
    }
    if values > i32::MAX as u64 || !values.is_multiple_of(block) {
        return Err(Flaw::Implausible {
            what: "size of a tensor",
            value: values,
        });
    }
    skip(file, bytes, u64::from(name) + values / block * block_bytes)
}

/// Values in a block and bytes of a block, of the types that whisper.cpp's models are made of.
fn block_of(kind: u32) -> Option<(u64, u64)> {
    Some(match kind {
        0 => (1, 4),      // f32
        1 | 30 => (1, 2), // f16, bf16
        2 => (32, 18),    // q4_0
        3 => (32, 20),    // q4_1
        6 => (32, 22),    // q5_0
        7 => (32, 24),    // q5_1
        8 => (32, 34),    // q8_0
        10 => (256, 84),  // q2_k
        11 => (256, 110), // q3_k
        12 => (256, 144), // q4_k
        13 => (256, 176), // q5_k
        14 => (256, 210), // q6_k
        _ => return None,
    })
}

fn plausible(
    file: &mut impl Read,
    what: &'static str,
    is_plausible: impl Fn(u32) -> bool,
) -> Result<u32, Flaw> {
    let value = read_u32(file)?;
    if is_plausible(value) {
        Ok(value)
    } else {
        Err(Flaw::Implausible {
            what,
            value: u64::from(value),
        })
    }
}

fn read_u32(file: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

/// Steps over `count` bytes, which the file must still have.
fn skip(file: &mut impl Seek, bytes: u64, count: u64) -> Result<(), Flaw> {
    let position = file.stream_position()?;
    if bytes.saturating_sub(position) < count {
        return Err(Flaw::CutShort);
    }
    // `count` is at most four bytes for each of 2^31 values, far below the limit of i64.
    file.seek(SeekFrom::Current(count as i64))?;
    Ok(())
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
