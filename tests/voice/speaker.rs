//! The voice thread.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use fame::config::VoiceKind;
use fame::speech::voice::{
    CommandVoice, Prosody, QUEUE, SilentVoice, Speaker, SpeakerError, SpeakerEvent, Voice,
    VoiceChain, VoiceError,
};
use proptest::prelude::*;

use super::{PacedSink, failure, installed, scripted};

const SOON: Duration = Duration::from_secs(10);

fn start(voices: Vec<Box<dyn Voice>>) -> (Speaker, Receiver<SpeakerEvent>, PacedSink) {
    let (sender, events) = bounded(1_000);
    let sink = PacedSink::default();
    let speaker = Speaker::start(VoiceChain::new(voices), Box::new(sink.clone()), sender).unwrap();
    (speaker, events, sink)
}

/// A voice of which every sentence lasts this long and is rendered at once.
fn lasting(seconds: usize) -> Box<dyn Voice> {
    scripted(VoiceKind::Command, move |_, _, sink, _| {
        Ok(sink.write(&vec![0.1; seconds * 1_000], 1_000)?)
    })
}

/// Events up to the end of reply `id`.
fn until_finished(events: &Receiver<SpeakerEvent>, id: u64) -> Vec<SpeakerEvent> {
    let mut seen = Vec::new();
    loop {
        let event = events.recv_timeout(SOON).expect("the reply finishes");
        let over = matches!(event, SpeakerEvent::Finished { id: of, .. } if of == id);
        seen.push(event);
        if over {
            return seen;
        }
    }
}

fn finished(id: u64, cut: bool) -> SpeakerEvent {
    SpeakerEvent::Finished { id, cut }
}

fn sentence(id: u64, text: &str) -> SpeakerEvent {
    let text = text.into();
    SpeakerEvent::Sentence { id, text }
}

#[test]
fn a_reply_is_told_sentence_by_sentence() {
    let (speaker, events, _) = start(vec![lasting(0), Box::new(SilentVoice)]);
    speaker
        .speak(7, "It is **3:05 PM**. Dr. Lee called!".into())
        .unwrap();
    let seen = until_finished(&events, 7);
    assert_eq!(seen[0], sentence(7, "It is 3:05 PM."));
    assert_eq!(seen[seen.len() - 2], sentence(7, "Dr. Lee called!"));
    assert_eq!(seen.last(), Some(&finished(7, false)));
}

#[test]
fn later_sentences_are_rendered_while_the_first_one_plays() {
    let (speaker, events, _) = start(vec![lasting(5)]);
    let begun = Instant::now();
    speaker.speak(1, "One. Two. Three.".into()).unwrap();
    let mut texts = Vec::new();
    while texts.len() < 3 {
        if let SpeakerEvent::Sentence { text, .. } = events.recv_timeout(SOON).unwrap() {
            texts.push(text);
        }
    }
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "after {:?}",
        begun.elapsed()
    );
}

#[test]
fn a_stop_silences_and_drops_what_waits() {
    let (speaker, events, _) = start(vec![lasting(5)]);
    for id in 1..=3 {
        speaker.speak(id, "One. Two.".into()).unwrap();
    }
    while !matches!(
        events.recv_timeout(SOON).unwrap(),
        SpeakerEvent::Started { id: 1, .. }
    ) {}
    std::thread::sleep(Duration::from_millis(30));
    let stopped = Instant::now();
    speaker.stop();
    let seen = until_finished(&events, 3);
    eprintln!("all three finished {:?} after the stop", stopped.elapsed());
    assert!(
        stopped.elapsed() < Duration::from_millis(50),
        "after {:?}",
        stopped.elapsed()
    );
    let ends: Vec<_> = (1..=3).map(|id| finished(id, true)).collect();
    let is_end = |event: &&SpeakerEvent| matches!(event, SpeakerEvent::Finished { .. });
    assert_eq!(
        seen.iter().filter(is_end).cloned().collect::<Vec<_>>(),
        ends
    );
    // And it speaks again afterwards.
    let (speaker, events, sink) = start(vec![lasting(0), Box::new(SilentVoice)]);
    speaker.stop();
    speaker.earcon(vec![0.5; 160]);
    speaker.speak(4, "Four.".into()).unwrap();
    assert_eq!(until_finished(&events, 4).last(), Some(&finished(4, false)));
    assert_eq!(sink.levels(), [0.5]);
}

#[test]
fn espeak_is_stopped_within_50_ms() {
    if !installed("espeak-ng") {
        return;
    }
    let espeak = CommandVoice::new(fame::config::VoiceCommand::default());
    let (speaker, events, _) = start(vec![Box::new(espeak)]);
    let mut took = Vec::new();
    for id in 0..20 {
        speaker
            .speak(
                id,
                "This is a long reply. It has many words in it. ".repeat(5),
            )
            .unwrap();
        let started = loop {
            if let SpeakerEvent::Started { first_sound, .. } = events.recv_timeout(SOON).unwrap() {
                break first_sound;
            }
        };
        assert!(
            started < Duration::from_secs(2),
            "first sound after {started:?}"
        );
        std::thread::sleep(Duration::from_millis(id * 3));
        let stopped = Instant::now();
        speaker.stop();
        assert_eq!(
            until_finished(&events, id).last(),
            Some(&finished(id, true))
        );
        took.push(stopped.elapsed());
    }
    took.sort();
    eprintln!("stopped within {:?}, at worst {:?}", took[10], took[19]);
    // Silence comes at once, by the cutter; this includes the program's end, which a busy machine
    // may put off.
    assert!(took[10] < Duration::from_millis(50), "{took:?}");
    assert!(took[19] < Duration::from_millis(300), "{took:?}");
}

#[test]
fn a_failing_voice_is_reported_and_replaced_within_the_reply() {
    let fails = scripted(VoiceKind::Command, |sentence, _, _, _| {
        if sentence == "One." {
            Ok(())
        } else {
            Err(failure("espeak-ng"))
        }
    });
    let (speaker, events, _) = start(vec![fails, Box::new(SilentVoice)]);
    speaker.speak(1, "One. Two. Three.".into()).unwrap();
    let seen = until_finished(&events, 1);
    assert_eq!(seen[..2], [sentence(1, "One."), sentence(1, "Two.")]);
    let SpeakerEvent::VoiceFailed { kind, reason, next } = &seen[2] else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (*kind, *next),
        (VoiceKind::Command, Some(VoiceKind::Silent))
    );
    assert!(reason.contains("espeak-ng"));
    assert_eq!(seen[3..], [sentence(1, "Three."), finished(1, false)]);
    assert_eq!(speaker.status().active, Some(VoiceKind::Silent));
    assert_eq!(speaker.status().failed[0].0, VoiceKind::Command);
}

#[test]
fn a_reply_that_nobody_can_speak_finishes_and_says_so() {
    let fails = || scripted(VoiceKind::Command, |_, _, _, _| Err(failure("espeak-ng")));
    let (speaker, events, _) = start(vec![fails()]);
    for id in 1..=2 {
        speaker.speak(id, "One.".into()).unwrap();
        let seen = until_finished(&events, id);
        assert!(
            matches!(seen[1], SpeakerEvent::VoiceFailed { next: None, .. }),
            "{seen:?}"
        );
        assert_eq!(seen.last(), Some(&finished(id, false)));
    }
}

#[test]
fn prosody_counts_from_the_next_sentence_on() {
    let rates = Arc::new(Mutex::new(Vec::new()));
    let (noted, (go, wait)) = (Arc::clone(&rates), bounded::<()>(0));
    let voice = scripted(VoiceKind::Command, move |_, prosody, _, _| {
        noted.lock().unwrap().push(prosody.rate);
        wait.recv_timeout(SOON).unwrap();
        Ok(())
    });
    let (speaker, events, _) = start(vec![voice]);
    speaker.speak(1, "One. Two.".into()).unwrap();
    assert_eq!(events.recv_timeout(SOON).unwrap(), sentence(1, "One."));
    while rates.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    speaker.set_prosody(Prosody {
        rate: 9.0,
        ..speaker.prosody()
    });
    go.send(()).unwrap();
    go.send(()).unwrap();
    until_finished(&events, 1);
    assert_eq!(*rates.lock().unwrap(), [1.0, 2.0]);
}

#[test]
fn a_full_queue_refuses_and_keeps_what_it_took() {
    let until_cut = scripted(VoiceKind::Command, |_, _, _, cut| {
        while !cut.is_cut() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(VoiceError::Cut)
    });
    let (speaker, events, _) = start(vec![until_cut]);
    speaker.speak(0, "One.".into()).unwrap();
    assert_eq!(events.recv_timeout(SOON).unwrap(), sentence(0, "One."));
    for id in 1..=QUEUE as u64 {
        speaker.speak(id, "One.".into()).unwrap();
    }
    let refused = speaker.speak(99, "One.".into());
    assert!(matches!(refused, Err(SpeakerError::Full)), "{refused:?}");
    speaker.stop();
    until_finished(&events, QUEUE as u64);
}

#[test]
fn dropping_it_cuts_and_joins_whoever_listens() {
    let (speaker, events, _) = start(vec![lasting(100)]);
    speaker.speak(1, "One.".into()).unwrap();
    while !matches!(
        events.recv_timeout(SOON).unwrap(),
        SpeakerEvent::Started { .. }
    ) {}
    let dropped = Instant::now();
    drop(speaker);
    assert!(
        dropped.elapsed() < Duration::from_millis(200),
        "{:?}",
        dropped.elapsed()
    );
    assert_eq!(until_finished(&events, 1), [finished(1, true)]);

    // Nobody reads, and there is no room.
    let (sender, _unread) = bounded(1);
    let chain = VoiceChain::new(vec![lasting(0)]);
    let speaker = Speaker::start(chain, Box::new(PacedSink::default()), sender).unwrap();
    speaker.speak(1, "One. Two. Three.".into()).unwrap();
    drop(speaker);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Speak,
    Stop,
    Earcon,
    Wait(u64),
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn each_reply_finishes_exactly_once(steps in prop::collection::vec(prop_oneof![
        4 => Just(Step::Speak),
        2 => Just(Step::Stop),
        1 => Just(Step::Earcon),
        2 => (0_u64..4).prop_map(Step::Wait),
    ], 0..40)) {
        let mut turn = 0;
        let moody = scripted(VoiceKind::Command, move |_, _, sink, _| {
            turn += 1;
            sink.write(&[0.1; 10], 10_000)?;
            match turn % 5 {
                0 => Err(failure("moody")),
                1 => std::panic::resume_unwind(Box::new("moody")),
                _ => Ok(()),
            }
        });
        let (speaker, events, _) = start(vec![moody, Box::new(SilentVoice)]);
        let mut taken = 0;
        for (id, step) in steps.into_iter().enumerate() {
            match step {
                Step::Speak => {
                    taken += u64::from(speaker.speak(id as u64, "One. Two.".into()).is_ok());
                }
                Step::Stop => speaker.stop(),
                Step::Earcon => speaker.earcon(vec![0.2; 16]),
                Step::Wait(ms) => std::thread::sleep(Duration::from_millis(ms)),
            }
        }
        drop(speaker);
        let mut ends: HashMap<u64, u32> = HashMap::new();
        for event in events.try_iter() {
            if let SpeakerEvent::Finished { id, .. } = event {
                *ends.entry(id).or_default() += 1;
            }
        }
        prop_assert_eq!(ends.len() as u64, taken);
        prop_assert!(ends.values().all(|times| *times == 1), "{:?}", ends);
    }
}
