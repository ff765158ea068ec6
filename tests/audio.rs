//! Sound in and out: files, rate conversion, sinks, and (where `FAME_TEST_AUDIO` is set) real
//! devices on a private PulseAudio.

mod files;
mod live_loudspeaker;
mod live_microphone;
mod resampling;
mod sinks;
