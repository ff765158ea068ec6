//! Whisper, on whatever thread calls it.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperState,
};

use super::{EngineError, junk, window};
use crate::audio::SAMPLE_RATE;
use crate::models::{Model, Window};

/// Shorter sound holds no word, and whisper.cpp answers it with nothing or worse.
pub const SHORTEST_SAMPLES: usize = SAMPLE_RATE as usize / 10;

/// whisper.cpp stops 100 ms before the end, so a short word is followed by silence up to this
/// length.
const PADDED_SAMPLES: usize = SAMPLE_RATE as usize / 2;

/// The longest prompt kept, in characters: the decoder reads it anew for every utterance.
const LONGEST_PROMPT: usize = 400;

/// What an engine made of an utterance, before junk is taken out.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The text, as written by the model.
    pub text: String,
    /// Geometric mean of the probabilities of its tokens, 0 to 1.
    pub confidence: f32,
    /// Probability that nothing was said, 0 to 1.
    pub no_speech: f32,
}

/// How an utterance is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Threads to work on.
    pub threads: usize,
    /// Whether it may begin with the wake phrase. The phrase is then told to the model, which
    /// otherwise writes "Hey, Thane"; where it is not to be expected, telling it turns "who are
    /// you" into "Hey, where are you".
    pub may_wake: bool,
}

/// A speech recogniser. Owned by one thread.
pub trait Engine: Send {
    /// Reads mono 16 kHz sound of [`SHORTEST_SAMPLES`] to [`window::LONGEST_SAMPLES`] samples.
    /// Returns [`EngineError::Aborted`] soon after `abort` becomes true.
    fn read(
        &mut self,
        samples: &[f32],
        manner: Manner,
        abort: &AtomicBool,
    ) -> Result<Reading, EngineError>;
}

/// What a model is told to expect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompts {
    /// Before an utterance that may begin with the wake phrase.
    pub may_wake: String,
    /// Before any other.
    pub addressed: String,
}

/// A whisper.cpp model and the state it works in.
pub struct Whisper {
    state: WhisperState,
    may_wake: FullParams<'static, 'static>,
    addressed: FullParams<'static, 'static>,
    window: Window,
    padded: Vec<f32>,
}

impl Whisper {
    /// Loads a model. The prompts bias it towards words that are likely to be said.
    pub fn load(model: &Model, language: &str, prompts: &Prompts) -> Result<Self, EngineError> {
        whisper_rs::install_logging_hooks();
        let failed = |reason: String| EngineError::Load {
            path: model.path.clone(),
            reason,
        };
        let mut parameters = WhisperContextParameters::default();
        // Flash attention is a little faster and costs words (the bundled model's card).
        parameters.flash_attn(false);
        let context = WhisperContext::new_with_params(&model.path, parameters)
            .map_err(|error| failed(error.to_string()))?;
        let state = context
            .create_state()
            .map_err(|error| failed(error.to_string()))?;
        let language = if context.is_multilingual() {
            language
        } else {
            "en"
        };
        let language = known_language(language)?;
        Ok(Self {
            state,
            may_wake: template(language, &prompts.may_wake),
            addressed: template(language, &prompts.addressed),
            window: model.window,
            padded: Vec::new(),
        })
    }

    fn attempt(
        &mut self,
        samples: usize,
        audio_ctx: usize,
        manner: Manner,
        abort: &AtomicBool,
    ) -> Result<Reading, EngineError> {
        let mut params = if manner.may_wake {
            self.may_wake.clone()
        } else {
            self.addressed.clone()
        };
        params.set_audio_ctx(audio_ctx as i32);
        params.set_max_tokens(window::token_cap(samples) as i32);
        params.set_n_threads(manner.threads as i32);
        // SAFETY: the callback reads an `AtomicBool` through this pointer during `full` only,
        // and `abort` outlives that call. The bindings' safe setter is not used because it
        // calls the closure through a pointer of the wrong type.
        unsafe {
            params.set_abort_callback(Some(is_aborted));
            params.set_abort_callback_user_data(std::ptr::from_ref(abort).cast_mut().cast());
        }
        let result = self.state.full(params, &self.padded);
        if abort.load(Ordering::Relaxed) {
            return Err(EngineError::Aborted);
        }
        result.map_err(|error| EngineError::Failed {
            reason: error.to_string(),
        })?;
        Ok(self.reading())
    }

    fn reading(&self) -> Reading {
        let mut text = String::new();
        let mut no_speech: f32 = 0.0;
        let (mut log_sum, mut tokens) = (0.0f32, 0usize);
        for segment in self.state.as_iter() {
            if let Ok(words) = segment.to_str_lossy() {
                text.push_str(&words);
            }
            no_speech = no_speech.max(segment.no_speech_probability());
            for index in 0..segment.n_tokens() {
                if let Some(token) = segment.get_token(index) {
                    log_sum += token.token_probability().max(1e-6).ln();
                    tokens += 1;
                }
            }
        }
        let confidence = if tokens == 0 {
            0.0
        } else {
            (log_sum / tokens as f32).exp()
        };
        Reading {
            text: text.trim().to_owned(),
            confidence,
            no_speech,
        }
    }
}

impl Engine for Whisper {
    fn read(
        &mut self,
        samples: &[f32],
        manner: Manner,
        abort: &AtomicBool,
    ) -> Result<Reading, EngineError> {
        self.padded.clear();
        self.padded.extend_from_slice(samples);
        if self.padded.len() < PADDED_SAMPLES {
            self.padded.resize(PADDED_SAMPLES, 0.0);
        }
        let mut reading = None;
        for audio_ctx in window::attempts(self.window, samples.len()) {
            let next = self.attempt(samples.len(), audio_ctx, manner, abort)?;
            let looped = junk::repeats(&next.text);
            reading = Some(next);
            if !looped {
                break;
            }
        }
        reading.ok_or(EngineError::Failed {
            reason: "no window fits the utterance".into(),
        })
    }
}

/// Called by ggml between its computations.
unsafe extern "C" fn is_aborted(abort: *mut c_void) -> bool {
    // SAFETY: `attempt` passes a pointer to an `AtomicBool` that outlives the computation.
    unsafe { &*abort.cast::<AtomicBool>() }.load(Ordering::Relaxed)
}

/// The parameters of every call. The bindings leak the strings they are given, so they are set
/// once, here, and cloned.
fn template(language: &'static str, prompt: &str) -> FullParams<'static, 'static> {
    let mut template = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    template.set_language(Some(language));
    let prompt: String = clean(prompt).chars().take(LONGEST_PROMPT).collect();
    if !prompt.is_empty() {
        template.set_initial_prompt(&prompt);
    }
    template.set_no_context(true);
    template.set_no_timestamps(true);
    template.set_single_segment(true);
    template.set_temperature_inc(0.0);
    template.set_suppress_blank(true);
    template.set_print_special(false);
    template.set_print_progress(false);
    template.set_print_realtime(false);
    template.set_print_timestamps(false);
    template
}

/// The library's own spelling of a language; `auto` lets a multilingual model decide.
fn known_language(language: &str) -> Result<&'static str, EngineError> {
    if language == "auto" {
        return Ok("auto");
    }
    whisper_rs::get_lang_id(&clean(language))
        .and_then(whisper_rs::get_lang_str)
        .ok_or_else(|| EngineError::Language {
            language: language.into(),
        })
}

/// The bindings panic on NUL characters.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
