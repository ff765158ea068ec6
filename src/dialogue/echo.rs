//! Telling FAME's own voice, picked up by the microphone, from a person's.

use std::collections::HashMap;

/// Share of the heard words that must be words being spoken for it to count as an echo. Half:
/// the recogniser gets some words of a loudspeaker wrong, and the ends are cut off.
const OWN_WORDS: f32 = 0.5;

/// Whether `heard` is (a piece of) `spoken`, coming back through the microphone.
pub fn is_own_voice(heard: &str, spoken: &str) -> bool {
    let heard = words(heard);
    if heard.is_empty() {
        return false;
    }
    let mut available: HashMap<String, usize> = HashMap::new();
    for word in words(spoken) {
        *available.entry(word).or_default() += 1;
    }
    let mut own = 0;
    for word in &heard {
        if let Some(count) = available.get_mut(word)
            && *count > 0
        {
            *count -= 1;
            own += 1;
        }
    }
    own as f32 >= OWN_WORDS * heard.len() as f32
}

/// Lower-case words; "3:05" counts as "3" and "05".
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOKEN: &str = "It's 3:05 PM. You can say stop at any time, and I will be quiet.";

    #[test]
    fn pieces_of_the_reply_are_its_echo() {
        for heard in [
            "It's 3.05 p.m.",
            "you can say stop at any time",
            "I will be quite.",
            "Say stop.",
        ] {
            assert!(is_own_voice(heard, SPOKEN), "{heard}");
        }
    }

    #[test]
    fn what_a_person_says_meanwhile_is_not() {
        for heard in [
            "Hey Fame, what's the weather?",
            "Cancel.",
            "Shut up please",
            "",
        ] {
            assert!(!is_own_voice(heard, SPOKEN), "{heard}");
        }
        assert!(!is_own_voice("Stop.", "It's 3:05 PM."));
    }
}
