//! Sinks that need no device.

use fame::audio::sink::{NullSink, Sink, SinkError};
use fame::audio::wav_sink::WavSink;
use tempfile::TempDir;

#[test]
fn a_wav_sink_keeps_the_first_rate_and_converts_the_others() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("reply.wav");
    let mut sink = WavSink::new(&path);
    sink.write(&[0.5; 11_025], 22_050).unwrap();
    sink.write(&[0.5; 8_000], 16_000).unwrap();
    sink.write(&[2.0, -2.0], 22_050).unwrap();
    sink.drain().unwrap();

    // Complete after `drain`, without a drop.
    let mut reader = hound::WavReader::open(&path).unwrap();
    assert_eq!(reader.spec().sample_rate, 22_050);
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    assert!(samples.len().abs_diff(22_052) <= 1, "{}", samples.len());
    assert!((samples[5_000] - 16_384).abs() <= 1 && (samples[17_000] - 16_384).abs() <= 8);
    assert_eq!(samples[samples.len() - 2..], [i16::MAX, -i16::MAX]);

    sink.write(&[0.0; 100], 22_050).unwrap();
    drop(sink);
    assert_eq!(
        hound::WavReader::open(&path).unwrap().len() as usize,
        samples.len() + 100
    );
}

#[test]
fn a_wav_sink_that_cannot_write_names_its_file() {
    let folder = TempDir::new().unwrap();
    let mut sink = WavSink::new(folder.path().join("missing").join("reply.wav"));
    let error = sink.write(&[0.0; 10], 16_000).unwrap_err().to_string();
    assert!(error.contains("reply.wav"), "{error}");
}

#[test]
fn every_sink_refuses_sound_while_it_is_cut_and_absurd_rates() {
    let folder = TempDir::new().unwrap();
    let wav: Box<dyn Sink> = Box::new(WavSink::new(folder.path().join("cut.wav")));
    for mut sink in [Box::new(NullSink::new()) as Box<dyn Sink>, wav] {
        let cutter = sink.cutter();
        cutter.cut();
        assert!(matches!(
            sink.write(&[0.0; 10], 16_000),
            Err(SinkError::Cut)
        ));
        assert!(matches!(sink.drain(), Err(SinkError::Cut)));
        cutter.reset();
        sink.write(&[0.0; 10], 16_000).unwrap();
        sink.drain().unwrap();
        for rate in [0, 999, 768_001] {
            assert!(matches!(
                sink.write(&[0.0], rate),
                Err(SinkError::Rate { .. })
            ));
        }
    }
}

#[test]
fn a_null_sink_counts() {
    let mut sink = NullSink::new();
    sink.write(&[0.0; 10], 16_000).unwrap();
    sink.write(&[0.0; 5], 22_050).unwrap();
    assert_eq!(sink.samples(), 15);
}
