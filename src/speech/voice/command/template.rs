//! The arguments of a voice program: how FAME's prosody is said in a program's own numbers.

use crate::speech::voice::Prosody;

/// What a voice of average speed speaks; `{words_per_minute}` at rate 1.
const WORDS_PER_MINUTE: f32 = 175.0;

/// The configured arguments with their placeholders filled in.
pub(super) fn fill(args: &[String], prosody: &Prosody) -> Vec<String> {
    let prosody = prosody.clamped();
    let words_per_minute = (WORDS_PER_MINUTE * prosody.rate).round().to_string();
    // 0 and 99 are an octave below and above the voice's own pitch.
    let pitch = (49.5 + 49.5 * prosody.pitch.log2()).round().to_string();
    let length_scale = format!("{:.3}", 1.0 / prosody.rate);
    args.iter()
        .map(|arg| {
            arg.replace("{words_per_minute}", &words_per_minute)
                .replace("{pitch_0_99}", &pitch)
                .replace("{length_scale}", &length_scale)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(rate: f32, pitch: f32) -> String {
        let args = [
            "-s{words_per_minute}",
            "{pitch_0_99}",
            "{length_scale}",
            "{other}",
        ];
        let prosody = Prosody {
            rate,
            pitch,
            volume: 1.0,
        };
        fill(&args.map(String::from), &prosody).join(" ")
    }

    #[test]
    fn placeholders_become_the_programs_numbers() {
        assert_eq!(filled(1.0, 1.0), "-s175 50 1.000 {other}");
        assert_eq!(filled(2.0, 2.0), "-s350 99 0.500 {other}");
        assert_eq!(filled(0.5, 0.5), "-s88 0 2.000 {other}");
        assert_eq!(filled(f32::NAN, 99.0), "-s175 99 1.000 {other}");
    }
}
