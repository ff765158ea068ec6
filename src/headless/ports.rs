//! The world as the headless mode has it: everything happens within the call.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::Feed;
use super::report::Report;
use crate::audio::{Cutter, NullSink, Sink, SinkError, WavSink};
use crate::brain::{Brain, Query};
use crate::bus::Event;
use crate::dialogue::driver::{Adjustment, Happening, Ports};
use crate::dialogue::io::{Answered, Input, Outcome, Ticket, TurnId};
use crate::speech::recognizer::{self, EngineError, Purpose, Recognizer};
use crate::speech::voice::{self, Prosody, VoiceChain};

/// How long one transcription may take before the run goes on without it.
const RECOGNISER_PATIENCE: Duration = Duration::from_secs(300);

/// See the module's documentation.
pub(super) struct HeadlessPorts<W> {
    recognizer: Recognizer,
    outcomes: Receiver<recognizer::Outcome>,
    brain: Arc<Brain>,
    runtime: tokio::runtime::Handle,
    voices: VoiceChain,
    prosody: Prosody,
    out: Option<PathBuf>,
    report: Report<W>,
    queue: VecDeque<Happening>,
    /// Where the feed in progress begins in the stream.
    begins_ms: u64,
    session: u64,
    /// The file the next reply is written to.
    next_wav: Option<PathBuf>,
    replies: usize,
    failed: bool,
}

impl<W: io::Write> HeadlessPorts<W> {
    #[expect(
        clippy::too_many_arguments,
        reason = "called once, with every part of a run"
    )]
    pub(super) fn new(
        recognizer: Recognizer,
        outcomes: Receiver<recognizer::Outcome>,
        brain: Arc<Brain>,
        runtime: tokio::runtime::Handle,
        voices: VoiceChain,
        prosody: Prosody,
        out: Option<PathBuf>,
        report: Report<W>,
    ) -> Self {
        Self {
            recognizer,
            outcomes,
            brain,
            runtime,
            voices,
            prosody,
            out,
            report,
            queue: VecDeque::new(),
            begins_ms: 0,
            session: 0,
            next_wav: None,
            replies: 0,
            failed: false,
        }
    }

    pub(super) fn begin(&mut self, feed: &Feed, begins_ms: u64) {
        self.begins_ms = begins_ms;
        self.failed = false;
        self.replies = 0;
        if begins_ms == 0 {
            self.session += 1;
        }
        self.report.begin(feed);
    }

    /// Ends a feed; gives whether all went well.
    pub(super) fn end(&mut self, t_ms: u64) -> bool {
        self.report.end(t_ms - self.begins_ms);
        !self.failed
    }

    pub(super) fn next(&mut self) -> Option<Happening> {
        self.queue.pop_front()
    }

    pub(super) fn fail(&mut self, t_ms: u64, code: &str, message: &str) {
        self.publish(
            t_ms,
            Event::Error {
                code: code.into(),
                message: message.into(),
            },
        );
    }

    /// What is said in one run over the feeds is one conversation, unless they are independent.
    fn conversation(&self) -> String {
        format!("headless-{}", self.session)
    }

    pub(super) fn warn(&mut self, warning: &str) {
        self.report.warn(warning);
    }

    pub(super) fn into_report(self) -> Report<W> {
        self.report
    }

    /// Renders a reply; gives the time to its first sample.
    fn render(&mut self, text: &str) -> Result<Duration, String> {
        let begun = Instant::now();
        let mut sink: Box<dyn Sink> = match self.next_wav.take() {
            Some(path) => Box::new(WavSink::new(path)),
            None => Box::new(NullSink::default()),
        };
        let mut first = FirstSample {
            sink: sink.as_mut(),
            begun,
            at: None,
        };
        voice::render(text, self.prosody, &mut self.voices, &mut first)
            .map_err(|error| error.to_string())?;
        let at = first.at;
        sink.drain().map_err(|error| error.to_string())?;
        Ok(at.unwrap_or_else(|| begun.elapsed()))
    }
}

impl<W: io::Write> Ports for HeadlessPorts<W> {
    fn publish(&mut self, t_ms: u64, mut event: Event) {
        match &mut event {
            Event::TranscriptFinal {
                start_ms, end_ms, ..
            } => {
                *start_ms = start_ms.saturating_sub(self.begins_ms);
                *end_ms = end_ms.saturating_sub(self.begins_ms);
            }
            Event::Reply { text, wav, .. } if !text.is_empty() => {
                self.replies += 1;
                self.next_wav = self
                    .out
                    .as_ref()
                    .map(|out| out.join(self.report.reply_file(self.replies)));
                *wav = self
                    .next_wav
                    .as_ref()
                    .map(|path| path.display().to_string());
            }
            Event::Error { .. } => self.failed = true,
            _ => {}
        }
        self.report
            .event(t_ms.saturating_sub(self.begins_ms), &event);
    }

    fn recognize(
        &mut self,
        purpose: Purpose,
        may_wake: bool,
        audio: Vec<f32>,
    ) -> Result<recognizer::Ticket, EngineError> {
        let ticket = self.recognizer.submit(purpose, may_wake, audio)?;
        let deadline = Instant::now() + RECOGNISER_PATIENCE;
        let outcome = loop {
            let outcome =
                self.outcomes
                    .recv_deadline(deadline)
                    .map_err(|_| EngineError::Failed {
                        reason: "it did not answer in time".into(),
                    })?;
            // What came too late for an earlier job is not this one's.
            if outcome.job == ticket.job {
                break outcome;
            }
        };
        self.queue.push_back(Happening::Recognized(outcome));
        Ok(ticket)
    }

    fn speech_started(&mut self) {
        self.recognizer.speech_started();
    }

    fn ask(&mut self, query: Query) {
        let turn = query.turn;
        let query = Query {
            session: self.conversation(),
            ..query
        };
        // The voice renders when the whole reply is there: nobody waits to hear it.
        let answer = self.runtime.block_on(self.brain.answer(query, None));
        self.queue.push_back(Happening::Dialogue(Input::Answered(
            turn,
            Answered::new(turn, answer),
        )));
    }

    fn forget_question(&mut self) {
        self.brain.forget_question(&self.conversation());
    }

    fn abandon(&mut self, _turn: TurnId) {
        // Every request is answered before anything else can happen.
    }

    fn speak(&mut self, turn: TurnId, text: String) {
        match self.render(&text) {
            Ok(first) => {
                let ms = first.as_secs_f64() * 1000.0;
                self.queue
                    .push_back(Happening::Dialogue(Input::VoiceStarted(turn, ms)));
            }
            Err(message) => {
                self.queue.push_back(Happening::Dialogue(Input::Failed {
                    code: "voice".into(),
                    message,
                }));
            }
        }
        self.queue
            .push_back(Happening::Dialogue(Input::VoiceFinished(turn)));
    }

    fn stop_voice(&mut self) {
        // A reply is rendered within one call and cannot be interrupted.
    }

    fn earcon(&mut self, _opens: bool) {
        // There is nobody to hear it.
    }

    fn microphone(&mut self, _open: bool) {
        // Files are not muted; what follows "mute" in one is not listened to.
    }

    fn adjust_voice(&mut self, adjustment: Adjustment) {
        self.prosody = adjustment.apply(self.prosody);
    }

    fn deliver(&mut self, _ticket: Ticket, _outcome: Outcome) {
        // The events say it all.
    }
}

/// Notes when the first sample of a reply is there.
struct FirstSample<'a> {
    sink: &'a mut dyn Sink,
    begun: Instant,
    at: Option<Duration>,
}

impl Sink for FirstSample<'_> {
    fn write(&mut self, samples: &[f32], rate: u32) -> Result<(), SinkError> {
        if !samples.is_empty() {
            self.at.get_or_insert_with(|| self.begun.elapsed());
        }
        self.sink.write(samples, rate)
    }

    fn drain(&mut self) -> Result<(), SinkError> {
        self.sink.drain()
    }

    fn cutter(&self) -> Cutter {
        self.sink.cutter()
    }
}
