//! Rate conversion keeps time, keeps the signal, and forgets what it should.

use std::f64::consts::TAU;

use fame::audio::resample::{ResampleError, Resampler};
use proptest::prelude::*;

fn sine(hz: f64, rate: u32, seconds: f64) -> Vec<f32> {
    (0..(f64::from(rate) * seconds) as usize)
        .map(|i| (TAU * hz * i as f64 / f64::from(rate)).sin() as f32 * 0.5)
        .collect()
}

fn convert(resampler: &mut Resampler, input: &[f32], chunks: &[usize]) -> Vec<f32> {
    let mut output = Vec::new();
    let mut rest = input;
    for size in chunks.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at((*size).min(rest.len()));
        resampler.process(now, &mut output).unwrap();
        rest = later;
    }
    resampler.flush(&mut output).unwrap();
    output
}

/// How well `output` is a sine of 0.5: signal to noise in dB, and its delay in samples. The edges
/// are left out.
fn measure(output: &[f32], hz: f64, rate: u32) -> (f64, f64) {
    let middle = output.len() / 8..output.len() * 7 / 8;
    let count = middle.len() as f64;
    let angle = |i: usize| TAU * hz * i as f64 / f64::from(rate);
    let (mut sine, mut cosine) = (0.0, 0.0);
    for i in middle.clone() {
        sine += f64::from(output[i]) * angle(i).sin() * 2.0 / count;
        cosine += f64::from(output[i]) * angle(i).cos() * 2.0 / count;
    }
    let noise: f64 = middle
        .map(|i| (f64::from(output[i]) - sine * angle(i).sin() - cosine * angle(i).cos()).powi(2))
        .sum();
    let delay = (-cosine).atan2(sine) / angle(1);
    assert!((sine.hypot(cosine) - 0.5).abs() < 0.001, "its level");
    (10.0 * (0.125 * count / noise.max(1e-30)).log10(), delay)
}

#[test]
fn a_sine_stays_the_same_sine_at_the_same_time() {
    for (from, to) in [
        (48_000, 16_000),
        (44_100, 16_000),
        (8_000, 16_000),
        (96_000, 16_000),
        (11_025, 16_000),
        (16_000, 48_000),
        (22_050, 44_100),
        (22_050, 48_000),
        (768_000, 16_000),
        (44_101, 16_000),
    ] {
        let mut resampler = Resampler::new(from, to).unwrap();
        let output = convert(&mut resampler, &sine(440.0, from, 0.5), &[480]);
        let (snr, delay) = measure(&output, 440.0, to);
        assert!(snr > 80.0, "{from} -> {to}: {snr:.1} dB");
        assert!(
            delay.abs() <= 0.6,
            "{from} -> {to}: {delay:.2} samples late"
        );
    }
}

#[test]
fn what_is_too_high_for_the_lower_rate_does_not_fold_back() {
    let mut resampler = Resampler::new(48_000, 16_000).unwrap();
    let output = convert(&mut resampler, &sine(9_000.0, 48_000, 0.5), &[480]);
    let peak = output[400..output.len() - 400]
        .iter()
        .fold(0.0f32, |peak, x| peak.max(x.abs()));
    assert!(peak < 0.001, "{peak}");
}

#[test]
fn equal_rates_pass_through_untouched() {
    let input = sine(300.0, 16_000, 0.1);
    let mut resampler = Resampler::new(16_000, 16_000).unwrap();
    assert_eq!(convert(&mut resampler, &input, &[77]), input);
}

#[test]
fn absurd_rates_are_refused() {
    for (from, to) in [
        (0, 16_000),
        (16_000, 0),
        (768_001, 16_000),
        (16_000, u32::MAX),
    ] {
        assert!(matches!(
            Resampler::new(from, to),
            Err(ResampleError::Rate { .. })
        ));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn as_much_time_comes_out_as_goes_in(
        from in 4_000u32..200_000,
        to in prop::sample::select(vec![16_000u32, 22_050, 44_100, 48_000]),
        length in 0usize..20_000,
        chunk in 1usize..5_000,
    ) {
        let mut resampler = Resampler::new(from, to).unwrap();
        let output = convert(&mut resampler, &vec![0.1; length], &[chunk]);
        let due = length as f64 * f64::from(to) / f64::from(from);
        prop_assert!((output.len() as f64 - due).abs() <= 1.0, "{} for {due}", output.len());
    }

    #[test]
    fn chunks_do_not_matter(
        from in prop::sample::select(vec![8_000u32, 16_000, 44_100, 48_000, 37_799]),
        chunks in prop::collection::vec(1usize..3_000, 1..8),
        signal in prop::collection::vec(-1.0f32..1.0, 1..8_000),
    ) {
        let mut resampler = Resampler::new(from, 16_000).unwrap();
        let whole = convert(&mut resampler, &signal, &[signal.len()]);
        let pieces = convert(&mut resampler, &signal, &chunks);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn nothing_of_one_signal_is_in_the_next(
        from in prop::sample::select(vec![8_000u32, 44_100, 48_000]),
        first in prop::collection::vec(-1.0f32..1.0, 0..8_000),
        second in prop::collection::vec(-1.0f32..1.0, 1..4_000),
        cut_off in any::<bool>(),
    ) {
        let mut used = Resampler::new(from, 16_000).unwrap();
        let mut heard = Vec::new();
        used.process(&first, &mut heard).unwrap();
        if cut_off {
            used.reset();
        } else {
            used.flush(&mut heard).unwrap();
        }
        let mut fresh = Resampler::new(from, 16_000).unwrap();
        prop_assert_eq!(
            convert(&mut used, &second, &[512]),
            convert(&mut fresh, &second, &[512])
        );
    }
}
