//! The walk over models made up byte by byte.

use std::io::Cursor;

use super::*;

const TINY: [u32; 11] = [51_864, 1500, 384, 6, 4, 448, 384, 6, 4, 80, 1];

/// A file with these hyperparameters, three tokens and every tensor, each of one value.
fn model(hyperparameters: [u32; 11]) -> Vec<u8> {
    let mut file = MAGIC.to_le_bytes().to_vec();
    let push = |file: &mut Vec<u8>, n: u32| file.extend(n.to_le_bytes());
    for n in hyperparameters {
        push(&mut file, n);
    }
    let [.., audio_layers, _, _, _, text_layers, mel_bands, _] = hyperparameters;
    push(&mut file, mel_bands);
    push(&mut file, 2);
    file.resize(file.len() + 4 * 2 * mel_bands as usize, 0);
    push(&mut file, 3);
    for token in ["a", "", "bcd"] {
        push(&mut file, token.len() as u32);
        file.extend(token.as_bytes());
    }
    for _ in 0..11 + 15 * audio_layers + 24 * text_layers {
        tensor(&mut file, 1, 0, 1);
        file.extend(1_f32.to_le_bytes());
    }
    file
}

/// A tensor's head.
fn tensor(file: &mut Vec<u8>, dimensions: u32, kind: u32, length: u32) {
    for n in [dimensions, 1, kind] {
        file.extend(n.to_le_bytes());
    }
    for _ in 0..dimensions {
        file.extend(length.to_le_bytes());
    }
    file.push(b'x');
}

fn walk_bytes(file: &[u8]) -> Result<Header, Flaw> {
    walk(&mut Cursor::new(file), file.len() as u64)
}

fn what(file: &[u8]) -> &'static str {
    match walk_bytes(file) {
        Err(Flaw::Foreign(what) | Flaw::Implausible { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_whole_model_passes_and_tells_its_languages() {
    assert!(walk_bytes(&model(TINY)).unwrap().english_only);
    let mut multilingual = TINY;
    multilingual[0] = 51_865;
    assert!(!walk_bytes(&model(multilingual)).unwrap().english_only);
}

#[test]
fn every_shorter_file_is_cut_short() {
    let whole = model(TINY);
    for length in 4..whole.len() {
        let found = walk_bytes(&whole[..length]);
        assert!(matches!(found, Err(Flaw::CutShort)), "{length}: {found:?}");
    }
}

#[test]
fn a_file_that_goes_on_after_its_tensors_is_refused() {
    let mut long = model(TINY);
    tensor(&mut long, 1, 0, 1);
    long.extend(1_f32.to_le_bytes());
    assert_eq!(what(&long), "number of tensors");
}

#[test]
fn every_impossible_hyperparameter_is_named() {
    let cases = [
        (0, 51_863, "vocabulary"),
        (0, 60_000, "vocabulary"),
        (1, 0, "encoder window"),
        (2, u32::MAX, "encoder width"),
        (3, 0, "encoder heads"),
        (4, 5, "encoder layers"),
        (5, 0, "text window"),
        (6, 512, "decoder width"),
        (7, 7, "decoder heads"),
        (8, 0, "decoder layers"),
        (9, 81, "mel bands"),
        (10, 4, "file type"),
    ];
    for (place, value, name) in cases {
        let mut file = model(TINY);
        file[4 + 4 * place..8 + 4 * place].copy_from_slice(&u32::to_le_bytes(value));
        assert_eq!(what(&file), name);
    }
}

#[test]
fn every_impossible_tensor_is_named() {
    let head = {
        let mut none = TINY;
        none[4] = 4;
        let whole = model(none);
        let one = 12 + 4 + 1 + 4;
        whole[..whole.len() - one * (11 + 15 * 4 + 24 * 4)].to_vec()
    };
    let cases = [
        (0, 0, 1, "dimensions of a tensor"),
        (5, 0, 1, "dimensions of a tensor"),
        (1, 99, 1, "type of a tensor"),
        (1, 0, 0, "length of a tensor"),
        (1, 8, 33, "size of a tensor"),
        (4, 0, u32::MAX, "size of a tensor"),
    ];
    for (dimensions, kind, length, name) in cases {
        let mut file = head.clone();
        tensor(&mut file, dimensions, kind, length);
        assert_eq!(what(&file), name);
    }
}

#[test]
fn other_kinds_of_files_are_named() {
    assert_eq!(what(b""), "an empty file");
    assert_eq!(
        what(b"GGUF\x03\0\0\0"),
        "a GGUF file, which is another program's format"
    );
    assert_eq!(
        what(b"PK\x03\x04\0\0"),
        "a ZIP archive or a PyTorch checkpoint"
    );
    assert_eq!(what(b"\x10\0\0\0\0\0\0\0{\"a\":1}"), "a safetensors file");
    assert_eq!(what(b"\n<!doctype html>"), "a web page");
    assert_eq!(
        what(b"version https://git-lfs.github.com/spec/v1\n"),
        "a Git LFS pointer, not the file itself"
    );
    assert_eq!(what("plain words, café\n".as_bytes()), "a text file");
    assert_eq!(what(&[0, 159, 146, 150]), "no whisper.cpp model");
}
