//! One voice standing in for another.

use fame::audio::sink::{NullSink, Sink};
use fame::config::{self, VoiceKind};
use fame::speech::voice::{Prosody, SilentVoice, Voice, VoiceChain, VoiceError, render};

use super::{PacedSink, failure, installed, scripted};

/// A voice that writes one level for each sentence, and fails at those that hold a word.
fn level(kind: VoiceKind, level: f32, fails_at: &'static str) -> Box<dyn Voice> {
    scripted(kind, move |sentence, _, sink, _| {
        sink.write(&[level; 10], 16_000)?;
        if sentence.contains(fails_at) {
            Err(failure("loud"))
        } else {
            Ok(())
        }
    })
}

fn render_levels(chain: &mut VoiceChain, text: &str) -> (Result<(), VoiceError>, Vec<f32>) {
    let mut sink = PacedSink::default();
    let said = render(text, Prosody::default(), chain, &mut sink);
    (said, sink.levels())
}

#[test]
fn the_next_voice_goes_on_from_the_same_sentence() {
    let mut chain = VoiceChain::new(vec![
        level(VoiceKind::Command, 0.1, "Two"),
        level(VoiceKind::System, 0.2, "never"),
    ]);
    assert_eq!(chain.status().active, Some(VoiceKind::Command));
    let (said, levels) = render_levels(&mut chain, "One. Two. Three.");
    said.unwrap();
    // The first voice got half of "Two" out; it is then left alone for a while.
    assert_eq!(levels, [0.1, 0.2]);
    let status = chain.status();
    assert_eq!(status.active, Some(VoiceKind::System));
    assert_eq!(status.failed.len(), 1);
    assert!(status.failed[0].1.contains("loud"), "{status:?}");
}

#[test]
fn a_panic_is_a_failure_like_any_other() {
    let panics = scripted(VoiceKind::System, |_, _, _, _| {
        std::panic::resume_unwind(Box::new("out of breath"))
    });
    let mut chain = VoiceChain::new(vec![panics, Box::new(SilentVoice)]);
    render(
        "Hello.",
        Prosody::default(),
        &mut chain,
        &mut NullSink::new(),
    )
    .unwrap();
    let status = chain.status();
    assert_eq!(status.active, Some(VoiceKind::Silent));
    assert!(status.failed[0].1.contains("out of breath"), "{status:?}");
}

#[test]
fn with_no_voice_left_the_reasons_are_told() {
    let mut chain = VoiceChain::new(vec![level(VoiceKind::Command, 0.1, "Two")]);
    let (said, _) = render_levels(&mut chain, "Two.");
    assert!(said.unwrap_err().to_string().contains("loud"));
    let (said, levels) = render_levels(&mut chain, "One.");
    assert!(matches!(said, Err(VoiceError::NoneLeft { .. })), "{said:?}");
    assert!(levels.is_empty());
    let (said, _) = render_levels(&mut VoiceChain::new(Vec::new()), "One.");
    assert!(said.unwrap_err().to_string().contains("none is configured"));
}

#[test]
fn a_voice_that_plays_by_itself_takes_over_when_the_loudspeaker_fails() {
    let mut chain = VoiceChain::new(vec![
        level(VoiceKind::Command, 0.1, "never"),
        scripted(VoiceKind::System, |_, _, _, _| Ok(())),
    ]);
    let mut sink = PacedSink {
        broken: true,
        ..PacedSink::default()
    };
    // Draining the broken sink at the end fails as well, and is told to the caller.
    let said = render("One.", Prosody::default(), &mut chain, &mut sink);
    assert!(matches!(said, Err(VoiceError::Sink(_))), "{said:?}");
    assert!(chain.status().failed[0].1.contains("unplugged"));
}

#[test]
fn a_reply_without_words_is_no_failure() {
    let mut chain = VoiceChain::new(Vec::new());
    for text in ["", "  ", "…", "👋", "---"] {
        render(text, Prosody::default(), &mut chain, &mut NullSink::new()).unwrap();
    }
}

#[test]
fn a_cut_sink_cuts_the_reply() {
    let mut chain = VoiceChain::new(vec![level(VoiceKind::Command, 0.1, "never")]);
    let mut sink = NullSink::new();
    sink.cutter().cut();
    let said = render("One.", Prosody::default(), &mut chain, &mut sink);
    assert!(matches!(said, Err(VoiceError::Cut)), "{said:?}");
    assert!(chain.status().failed.is_empty());
}

#[test]
fn the_default_voices_speak() {
    if !installed("espeak-ng") {
        return;
    }
    let settings = config::Voice::default();
    let mut chain = VoiceChain::from_config(&settings, false);
    let mut sink = NullSink::new();
    let text = "It is **3:05 PM**. Dr. Lee called; see https://example.com.";
    render(text, Prosody::from(&settings), &mut chain, &mut sink).unwrap();
    assert!(sink.samples() > 2 * 22_050, "{} samples", sink.samples());
    assert_eq!(chain.status().active, Some(VoiceKind::Command));
}
