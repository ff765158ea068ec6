//! How alike two words are, in spelling and in sound.

/// Likeness below which two words have nothing to do with each other.
const LEAST: f32 = 0.7;

/// Likeness of words that sound the same, however they are spelled.
const HOMOPHONES: f32 = 0.8;

/// Words shorter than this are alike only if they sound the same.
const SHORT: usize = 4;

/// A word prepared for comparing.
#[derive(Clone, Debug)]
pub(super) struct Sound {
    word: String,
    key: String,
    letters: u32,
    comparable: bool,
}

impl Sound {
    pub(super) fn new(word: &str) -> Self {
        let comparable = word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
        let letters = word
            .bytes()
            .filter(u8::is_ascii_lowercase)
            .fold(0, |set, b| set | 1 << (b - b'a'));
        Self {
            word: word.into(),
            key: key(word),
            letters,
            comparable,
        }
    }

    /// How alike the two are, 0 to 1; 0 where they only share some letters. Figures are alike
    /// only if they are the same.
    pub(super) fn likeness(&self, other: &Self) -> f32 {
        if self.word == other.word {
            return 1.0;
        }
        let differing = (self.letters ^ other.letters).count_ones() as usize;
        let longer = self.word.len().max(other.word.len());
        if !self.comparable || !other.comparable || differing > longer.div_ceil(2) + 1 {
            return 0.0;
        }
        let sound = strsim::normalized_damerau_levenshtein(&self.key, &other.key);
        if self.word.len().min(other.word.len()) < SHORT && sound < 1.0 {
            return 0.0;
        }
        let spelling = strsim::normalized_damerau_levenshtein(&self.word, &other.word);
        let both = ((sound + spelling) / 2.0) as f32;
        let both = if sound < 1.0 {
            both
        } else {
            both.max(HOMOPHONES)
        };
        if both < LEAST { 0.0 } else { both }
    }
}

/// A rough spelling of the sound of an English word: silent letters gone, letters that sound the
/// same written the same, of every run of vowels only the first.
fn key(word: &str) -> String {
    let mut key = String::with_capacity(word.len());
    let word = word
        .strip_suffix('e')
        .filter(|rest| rest.len() > 1)
        .unwrap_or(word);
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        const PAIRS: [(&str, &str); 12] = [
            ("ph", "f"),
            ("gh", ""),
            ("kn", "n"),
            ("wr", "r"),
            ("wh", "w"),
            ("ck", "k"),
            ("th", "t"),
            ("sh", "x"),
            ("ch", "x"),
            ("dg", "j"),
            ("mb", "m"),
            ("qu", "kw"),
        ];
        let pair = PAIRS.iter().find(|(letters, _)| rest.starts_with(letters));
        let (taken, sound) = pair.map_or((first.len_utf8(), one(rest)), |(letters, sound)| {
            (letters.len(), *sound)
        });
        let goes_on =
            is_vowel(sound) && key.get(key.len().saturating_sub(1)..).is_some_and(is_vowel);
        if !goes_on && !key.ends_with(sound) {
            key.push_str(sound);
        }
        rest = &rest[taken..];
    }
    key
}

fn is_vowel(sound: &str) -> bool {
    matches!(sound, "a" | "e" | "i" | "o" | "u")
}

fn one(rest: &str) -> &'static str {
    let mut letters = rest.chars();
    let first = letters.next();
    let soft = matches!(letters.next(), Some('e' | 'i' | 'y'));
    match first {
        Some('a') => "a",
        Some('e') => "e",
        Some('i' | 'y') => "i",
        Some('o') => "o",
        Some('u') => "u",
        Some('b') => "b",
        Some('c') if soft => "s",
        Some('c' | 'k' | 'q') => "k",
        Some('d') => "d",
        Some('f') => "f",
        Some('g') if soft => "j",
        Some('g') => "g",
        Some('j') => "j",
        Some('l') => "l",
        Some('m') => "m",
        Some('n') => "n",
        Some('p') => "p",
        Some('r') => "r",
        Some('s' | 'z') => "s",
        Some('t') => "t",
        Some('v') => "v",
        Some('w') => "w",
        Some('x') => "ks",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(a: &str, b: &str) -> f32 {
        Sound::new(a).likeness(&Sound::new(b))
    }

    #[test]
    fn what_sounds_alike_is_alike() {
        for (a, b) in [
            ("time", "thyme"),
            ("weather", "whether"),
            ("write", "right"),
            ("joke", "jokes"),
            ("morning", "mourning"),
            ("louder", "loader"),
            ("quieter", "quiter"),
            ("knight", "night"),
            ("christmas", "chrismas"),
        ] {
            assert!(likeness(a, b) >= LEAST, "{a} {b} {}", likeness(a, b));
            assert_eq!(likeness(a, b), likeness(b, a), "{a} {b}");
        }
    }

    #[test]
    fn different_words_are_not() {
        for (a, b) in [
            ("day", "date"),
            ("time", "day"),
            ("15", "16"),
            ("louder", "faster"),
            ("hello", "help"),
            ("is", "it"),
            ("stop", "start"),
            ("sleep", "sweep"),
        ] {
            assert!(likeness(a, b) < 1.0, "{a} {b}");
        }
        for (a, b) in [
            ("day", "date"),
            ("15", "16"),
            ("louder", "faster"),
            ("is", "it"),
            ("time", "team"),
        ] {
            assert_eq!(likeness(a, b), 0.0, "{a} {b}");
        }
    }
}
