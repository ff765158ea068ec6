//! What Whisper writes when nobody said anything, and how to tell.
//!
//! It describes noises in brackets, loops on tones, and invents a sentence for silence.

/// A reading is not trusted when the model itself thinks that nothing was said *and* its words
/// are improbable. Either alone is common in true speech.
const NO_SPEECH: f32 = 0.6;
const IMPROBABLE: f32 = 0.45;

/// A phrase of two or more words this many times in a row is a loop, not speech.
const PHRASE_REPEATS: usize = 3;

/// A single word may be repeated by people ("no, no, no"), though not this often.
const WORD_REPEATS: usize = 5;

/// The longest phrase looked at for repetition, in words.
const LONGEST_PHRASE: usize = 12;

/// The words of a reading with described noises taken out; `None` if there are none left or it
/// is a loop.
pub fn words(reading: &str) -> Option<String> {
    let spoken = without_noises(reading);
    let text = spoken.split_whitespace().collect::<Vec<_>>().join(" ");
    let has_words = text.chars().any(char::is_alphanumeric);
    (has_words && !repeats(&text)).then_some(text)
}

/// Whether the model took silence for speech.
pub fn from_silence(no_speech: f32, confidence: f32) -> bool {
    no_speech > NO_SPEECH && confidence < IMPROBABLE
}

/// Whether a reading goes round in circles.
pub fn repeats(text: &str) -> bool {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    (1..=LONGEST_PHRASE).any(|len| {
        let limit = if len == 1 {
            WORD_REPEATS
        } else {
            PHRASE_REPEATS
        };
        (0..words.len()).any(|start| {
            let phrase = words.get(start..start + len);
            phrase.is_some_and(|phrase| {
                // "one one one one" is a repeated word, not a repeated pair of words.
                let times = words[start..]
                    .chunks(len)
                    .take_while(|next| *next == phrase)
                    .count();
                times >= limit && !(len > 1 && phrase.iter().all(|word| *word == phrase[0]))
            })
        })
    })
}

/// Takes out `[BLANK_AUDIO]`, `(water running)`, `*sighs*` and notes of music.
fn without_noises(reading: &str) -> String {
    let mut spoken = String::with_capacity(reading.len());
    let mut closing: Option<char> = None;
    for c in reading.chars() {
        match (closing, c) {
            (Some(end), c) if c == end => closing = None,
            (Some(_), _) | (None, '♪' | '♫') => {}
            (None, '[') => closing = Some(']'),
            (None, '(') => closing = Some(')'),
            (None, '*') => closing = Some('*'),
            (None, c) => spoken.push(c),
        }
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noises_are_not_words() {
        for noise in [
            "[BLANK_AUDIO]",
            " (water running)",
            "*sighs*",
            "♪ ♪",
            "...",
            "",
            "* * * *",
            "[unfinished",
        ] {
            assert_eq!(words(noise), None, "{noise}");
        }
        assert_eq!(
            words(" What time is it? (clock ticking)").as_deref(),
            Some("What time is it?")
        );
    }

    #[test]
    fn loops_are_not_words() {
        for text in [
            "thank you. thank you. thank you.",
            "a large coffee with a large coffee with a large coffee with",
            "go go go go go",
        ] {
            assert!(repeats(text), "{text}");
        }
    }

    #[test]
    fn people_repeat_themselves_too() {
        for text in [
            "No, no, no!",
            "it's a long long way",
            "five five",
            "bye bye",
            "knock knock, who's there",
            "call 1 1 1 2 2 2",
        ] {
            assert!(!repeats(text), "{text}");
        }
    }
}
