//! Every file gives its sound or says why not.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::Command;

use fame::audio::file::{FileError, FileSource, Warning};
use fame::audio::{FRAME_SAMPLES, SAMPLE_RATE};
use hound::{SampleFormat, WavSpec, WavWriter};
use proptest::prelude::*;
use tempfile::TempDir;

/// A file read to its end.
struct Heard {
    samples: Vec<f32>,
    warning: Option<Warning>,
}

fn hear(path: &Path) -> Result<Heard, FileError> {
    let mut source = FileSource::open(path)?;
    let mut samples = Vec::new();
    while let Some(frame) = source.next_frame()? {
        samples.extend_from_slice(&frame);
    }
    assert!(source.next_frame()?.is_none(), "it stays over");
    Ok(Heard {
        samples,
        warning: source.warning().cloned(),
    })
}

fn refusal(path: &Path) -> String {
    match hear(path) {
        Ok(heard) => panic!("{} gave {} samples", path.display(), heard.samples.len()),
        Err(error) => {
            let text = error.to_string();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            assert!(text.contains(&name), "{text} does not name {name}");
            text
        }
    }
}

/// One second of 440 Hz in every channel, written as `bits` of `format`.
fn tone(
    folder: &TempDir,
    name: &str,
    rate: u32,
    channels: u16,
    bits: u16,
    format: SampleFormat,
) -> PathBuf {
    let path = folder.path().join(name);
    let spec = WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: bits,
        sample_format: format,
    };
    let mut writer = WavWriter::create(&path, spec).unwrap();
    for i in 0..rate {
        let sample = (TAU * 440.0 * f64::from(i) / f64::from(rate)).sin() * 0.5;
        for _ in 0..channels {
            match format {
                SampleFormat::Float => writer.write_sample(sample as f32).unwrap(),
                SampleFormat::Int => {
                    let full = f64::from(1u32 << (bits - 1)) - 1.0;
                    writer.write_sample((sample * full) as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
    path
}

/// The samples are one second of 440 Hz at half of full scale.
fn assert_tone(samples: &[f32], tolerance: f64, what: &str) {
    let length = samples.len().abs_diff(SAMPLE_RATE as usize);
    assert!(
        length <= 2 * FRAME_SAMPLES + 1_200,
        "{what}: {} samples",
        samples.len()
    );
    let middle = &samples[4_000..12_000];
    // Lossy formats may shift the phase, so its amplitude is compared, and what else there is.
    let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
    for (i, &sample) in middle.iter().enumerate() {
        let angle = TAU * 440.0 * i as f64 / f64::from(SAMPLE_RATE);
        sine += f64::from(sample) * angle.sin();
        cosine += f64::from(sample) * angle.cos();
        power += f64::from(sample).powi(2);
    }
    let count = middle.len() as f64;
    let amplitude = 2.0 * (sine.powi(2) + cosine.powi(2)).sqrt() / count;
    let rest = (power / count - amplitude.powi(2) / 2.0).max(0.0).sqrt();
    assert!(
        (amplitude - 0.5).abs() < tolerance,
        "{what}: amplitude {amplitude}"
    );
    assert!(rest < tolerance, "{what}: {rest} beside the tone");
}

#[test]
fn every_kind_of_wav_gives_its_tone() {
    let folder = TempDir::new().unwrap();
    for (rate, channels, bits, format) in [
        (16_000, 1, 16, SampleFormat::Int),
        (8_000, 1, 8, SampleFormat::Int),
        (11_025, 2, 16, SampleFormat::Int),
        (22_050, 1, 16, SampleFormat::Int),
        (44_100, 2, 24, SampleFormat::Int),
        (48_000, 1, 32, SampleFormat::Int),
        (48_000, 6, 32, SampleFormat::Float),
        (96_000, 2, 32, SampleFormat::Float),
        (192_000, 8, 16, SampleFormat::Int),
    ] {
        let what = format!("{rate} Hz, {channels} channels, {bits} bit {format:?}");
        let heard = hear(&tone(&folder, "tone.wav", rate, channels, bits, format)).unwrap();
        assert_tone(&heard.samples, if bits == 8 { 0.01 } else { 0.002 }, &what);
        assert_eq!(heard.warning, None, "{what}");
        assert_eq!(heard.samples.len() % FRAME_SAMPLES, 0, "whole frames");
    }
}

#[test]
fn compressed_files_give_their_tone() {
    let folder = TempDir::new().unwrap();
    let wav = tone(&folder, "tone.wav", 44_100, 2, 16, SampleFormat::Int);
    // Debian's sox writes no MP3, so that one was made by lame.
    let mp3 = wav.with_extension("mp3");
    std::fs::write(&mp3, include_bytes!("tone.mp3")).unwrap();
    let mut files = vec![mp3];
    for extension in ["flac", "ogg"] {
        let path = wav.with_extension(extension);
        match Command::new("sox").arg(&wav).arg(&path).output() {
            Ok(output) if output.status.success() => files.push(path),
            _ => println!("skipped: sox cannot write {extension} here"),
        }
    }
    for path in files {
        let heard = hear(&path).unwrap();
        assert_tone(&heard.samples, 0.02, &path.display().to_string());
        assert_eq!(heard.warning, None, "{}", path.display());
    }
}

#[test]
fn what_is_left_of_a_truncated_file_is_heard_and_told() {
    let folder = TempDir::new().unwrap();
    let wav = tone(&folder, "whole.wav", 16_000, 1, 16, SampleFormat::Int);
    let flac = wav.with_extension("flac");
    let has_flac = Command::new("sox")
        .arg(&wav)
        .arg(&flac)
        .status()
        .is_ok_and(|s| s.success());
    for whole in [Some(wav), has_flac.then_some(flac)].into_iter().flatten() {
        let bytes = std::fs::read(&whole).unwrap();
        let cut = whole.with_file_name(format!("cut-{}", whole.file_name().unwrap().display()));
        std::fs::write(&cut, &bytes[..bytes.len() * 2 / 3]).unwrap();
        let heard = hear(&cut).unwrap();
        assert!(
            (8_000..13_000).contains(&heard.samples.len()),
            "{}",
            heard.samples.len()
        );
        let warning = heard.warning.expect("a warning").to_string();
        assert!(warning.contains("cut-whole"), "{warning}");
    }
}

#[test]
fn silence_is_a_result() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("silent.wav");
    let spec = WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::create(&path, spec).unwrap();
    for _ in 0..8_000 {
        writer.write_sample(0i16).unwrap();
    }
    writer.finalize().unwrap();
    let heard = hear(&path).unwrap();
    assert_eq!(
        heard.samples.len(),
        8_000usize.next_multiple_of(FRAME_SAMPLES)
    );
    assert!(heard.samples.iter().all(|&sample| sample == 0.0));
}

#[test]
fn the_last_frame_is_filled_with_silence() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("short.wav");
    let spec = WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::create(&path, spec).unwrap();
    for _ in 0..300 {
        writer.write_sample(16_384i16).unwrap();
    }
    writer.finalize().unwrap();
    let samples = hear(&path).unwrap().samples;
    assert_eq!(samples.len(), 512);
    assert!(samples[..300].iter().all(|&sample| sample == 0.5));
    assert!(samples[300..].iter().all(|&sample| sample == 0.0));
}

/// A WAV header as a hostile or broken program would write it.
fn header(channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let block = channels.wrapping_mul(bits / 8);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(u32::from(block)).to_le_bytes());
    bytes.extend(block.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn what_is_not_sound_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let some = [1u8; 4_000];
    for (path, word) in [
        (folder.path().join("missing.wav"), "cannot read"),
        (write("empty.wav", b""), "empty"),
        (
            write("header.wav", &header(1, 16_000, 16, b"")),
            "only a header",
        ),
        (
            write("half-a-header.wav", &header(1, 16_000, 16, b"")[..20]),
            "cannot be read as sound",
        ),
        (
            write("no-channels.wav", &header(0, 16_000, 16, &some)),
            "cannot be read as sound",
        ),
        (
            write("crowd.wav", &header(65_000, 16_000, 16, &some)),
            "cannot be read as sound",
        ),
        (
            write("no-bits.wav", &header(1, 16_000, 0, &some)),
            "cannot be read as sound",
        ),
        (
            write("no-rate.wav", &header(1, 0, 16, &some)),
            "0 samples a second",
        ),
        (
            write("slow.wav", &header(1, 999, 16, &some)),
            "999 samples a second",
        ),
        (
            write("fast.wav", &header(1, 768_001, 16, &some)),
            "768001 samples a second",
        ),
        (
            write("faster.wav", &header(1, u32::MAX, 16, &some)),
            "samples a second",
        ),
        (
            write("text.wav", "What time is it? ".repeat(500).as_bytes()),
            "WAV, FLAC, MP3 or OGG",
        ),
        (
            write("text.mp3", "What time is it? ".repeat(500).as_bytes()),
            "WAV, FLAC, MP3 or OGG",
        ),
    ] {
        let text = refusal(&path);
        assert!(text.contains(word), "{text} does not say {word:?}");
    }
    std::fs::create_dir(folder.path().join("folder.wav")).unwrap();
    assert!(refusal(&folder.path().join("folder.wav")).contains("is a folder"));
}

#[test]
fn an_hour_takes_no_more_memory_than_a_second() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hour.wav");
    // Sparse: a header and an hour of silence that takes no disk.
    let seconds = 3_600u64;
    let mut bytes = header(1, 16_000, 16, b"");
    let length = (seconds * 32_000) as u32;
    bytes[4..8].copy_from_slice(&(36 + length).to_le_bytes());
    bytes[40..44].copy_from_slice(&length.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(44 + u64::from(length))
        .unwrap();

    let before = peak_memory_kib();
    let mut source = FileSource::open(&path).unwrap();
    let mut frames = 0u64;
    while source.next_frame().unwrap().is_some() {
        frames += 1;
    }
    assert_eq!(
        frames,
        seconds * u64::from(SAMPLE_RATE) / FRAME_SAMPLES as u64
    );
    assert_eq!(source.warning(), None);
    let grown = peak_memory_kib().saturating_sub(before);
    // Only under nextest is this test alone in its process.
    if std::env::var_os("NEXTEST").is_some() {
        assert!(grown < 16 * 1_024, "{grown} KiB more");
    }
}

/// The most memory this process ever held.
fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn random_bytes_never_panic(
        magic in prop::sample::select(vec![
            &b""[..], b"RIFF\x24\x10\0\0WAVEfmt ", b"fLaC\0\0\0\x22", b"OggS\0\x02", b"ID3\x03",
            b"\xff\xfb\x90\x64",
        ]),
        noise in prop::collection::vec(any::<u8>(), 0..6_000),
        extension in prop::sample::select(vec!["wav", "flac", "ogg", "mp3", "txt"]),
    ) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("noise").with_extension(extension);
        std::fs::write(&path, [magic, &noise].concat()).unwrap();
        match hear(&path) {
            Ok(heard) => prop_assert!(heard.samples.iter().all(|sample| sample.is_finite())),
            Err(error) => prop_assert!(error.to_string().contains("noise")),
        }
    }

    #[test]
    fn damaged_files_never_panic(
        which in 0usize..4,
        place in any::<prop::sample::Index>(),
        noise in prop::collection::vec(any::<u8>(), 1..64),
        keep in any::<prop::sample::Index>(),
    ) {
        let folder = TempDir::new().unwrap();
        let wav = tone(&folder, "tone.wav", 8_000, 1, 16, SampleFormat::Int);
        let path = wav.with_extension(["wav", "flac", "ogg", "mp3"][which]);
        if which == 3 {
            std::fs::write(&path, include_bytes!("tone.mp3")).unwrap();
        } else if which > 0 {
            let made = Command::new("sox").arg(&wav).arg(&path).output();
            prop_assume!(made.is_ok_and(|output| output.status.success()));
        }
        let mut bytes = std::fs::read(&path).unwrap();
        let start = place.index(bytes.len());
        let count = noise.len().min(bytes.len() - start);
        bytes[start..start + count].copy_from_slice(&noise[..count]);
        bytes.truncate(keep.index(bytes.len()) + 1);
        std::fs::write(&path, bytes).unwrap();
        let _ = hear(&path);
    }
}
