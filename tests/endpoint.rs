//! Utterances out of speech, noise and silence.

use fame::audio::{FRAME_SAMPLES, Frame};
use fame::bus::EndReason;
use fame::config::Listen;
use fame::speech::endpoint::{Endpointer, FRAME_MS, Segment, Utterance};
use proptest::prelude::*;

/// Plays voice scores; frame `n` holds the value `n + 1` (scaled), so that sound can be traced.
fn play(endpointer: &mut Endpointer, scores: &[f32], from: usize) -> Vec<Segment> {
    let mut segments = Vec::new();
    for (index, score) in scores.iter().enumerate() {
        let frame: Frame = [(from + index + 1) as f32 / 1e6; FRAME_SAMPLES];
        segments.extend(endpointer.push(&frame, *score));
    }
    segments
}

fn frames(ms: u64) -> usize {
    (ms / FRAME_MS) as usize
}

fn scores(parts: &[(f32, u64)]) -> Vec<f32> {
    parts
        .iter()
        .flat_map(|(score, ms)| std::iter::repeat_n(*score, frames(*ms)))
        .collect()
}

fn utterances(segments: &[Segment]) -> Vec<&Utterance> {
    segments
        .iter()
        .filter_map(|segment| match segment {
            Segment::Ended(utterance) => Some(utterance),
            _ => None,
        })
        .collect()
}

#[test]
fn a_word_of_300_ms_ends_600_ms_later_with_its_pre_roll() {
    let listen = Listen::default();
    let mut endpointer = Endpointer::new(&listen);
    let segments = play(
        &mut endpointer,
        &scores(&[(0.0, 2_000), (0.9, 300), (0.0, 700)]),
        0,
    );
    assert_eq!(segments[..2], [Segment::Started, Segment::Paused]);
    let [word] = utterances(&segments)[..] else {
        panic!("{segments:?}")
    };
    assert_eq!(word.reason, EndReason::Silence);
    assert!((600..=616).contains(&word.waited_ms), "{}", word.waited_ms);
    let speech_starts = frames(2_000) * FRAME_SAMPLES;
    let pre_roll = speech_starts as u64 - word.start;
    assert!(
        pre_roll >= 300 * 16,
        "only {} ms kept from before the word",
        pre_roll / 16
    );
    // The tail is there, the silence that was waited for is not.
    let length_ms = word.audio.len() as u64 / 16;
    assert!(
        length_ms < 300 + u64::from(listen.pre_roll_ms) + 250,
        "{length_ms}"
    );
}

#[test]
fn clicks_are_not_speech() {
    let mut endpointer = Endpointer::new(&Listen::default());
    let segments = play(
        &mut endpointer,
        &scores(&[(0.0, 500), (0.9, 32), (0.0, 500), (0.9, 16), (0.0, 900)]),
        0,
    );
    assert_eq!(segments, []);
}

#[test]
fn a_pause_within_a_sentence_does_not_end_it() {
    let mut endpointer = Endpointer::new(&Listen::default());
    let segments = play(
        &mut endpointer,
        &scores(&[(0.9, 500), (0.0, 400), (0.9, 500), (0.0, 700)]),
        0,
    );
    let shape: Vec<&str> = segments
        .iter()
        .map(|segment| match segment {
            Segment::Started => "started",
            Segment::Paused => "paused",
            Segment::Resumed => "resumed",
            Segment::Ended(_) => "ended",
        })
        .collect();
    assert_eq!(shape, ["started", "paused", "resumed", "paused", "ended"]);
}

#[test]
fn the_speculative_sound_is_the_final_sound() {
    let mut endpointer = Endpointer::new(&Listen::default());
    let mut speculative = None;
    for score in scores(&[(0.0, 800), (0.9, 900), (0.0, 700)]) {
        for segment in endpointer.push(&[score; FRAME_SAMPLES], score) {
            match segment {
                Segment::Paused => speculative = endpointer.audio().map(<[f32]>::to_vec),
                Segment::Ended(utterance) => assert_eq!(Some(utterance.audio), speculative),
                _ => {}
            }
        }
    }
    assert!(speculative.is_some());
}

#[test]
fn a_too_long_utterance_is_cut_at_its_pause_and_nothing_is_lost() {
    let listen = Listen {
        max_utterance_seconds: 4.0,
        ..Listen::default()
    };
    let mut endpointer = Endpointer::new(&listen);
    let segments = play(
        &mut endpointer,
        &scores(&[(0.9, 3_200), (0.1, 160), (0.9, 3_000), (0.0, 700)]),
        0,
    );
    let parts = utterances(&segments);
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].reason, EndReason::TooLong);
    assert_eq!(
        parts[0].end, parts[1].start,
        "a gap or an overlap at the cut"
    );
    let cut_ms = parts[0].end / 16;
    assert!(
        (3_200..=3_360).contains(&cut_ms),
        "cut at {cut_ms} ms, not in the pause"
    );
}

#[test]
fn the_key_decides_when_it_is_held() {
    let mut endpointer = Endpointer::new(&Listen::default());
    play(&mut endpointer, &scores(&[(0.0, 1_000)]), 0);
    assert_eq!(endpointer.hold(), Some(Segment::Started));
    let segments = play(
        &mut endpointer,
        &scores(&[(0.9, 300), (0.0, 2_000), (0.9, 300)]),
        100,
    );
    assert!(
        utterances(&segments).is_empty(),
        "silence ended it though the key was down"
    );
    let Some(Segment::Ended(utterance)) = endpointer.release() else {
        panic!("no utterance")
    };
    assert_eq!(utterance.reason, EndReason::Released);
    assert_eq!(endpointer.release(), None);
}

proptest! {
    /// Over any mix of speech, noise and silence: starts and ends alternate, utterances do not
    /// overlap, every sample of them is the stream's own, and all speech is in one of them.
    #[test]
    fn utterances_tile_the_speech(parts in prop::collection::vec((prop::sample::select(vec![0.0f32, 0.2, 0.45, 0.9]), 16..3_000u64), 1..20)) {
        let listen = Listen { max_utterance_seconds: 5.0, ..Listen::default() };
        let mut endpointer = Endpointer::new(&listen);
        let scores = scores(&parts);
        let mut segments = play(&mut endpointer, &scores, 0);
        segments.extend(endpointer.end_of_audio());
        let mut open = false;
        let mut last_end = 0;
        for segment in &segments {
            match segment {
                Segment::Started => {
                    prop_assert!(!open);
                    open = true;
                }
                Segment::Ended(utterance) => {
                    prop_assert!(open);
                    open = false;
                    prop_assert!(utterance.audio.len() <= 5 * 16_000 + FRAME_SAMPLES);
                    prop_assert!(utterance.start >= last_end, "overlap");
                    last_end = utterance.start + utterance.audio.len() as u64;
                    let first = utterance.start as usize / FRAME_SAMPLES;
                    for (index, frame) in utterance.audio.chunks(FRAME_SAMPLES).enumerate() {
                        prop_assert_eq!(frame[0], (first + index + 1) as f32 / 1e6);
                    }
                }
                _ => prop_assert!(open),
            }
        }
        prop_assert!(!open, "an utterance without an end");
        // 80 ms of clear speech in a row is never outside an utterance.
        let all = utterances(&segments);
        for start in 0..scores.len().saturating_sub(5) {
            if scores[start..start + 5].iter().all(|score| *score >= 0.5) {
                let at = ((start + 4) * FRAME_SAMPLES) as u64;
                let inside = all.iter().any(|u| (u.start..u.start + u.audio.len() as u64).contains(&at));
                prop_assert!(inside, "speech at {} ms is lost", at / 16);
            }
        }
    }
}
