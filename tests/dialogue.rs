//! The dialogue under every order of events.

use fame::brain::{Query, Source};
use fame::bus::{EndReason, Event, IgnoreReason, State};
use fame::config::{Listen, ListenMode};
use fame::dialogue::core::{
    Dialogue, HEARING_LIMIT_MS, QUESTION_LIFE_MS, SPEAKING_LIMIT_MS, THINKING_LIMIT_MS, WAITING,
};
use fame::dialogue::io::{
    Answered, Command, Effect, Heard, Input, Outcome, Settings, Silent, TurnId, TurnNumbers,
};
use fame_plugin::Act;
use proptest::prelude::*;

/// A dialogue with a clock and a record of all that came out of it.
struct Bench {
    dialogue: Dialogue,
    now: u64,
    next_utterance: u64,
    effects: Vec<Effect>,
}

impl Bench {
    fn new(mode: ListenMode) -> Self {
        let listen = Listen {
            mode,
            ..Listen::default()
        };
        let settings = Settings {
            listen,
            always_addressed: false,
            reveal_ignored: true,
            source: Source::Voice,
            session: "test".into(),
            numbers: TurnNumbers::from(1),
        };
        Self {
            dialogue: Dialogue::new(settings),
            now: 0,
            next_utterance: 1,
            effects: Vec::new(),
        }
    }

    fn input(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.dialogue.handle(input, self.now);
        self.effects.extend(effects.clone());
        effects
    }

    fn command(&mut self, command: Command) -> Vec<Effect> {
        self.input(Input::Command(command))
    }

    fn wait(&mut self, ms: u64) -> Vec<Effect> {
        self.now += ms;
        self.input(Input::Tick)
    }

    /// Somebody says something; what FAME makes of it.
    fn hear(&mut self, text: &str) -> Vec<Effect> {
        let utterance = self.begin();
        self.now += 1_000;
        self.end(utterance, text, EndReason::Silence)
    }

    fn begin(&mut self) -> u64 {
        let utterance = self.next_utterance;
        self.next_utterance += 1;
        self.input(Input::SpeechStarted(utterance));
        utterance
    }

    fn end(&mut self, utterance: u64, text: &str, reason: EndReason) -> Vec<Effect> {
        self.input(Input::Heard(Heard {
            utterance,
            text: text.into(),
            confidence: 0.9,
            start_ms: self.now,
            end_ms: self.now,
            reason,
            endpoint_ms: 600.0,
            recognise_ms: 10.0,
        }))
    }

    fn answer(&mut self, turn: TurnId, speech: &str, acts: &[Act]) -> Vec<Effect> {
        let answer = Answered {
            speech: speech.into(),
            acts: acts.to_vec(),
            ..Answered::default()
        };
        self.input(Input::Answered(turn, answer))
    }

    /// The brain answers with a question.
    fn answer_asking(&mut self, turn: TurnId, question: &str) -> Vec<Effect> {
        let answer = Answered {
            speech: question.into(),
            expects_answer: true,
            ..Answered::default()
        };
        self.input(Input::Answered(turn, answer))
    }
}

fn ask(text: &str, ticket: u64) -> Command {
    let query = Query {
        text: text.into(),
        source: Source::Ipc,
        session: "test".into(),
        ..Query::default()
    };
    Command::Ask {
        query: Box::new(query),
        ticket,
    }
}

/// A request of a program that was answered beside the dialogue, in the conversation `session`.
fn silent(turn: TurnId, session: &str, answer: Answered) -> Box<Silent> {
    Box::new(Silent {
        turn,
        session: session.into(),
        after_question: false,
        answer,
        took_ms: 3.0,
    })
}

fn asked(effects: &[Effect]) -> Option<(TurnId, &str)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Ask(query) => Some((query.turn, query.text.as_str())),
        _ => None,
    })
}

fn ignored(effects: &[Effect]) -> Option<IgnoreReason> {
    effects.iter().find_map(|effect| match effect {
        Effect::Publish(Event::UtteranceIgnored { reason, .. }) => Some(*reason),
        _ => None,
    })
}

fn spoken(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Speak(_, text) => Some(text.as_str()),
        _ => None,
    })
}

#[test]
fn one_breath_is_a_request() {
    let mut bench = Bench::new(ListenMode::Wake);
    let effects = bench.hear("Hey Fame, what time is it?");
    let (turn, text) = asked(&effects).unwrap();
    assert_eq!(text, "what time is it?");
    assert_eq!(bench.dialogue.state(), State::Thinking);
    assert_eq!(
        spoken(&bench.answer(turn, "It's noon.", &[])),
        Some("It's noon.")
    );
    assert_eq!(bench.dialogue.state(), State::Speaking);
    bench.input(Input::VoiceFinished(turn));
    assert_eq!(bench.dialogue.state(), State::Idle);
}

#[test]
fn the_phrase_alone_opens_the_ear_for_a_while() {
    let mut bench = Bench::new(ListenMode::Wake);
    assert!(bench.hear("Hey, Fame.").contains(&Effect::Earcon(true)));
    assert_eq!(bench.dialogue.state(), State::Listening);
    assert_eq!(
        asked(&bench.hear("What day is it?")).unwrap().1,
        "What day is it?"
    );

    let mut bench = Bench::new(ListenMode::Wake);
    bench.hear("Hey Fame");
    assert!(bench.wait(6_001).contains(&Effect::Earcon(false)));
    assert_eq!(
        ignored(&bench.hear("What day is it?")),
        Some(IgnoreReason::NotAddressed)
    );
}

#[test]
fn speech_begun_in_time_counts_though_it_ends_late() {
    let mut bench = Bench::new(ListenMode::Wake);
    bench.hear("Hey Fame");
    bench.now += 5_900;
    let utterance = bench.begin();
    bench.wait(4_000);
    assert!(asked(&bench.end(utterance, "what day is it", EndReason::Silence)).is_some());
}

#[test]
fn talk_among_people_is_ignored_and_its_text_kept_private() {
    let mut bench = Bench::new(ListenMode::Wake);
    assert_eq!(
        ignored(&bench.hear("Shall we have lunch?")),
        Some(IgnoreReason::NotAddressed)
    );
    let listen = Listen::default();
    let mut private = Dialogue::new(Settings {
        listen,
        always_addressed: false,
        reveal_ignored: false,
        source: Source::Voice,
        session: "test".into(),
        numbers: TurnNumbers::from(1),
    });
    private.handle(Input::SpeechStarted(1), 0);
    let heard = Heard {
        utterance: 1,
        text: "my secret".into(),
        confidence: 1.0,
        start_ms: 0,
        end_ms: 1,
        reason: EndReason::Silence,
        endpoint_ms: 0.0,
        recognise_ms: 0.0,
    };
    let effects = private.handle(Input::Heard(heard), 10);
    assert!(!format!("{effects:?}").contains("secret"));
}

#[test]
fn own_voice_is_never_a_request() {
    for mode in [ListenMode::Wake, ListenMode::Conversation] {
        let mut bench = Bench::new(mode);
        let (turn, _) = asked(&bench.hear("Hey Fame, who are you?")).unwrap();
        bench.answer(
            turn,
            "I'm Fame. Say hey Fame and ask me what time it is.",
            &[],
        );
        assert_eq!(
            ignored(&bench.hear("Hey Fame and ask me what time it is.")),
            Some(IgnoreReason::OwnVoice)
        );
        // What is still in the room when the voice is done ends up in the open ear.
        let utterance = bench.begin();
        bench.input(Input::VoiceFinished(turn));
        bench.now += 800;
        let effects = bench.end(utterance, "what time it is", EndReason::Silence);
        assert_eq!(
            (ignored(&effects), asked(&effects)),
            (Some(IgnoreReason::OwnVoice), None)
        );
    }
}

#[test]
fn a_quick_answer_to_a_reply_is_no_echo() {
    let mut bench = Bench::new(ListenMode::Conversation);
    let (turn, _) = asked(&bench.hear("Hey Fame, what time is it?")).unwrap();
    bench.answer(turn, "It's noon.", &[]);
    bench.input(Input::VoiceFinished(turn));
    bench.now += 200;
    let effects = bench.hear("And in Tokyo?");
    assert_eq!(asked(&effects).unwrap().1, "And in Tokyo?");
}

#[test]
fn stop_needs_no_phrase_while_fame_thinks() {
    let mut bench = Bench::new(ListenMode::Wake);
    let (turn, _) = asked(&bench.hear("Hey Fame, tell me a joke")).unwrap();
    assert!(bench.hear("Cancel.").contains(&Effect::Abandon(turn)));
    assert_eq!(bench.dialogue.state(), State::Idle);
}

#[test]
fn stop_cuts_the_voice_before_the_endpoint_is_certain() {
    let mut bench = Bench::new(ListenMode::Wake);
    let (turn, _) = asked(&bench.hear("Hey Fame, tell me a joke")).unwrap();
    bench.answer(turn, "A long story about a horse.", &[]);
    let utterance = bench.begin();
    let effects = bench.input(Input::Early(utterance, "Stop.".into(), 0.9));
    assert!(effects.contains(&Effect::StopVoice), "{effects:?}");
    assert_eq!(bench.dialogue.state(), State::Idle);
    // The final text of the same word is no second request.
    assert_eq!(bench.end(utterance, "Stop.", EndReason::Silence), []);
}

#[test]
fn the_wake_phrase_interrupts_a_reply() {
    let mut bench = Bench::new(ListenMode::Wake);
    let (first, _) = asked(&bench.hear("Hey Fame, tell me a joke")).unwrap();
    bench.answer(first, "A long story about a horse.", &[]);
    let effects = bench.hear("Hey Fame, what time is it?");
    assert!(effects.contains(&Effect::StopVoice));
    assert_eq!(asked(&effects).unwrap().1, "what time is it?");
}

#[test]
fn a_reply_may_be_followed_up_in_conversation_only() {
    for (mode, expected) in [(ListenMode::Conversation, true), (ListenMode::Wake, false)] {
        let mut bench = Bench::new(mode);
        let (turn, _) = asked(&bench.hear("Hey Fame, what time is it?")).unwrap();
        bench.answer(turn, "It's noon.", &[]);
        bench.input(Input::VoiceFinished(turn));
        bench.now += 1_000;
        assert_eq!(
            asked(&bench.hear("And in Tokyo?")).is_some(),
            expected,
            "{mode:?}"
        );
    }
}

#[test]
fn pieces_of_a_long_utterance_are_one_request() {
    let mut bench = Bench::new(ListenMode::Wake);
    let first = bench.begin();
    bench.now += 15_000;
    assert_eq!(
        asked(&bench.end(first, "Hey Fame, remind me", EndReason::TooLong)),
        None
    );
    let second = bench.begin();
    bench.now += 3_000;
    let effects = bench.end(second, "to buy milk", EndReason::Silence);
    assert_eq!(asked(&effects).unwrap().1, "remind me to buy milk");
    // Nothing more was said after the cut: the first piece is the request.
    let third = bench.begin();
    bench.end(third, "Hey Fame, call mum", EndReason::TooLong);
    let fourth = bench.begin();
    let effects = bench.input(Input::NoWords(fourth));
    assert!(asked(&effects).is_some() || !effects.is_empty());
}

#[test]
fn the_talk_key_needs_no_phrase_and_nothing_else_is_heard() {
    let mut bench = Bench::new(ListenMode::PushToTalk);
    assert!(!bench.dialogue.wants_speech());
    assert!(bench.command(Command::Press).contains(&Effect::Hold(true)));
    assert!(bench.dialogue.wants_speech());
    let utterance = bench.begin();
    assert!(
        bench
            .command(Command::Release)
            .contains(&Effect::Hold(false))
    );
    assert_eq!(
        asked(&bench.end(utterance, "what time is it", EndReason::Released))
            .unwrap()
            .1,
        "what time is it"
    );
    assert!(!bench.dialogue.wants_speech());
}

#[test]
fn a_key_that_is_never_let_go_is_let_go() {
    let mut bench = Bench::new(ListenMode::PushToTalk);
    bench.command(Command::Press);
    assert!(bench.wait(61_000).contains(&Effect::Hold(false)));
}

#[test]
fn sleep_and_mute_wait_until_they_were_confirmed() {
    let mut bench = Bench::new(ListenMode::Conversation);
    let (turn, _) = asked(&bench.hear("Hey Fame, go to sleep")).unwrap();
    bench.answer(turn, "Good night.", &[Act::Sleep]);
    assert_eq!(bench.dialogue.state(), State::Speaking);
    bench.input(Input::VoiceFinished(turn));
    assert_eq!(bench.dialogue.state(), State::Asleep);
    bench.now += 2_000;
    assert_eq!(
        ignored(&bench.hear("What time is it?")),
        Some(IgnoreReason::NotAddressed)
    );
    let (turn, _) = asked(&bench.hear("Hey Fame, what time is it?")).unwrap();
    bench.answer(turn, "Noon.", &[Act::Mute]);
    assert!(
        bench
            .input(Input::VoiceFinished(turn))
            .contains(&Effect::Microphone(false))
    );
    assert_eq!(bench.dialogue.state(), State::Muted);
}

#[test]
fn repeat_says_the_last_reply_again() {
    let mut bench = Bench::new(ListenMode::Wake);
    let (turn, _) = asked(&bench.hear("Hey Fame, repeat that")).unwrap();
    assert_eq!(
        spoken(&bench.answer(turn, "", &[Act::Repeat])),
        Some("I haven't said anything yet.")
    );
    bench.input(Input::VoiceFinished(turn));
    bench.now += 2_000;
    let (turn, _) = asked(&bench.hear("Hey Fame, what time is it?")).unwrap();
    bench.answer(turn, "It's noon.", &[]);
    bench.input(Input::VoiceFinished(turn));
    bench.now += 2_000;
    let (turn, _) = asked(&bench.hear("Hey Fame, repeat that")).unwrap();
    assert_eq!(
        spoken(&bench.answer(turn, "", &[Act::Repeat])),
        Some("It's noon.")
    );
}

#[test]
fn clients_learn_how_their_requests_end() {
    let mut bench = Bench::new(ListenMode::Wake);
    let ask = |ticket| ask("hi", ticket);
    let (turn, _) = asked(&bench.command(ask(1)))
        .map(|(turn, text)| (turn, text.to_owned()))
        .unwrap();
    for ticket in 2..2 + WAITING as u64 {
        assert_eq!(asked(&bench.command(ask(ticket))), None);
    }
    let refused = bench.command(ask(99));
    assert!(refused.contains(&Effect::Deliver(99, Outcome::Busy)));
    // What needs no voice does not wait for it.
    let answer = Answered {
        speech: "Louder.".into(),
        acts: vec![Act::VolumeBy(0.1)],
        ok: true,
        ..Answered::default()
    };
    let effects = bench.command(Command::Conclude {
        silent: silent(1_000, "test", answer),
        ticket: 50,
    });
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Deliver(50, Outcome::Replied(_))))
    );
    assert!(effects.contains(&Effect::VolumeBy(0.1)));
    assert_eq!(spoken(&effects), None);
    bench.answer(turn, "Hello.", &[]);
    let stopped = bench.command(Command::Stop);
    for ticket in 2..2 + WAITING as u64 {
        assert!(
            stopped.contains(&Effect::Deliver(ticket, Outcome::Cancelled)),
            "{ticket}"
        );
    }
    assert_eq!(bench.dialogue.state(), State::Idle);
}

#[test]
fn a_client_that_leaves_takes_its_request_with_it() {
    let mut bench = Bench::new(ListenMode::Wake);
    bench.command(Command::Say {
        text: "a long speech".into(),
        ticket: Some(7),
        asks: None,
    });
    assert_eq!(bench.dialogue.state(), State::Speaking);
    assert!(
        bench
            .command(Command::Withdraw(7))
            .contains(&Effect::StopVoice)
    );
    assert_eq!(bench.dialogue.state(), State::Idle);
}

#[test]
fn sentences_are_spoken_as_they_come() {
    let mut bench = Bench::new(ListenMode::Wake);
    let (turn, _) = asked(&bench.hear("Hey Fame, tell me about rain")).unwrap();
    let first = bench.input(Input::Sentence(turn, "Rain is water.".into()));
    assert_eq!(spoken(&first), Some("Rain is water."));
    assert_eq!(bench.dialogue.state(), State::Speaking);
    // The voice is ready before the next sentence is: the turn is not over.
    bench.input(Input::VoiceFinished(turn));
    assert_eq!(bench.dialogue.state(), State::Speaking);
    let second = bench.input(Input::Sentence(turn, "It falls.".into()));
    assert_eq!(spoken(&second), Some("It falls."));
    // The whole answer is told, and not spoken again.
    let whole = bench.answer(turn, "Rain is water. It falls.", &[]);
    assert_eq!(spoken(&whole), None);
    assert!(whole.iter().any(|effect| matches!(
        effect,
        Effect::Publish(Event::Reply { text, .. }) if text == "Rain is water. It falls."
    )));
    bench.input(Input::VoiceFinished(turn));
    assert_eq!(bench.dialogue.state(), State::Idle);
}

#[test]
fn an_answer_cut_short_is_given_up_where_it_is_made() {
    let mut bench = Bench::new(ListenMode::Wake);
    let (turn, _) = asked(&bench.hear("Hey Fame, tell me about rain")).unwrap();
    bench.input(Input::Sentence(turn, "Rain is water.".into()));
    let stopped = bench.command(Command::Stop);
    assert!(stopped.contains(&Effect::StopVoice));
    assert!(stopped.contains(&Effect::Abandon(turn)));
    let late = bench.input(Input::Sentence(turn, "It falls.".into()));
    assert_eq!(spoken(&late), None);
    assert_eq!(bench.dialogue.state(), State::Idle);
}

fn gave_up(effects: &[Effect]) -> bool {
    effects.contains(&Effect::ForgetQuestion)
}

#[test]
fn a_question_without_an_answer_is_given_up_aloud() {
    let mut bench = Bench::new(ListenMode::Wake);
    let (turn, _) = asked(&bench.hear("Hey Fame, set a timer")).unwrap();
    bench.answer_asking(turn, "For how long?");
    bench.input(Input::VoiceFinished(turn));
    assert_eq!(bench.dialogue.state(), State::Listening, "the ear opens");
    assert!(!gave_up(&bench.wait(QUESTION_LIFE_MS - 1)));
    let effects = bench.wait(1);
    assert!(gave_up(&effects));
    assert_eq!(spoken(&effects), Some("I'll leave that for now."));
    assert!(!gave_up(&bench.wait(QUESTION_LIFE_MS)), "once");
}

#[test]
fn an_answer_that_is_being_given_is_waited_for() {
    let mut bench = Bench::new(ListenMode::Wake);
    let (turn, _) = asked(&bench.hear("Hey Fame, set a timer")).unwrap();
    bench.answer_asking(turn, "For how long?");
    bench.input(Input::VoiceFinished(turn));
    bench.now += 5_000;
    let utterance = bench.begin();
    assert!(!gave_up(&bench.wait(QUESTION_LIFE_MS)));
    let effects = bench.end(utterance, "ten minutes", EndReason::Silence);
    let (turn, _) = asked(&effects).unwrap();
    assert!(!gave_up(&bench.wait(QUESTION_LIFE_MS)));
    bench.answer(turn, "Ten minutes from now.", &[]);
    bench.input(Input::VoiceFinished(turn));
    assert!(
        !gave_up(&bench.wait(2 * QUESTION_LIFE_MS)),
        "it was answered"
    );
}

fn question(text: &str) -> Answered {
    Answered {
        speech: text.into(),
        expects_answer: true,
        ..Answered::default()
    }
}

#[test]
fn a_question_to_a_silent_client_ends_silently() {
    let mut bench = Bench::new(ListenMode::Wake);
    let effects = bench.command(Command::Conclude {
        silent: silent(1, "test", question("For how long?")),
        ticket: 1,
    });
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Deliver(1, Outcome::Replied(reply)) if reply.asks
    )));
    let effects = bench.wait(QUESTION_LIFE_MS);
    assert!(gave_up(&effects));
    assert_eq!(spoken(&effects), None);
}

/// What was asked aloud may be answered in writing.
#[test]
fn a_spoken_question_that_a_client_answers_is_not_given_up() {
    let mut bench = Bench::new(ListenMode::Wake);
    let (turn, _) = asked(&bench.hear("Hey Fame, set a timer")).unwrap();
    bench.answer_asking(turn, "For how long?");
    bench.input(Input::VoiceFinished(turn));
    let answer = Answered {
        speech: "Ten minutes from now.".into(),
        ok: true,
        ..Answered::default()
    };
    let mut silent = silent(1_000, "test", answer);
    assert!(!silent.concerns("test"));
    silent.after_question = true;
    assert!(silent.concerns("test") && !silent.concerns("a panel"));
    bench.command(Command::Conclude { silent, ticket: 1 });
    assert!(!gave_up(&bench.wait(2 * QUESTION_LIFE_MS)));
}

/// What another program is asked in a conversation of its own is not asked in this room.
#[test]
fn a_question_of_another_conversation_opens_no_ear() {
    let mut bench = Bench::new(ListenMode::Conversation);
    bench.command(Command::Conclude {
        silent: silent(1, "a panel", question("For how long?")),
        ticket: 1,
    });
    assert_eq!(bench.dialogue.state(), State::Idle);
    assert!(!gave_up(&bench.wait(QUESTION_LIFE_MS)));
}

#[derive(Clone, Debug)]
enum Op {
    Begin,
    Hear(usize, &'static str, EndReason),
    Early(usize, &'static str),
    NoWords(usize),
    Sentence(usize, &'static str),
    Answer(usize, &'static str, Option<Act>, bool),
    VoiceFinished(usize),
    Conclude(&'static str, Option<Act>, bool, &'static str),
    Command(Command),
    Wait(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let text = prop::sample::select(vec![
        "Hey Fame",
        "Hey Fame, what time is it?",
        "stop",
        "what time is it",
        "It's noon.",
        "yes",
        "",
    ]);
    let reason = prop::sample::select(vec![
        EndReason::Silence,
        EndReason::TooLong,
        EndReason::Released,
        EndReason::EndOfAudio,
    ]);
    let act = prop::option::of(prop::sample::select(vec![
        Act::StopSpeaking,
        Act::CancelTurn,
        Act::Repeat,
        Act::VolumeBy(0.1),
        Act::Sleep,
        Act::Wake,
        Act::Mute,
    ]));
    let command = prop_oneof![
        (1..50u64).prop_map(|ticket| ask("hi", ticket)),
        (50..99u64, any::<bool>()).prop_map(|(ticket, asks)| Command::Say {
            text: "words".into(),
            ticket: Some(ticket),
            asks: asks.then(|| "greet".into()),
        }),
        (1..99u64).prop_map(Command::Withdraw),
        any::<bool>().prop_map(|toggle| Command::Listen { toggle }),
        Just(Command::Press),
        Just(Command::Release),
        Just(Command::Stop),
        any::<bool>().prop_map(Command::Mute),
        any::<bool>().prop_map(Command::Sleep),
    ];
    let spoken = prop::sample::select(vec!["It's noon.", ""]);
    let (spoken_silently, act_silently) = (spoken.clone(), act.clone());
    prop_oneof![
        3 => Just(Op::Begin),
        4 => (0..4usize, text.clone(), reason).prop_map(|(at, text, reason)| Op::Hear(at, text, reason)),
        2 => (0..4usize, text).prop_map(|(at, text)| Op::Early(at, text)),
        1 => (0..4usize).prop_map(Op::NoWords),
        2 => (0..4usize, spoken.clone()).prop_map(|(at, text)| Op::Sentence(at, text)),
        4 => (0..4usize, spoken, act, any::<bool>())
            .prop_map(|(at, text, act, asks)| Op::Answer(at, text, act, asks)),
        3 => (0..4usize).prop_map(Op::VoiceFinished),
        1 => (spoken_silently, act_silently, any::<bool>(), prop::sample::select(vec!["test", "other"]))
            .prop_map(|(text, act, asks, session)| Op::Conclude(text, act, asks, session)),
        3 => command.prop_map(Op::Command),
        2 => (0..20_000u64).prop_map(Op::Wait),
    ]
}

/// What must hold of everything that ever came out.
#[derive(Default)]
struct Account {
    begun: Vec<TurnId>,
    finished: usize,
    tickets: Vec<u64>,
    delivered: Vec<u64>,
}

impl Account {
    fn of(effects: &[Effect]) -> Self {
        let mut account = Self::default();
        for effect in effects {
            match effect {
                Effect::Ask(query) => account.begun.push(query.turn),
                Effect::Speak(turn, _) if !account.begun.contains(turn) => {
                    account.begun.push(*turn)
                }
                Effect::Publish(Event::Reply {
                    turn: Some(turn), ..
                }) => account.begun.push(*turn),
                Effect::Publish(Event::TurnFinished { .. }) => account.finished += 1,
                Effect::Deliver(ticket, _) => account.delivered.push(*ticket),
                _ => {}
            }
        }
        account
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// No order of events leaves a stuck state, a turn without an end, a client without an
    /// outcome or an utterance that vanishes.
    #[test]
    fn every_order_of_events_comes_to_rest(
        ops in prop::collection::vec(op(), 1..60),
        mode in prop::sample::select(vec![ListenMode::Wake, ListenMode::Conversation, ListenMode::PushToTalk]),
    ) {
        let mut bench = Bench::new(mode);
        let mut open: Vec<u64> = Vec::new();
        let mut turns: Vec<TurnId> = Vec::new();
        let mut account = Account::default();
        let mut concluded: TurnId = 1_000_000;
        for op in ops {
            let before = bench.effects.len();
            match op {
                Op::Begin => open.push(bench.begin()),
                Op::Hear(at, text, reason) if at < open.len() => {
                    let utterance = open.remove(at);
                    bench.end(utterance, text, reason);
                }
                Op::Early(at, text) if at < open.len() => {
                    bench.input(Input::Early(open[at], text.into(), 0.9));
                }
                Op::NoWords(at) if at < open.len() => {
                    let utterance = open.remove(at);
                    bench.input(Input::NoWords(utterance));
                }
                Op::Sentence(at, text) if at < turns.len() => {
                    bench.input(Input::Sentence(turns[at], text.into()));
                }
                Op::Answer(at, text, act, asks) if at < turns.len() => {
                    let answer = Answered {
                        speech: text.into(),
                        acts: act.into_iter().collect(),
                        expects_answer: asks,
                        ..Answered::default()
                    };
                    bench.input(Input::Answered(turns[at], answer));
                }
                Op::VoiceFinished(at) if at < turns.len() => {
                    let turn = turns.remove(at);
                    bench.input(Input::VoiceFinished(turn));
                }
                Op::Conclude(text, act, asks, session) => {
                    let answer = Answered {
                        speech: text.into(),
                        acts: act.into_iter().collect(),
                        expects_answer: asks,
                        ..Answered::default()
                    };
                    // Turn and ticket of its own.
                    concluded += 1;
                    account.tickets.push(concluded);
                    bench.command(Command::Conclude {
                        silent: silent(concluded, session, answer),
                        ticket: concluded,
                    });
                }
                Op::Command(command) => {
                    match &command {
                        Command::Ask { ticket, .. } => account.tickets.push(*ticket),
                        Command::Say { ticket, .. } => account.tickets.extend(*ticket),
                        // The client is gone and hears nothing any more.
                        Command::Withdraw(ticket) => account.tickets.retain(|other| other != ticket),
                        _ => {}
                    }
                    bench.command(command);
                }
                Op::Wait(ms) => {
                    bench.wait(ms);
                }
                _ => {}
            }
            let new = bench.effects[before..].to_vec();
            turns.extend(Account::of(&new).begun);
            turns.dedup();
        }
        // Whatever never comes is given up in time.
        for _ in 0..(WAITING as u64 + 4) {
            bench.wait(THINKING_LIMIT_MS.max(HEARING_LIMIT_MS));
            bench.wait(SPEAKING_LIMIT_MS);
        }
        let state = bench.dialogue.state();
        prop_assert!(matches!(state, State::Idle | State::Asleep | State::Muted), "stuck in {state:?}");
        let end = Account::of(&bench.effects);
        let mut begun = end.begun.clone();
        begun.sort_unstable();
        begun.dedup();
        prop_assert_eq!(end.finished, begun.len(), "a turn without an end, or two");
        for ticket in &account.tickets {
            prop_assert!(end.delivered.contains(ticket), "client {} waits for ever", ticket);
        }
    }

    /// Every utterance heard while the ear is open becomes a request, a wake-up, a stop or is
    /// reported as ignored.
    #[test]
    fn no_utterance_vanishes(texts in prop::collection::vec(
        prop::sample::select(vec!["Hey Fame", "Hey Fame, hello", "stop", "hello there", "It's noon."]), 1..12)
    ) {
        let mut bench = Bench::new(ListenMode::Conversation);
        for text in texts {
            let effects = bench.hear(text);
            let accounted = effects.iter().any(|effect| matches!(
                effect,
                Effect::Publish(Event::UtteranceIgnored { .. } | Event::TranscriptFinal { .. })
            ));
            prop_assert!(accounted, "{} left no trace: {:?}", text, effects);
            if let Some((turn, _)) = asked(&effects) {
                bench.answer(turn, "It's noon.", &[]);
            }
            bench.now += 500;
        }
    }
}
