//! A whole reply, from text to sound.

use super::{Prosody, VoiceChain, VoiceError, sentences, speakable};
use crate::audio::sink::{Cutter, Sink, SinkError};
use crate::config::VoiceKind;

/// Speaks `text` into `sink`, sentence by sentence, and returns when it was heard.
///
/// A voice that fails is replaced by the next one; [`VoiceChain::status`] tells about it.
pub fn render(
    text: &str,
    prosody: Prosody,
    chain: &mut VoiceChain,
    sink: &mut dyn Sink,
) -> Result<(), VoiceError> {
    let mut nobody = |_: Progress<'_>| {};
    let mut stage = Stage::new(sink, &mut nobody);
    render_on(&mut stage, text, &|| prosody, chain)
}

/// The same, reporting what happens. The prosody is asked for before each sentence.
pub(super) fn render_on(
    stage: &mut Stage<'_>,
    text: &str,
    prosody: &dyn Fn() -> Prosody,
    chain: &mut VoiceChain,
) -> Result<(), VoiceError> {
    let cut = stage.cutter();
    let plain = speakable::plain(text);
    for sentence in sentences::split(&plain) {
        let spoken = speakable::spoken(sentence);
        if !spoken.contains(char::is_alphanumeric) {
            continue;
        }
        if cut.is_cut() {
            return Err(VoiceError::Cut);
        }
        stage.report(Progress::Sentence(sentence));
        chain.say(&spoken, &prosody(), stage, &cut)?;
    }
    Ok(stage.drain()?)
}

/// What happens while a reply is spoken.
pub(super) enum Progress<'a> {
    /// This sentence is being rendered now.
    Sentence(&'a str),
    /// The reply's first sample is in the sink.
    FirstSound,
    /// A voice could not say a sentence; `next` tries it, if there is one.
    VoiceFailed {
        kind: VoiceKind,
        reason: String,
        next: Option<VoiceKind>,
    },
}

/// The sink of one reply, which notices the first sound, and the ear for its progress.
pub(super) struct Stage<'a> {
    sink: &'a mut dyn Sink,
    listener: &'a mut (dyn FnMut(Progress<'_>) + Send),
    sounded: bool,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        sink: &'a mut dyn Sink,
        listener: &'a mut (dyn FnMut(Progress<'_>) + Send),
    ) -> Self {
        Self {
            sink,
            listener,
            sounded: false,
        }
    }

    pub(super) fn report(&mut self, progress: Progress<'_>) {
        (self.listener)(progress);
    }
}

impl Sink for Stage<'_> {
    /// An empty slice comes from a voice that plays by itself: its sound begins now.
    fn write(&mut self, samples: &[f32], rate: u32) -> Result<(), SinkError> {
        if !samples.is_empty() {
            self.sink.write(samples, rate)?;
        }
        if !self.sounded {
            self.sounded = true;
            self.report(Progress::FirstSound);
        }
        Ok(())
    }

    fn drain(&mut self) -> Result<(), SinkError> {
        self.sink.drain()
    }

    fn cutter(&self) -> Cutter {
        self.sink.cutter()
    }
}
