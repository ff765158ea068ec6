//! How a written English word sounds, roughly, and how far two sounds are apart.
//!
//! The recogniser hears the wake phrase and writes a homophone or a near miss ("Hey, Thane"), so
//! spelling is the wrong thing to compare. A dozen spelling rules and a table of confusable
//! sounds are enough to tell "thane" from "phone"; a pronouncing dictionary would not know the
//! names people give their assistants.

/// One speech sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phone {
    /// A consonant, named by the letter that usually spells it: `S` is "sh", `C` is "ch", `T` is
    /// "th", `N` is "ng".
    Consonant(char),
    /// A vowel, likewise: `A` is the one in "fame", `I` "time", `O` "home", `E` "team",
    /// `U` "boot"; small letters are the short ones.
    Vowel(char),
}

use Phone::{Consonant, Vowel};

/// Spellings of more than one letter, longest first.
const CLUSTERS: &[(&str, &[Phone])] = &[
    ("eigh", &[Vowel('A')]),
    ("igh", &[Vowel('I')]),
    ("tch", &[Consonant('C')]),
    ("ch", &[Consonant('C')]),
    ("sh", &[Consonant('S')]),
    ("th", &[Consonant('T')]),
    ("ph", &[Consonant('f')]),
    ("gh", &[]),
    ("ck", &[Consonant('k')]),
    ("qu", &[Consonant('k'), Consonant('w')]),
    ("wh", &[Consonant('w')]),
    ("ng", &[Consonant('N')]),
    ("ai", &[Vowel('A')]),
    ("ay", &[Vowel('A')]),
    ("ei", &[Vowel('A')]),
    ("ey", &[Vowel('A')]),
    ("ee", &[Vowel('E')]),
    ("ea", &[Vowel('E')]),
    ("ie", &[Vowel('E')]),
    ("oo", &[Vowel('U')]),
    ("oa", &[Vowel('O')]),
    ("ow", &[Vowel('O')]),
    ("ou", &[Vowel('O')]),
    ("au", &[Vowel('o')]),
    ("aw", &[Vowel('o')]),
];

/// The sounds of a word. Letters other than a to z are left out.
pub fn phones(word: &str) -> Vec<Phone> {
    let letters: Vec<char> = word
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphabetic)
        .collect();
    let text: String = letters.iter().collect();
    let mut sounds = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if let Some((spelling, cluster)) = CLUSTERS.iter().find(|(s, _)| text[at..].starts_with(s))
        {
            sounds.extend_from_slice(cluster);
            at += spelling.len();
            continue;
        }
        sounds.extend(single(&letters, at));
        at += 1;
    }
    sounds.dedup();
    sounds
}

/// The sound of one letter where it stands.
fn single(letters: &[char], at: usize) -> Vec<Phone> {
    let letter = letters[at];
    let next = letters.get(at + 1).copied();
    let before_soft = matches!(next, Some('e' | 'i' | 'y'));
    let last = at + 1 == letters.len();
    let has_other_vowel = letters[..at].iter().any(|c| is_vowel(*c));
    match letter {
        'e' if last && has_other_vowel => vec![],
        'y' if at == 0 => vec![Consonant('y')],
        'y' if last && has_other_vowel => vec![Vowel('E')],
        'y' | 'i' if last => vec![Vowel('I')],
        'o' | 'u' if last => vec![Vowel(letter.to_ascii_uppercase())],
        'e' if last => vec![Vowel('E')],
        _ if is_vowel(letter) && lengthened(letters, at) => vec![Vowel(match letter {
            'y' => 'I',
            other => other.to_ascii_uppercase(),
        })],
        'y' => vec![Vowel('i')],
        _ if is_vowel(letter) => vec![Vowel(letter)],
        'c' if before_soft => vec![Consonant('s')],
        'c' | 'q' => vec![Consonant('k')],
        'g' if before_soft && at > 0 => vec![Consonant('j')],
        'k' if at == 0 && next == Some('n') => vec![],
        'w' if at == 0 && next == Some('r') => vec![],
        'b' if last && at > 0 && letters[at - 1] == 'm' => vec![],
        'x' => vec![Consonant('k'), Consonant('s')],
        other => vec![Consonant(other)],
    }
}

/// Whether a vowel is followed by one consonant and an `e`, as in "fame".
fn lengthened(letters: &[char], at: usize) -> bool {
    match (letters.get(at + 1), letters.get(at + 2)) {
        (Some(consonant), Some('e')) => !is_vowel(*consonant),
        _ => false,
    }
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// Sounds that recognisers and ears take for each other.
const CONFUSABLE: &[(&str, f32)] = &[
    ("fT", 0.3),
    ("fvTsz", 0.4),
    ("mnN", 0.25),
    ("pb", 0.25),
    ("td", 0.25),
    ("kg", 0.25),
    ("szSCj", 0.4),
    ("lr", 0.4),
    ("wr", 0.5),
    ("vb", 0.5),
    ("Td", 0.5),
    ("pfb", 0.6),
];

/// How far two sounds are apart: 0 the same, 1 nothing in common.
fn substitution(a: Phone, b: Phone) -> f32 {
    match (a, b) {
        _ if a == b => 0.0,
        (Consonant(a), Consonant(b)) => CONFUSABLE
            .iter()
            .filter(|(group, _)| group.contains(a) && group.contains(b))
            .map(|(_, cost)| *cost)
            .fold(1.0, f32::min),
        (Vowel(a), Vowel(b))
            if matches!((a, b), ('A', 'e' | 'a' | 'I') | ('e' | 'a' | 'I', 'A')) =>
        {
            0.4
        }
        (Vowel(_), Vowel(_)) => 0.6,
        _ => 1.5,
    }
}

/// What a sound too many or too few costs. An `h` is often not heard.
fn gap(phone: Phone) -> f32 {
    match phone {
        Consonant('h') => 0.4,
        Consonant(_) => 1.0,
        Vowel(_) => 0.8,
    }
}

/// How alike two sequences sound, 0 to 1: a weighted edit distance over the first one's length.
pub fn likeness(expected: &[Phone], heard: &[Phone]) -> f32 {
    let mut row: Vec<f32> = std::iter::once(0.0)
        .chain(heard.iter().scan(0.0, |sum, phone| {
            *sum += gap(*phone);
            Some(*sum)
        }))
        .collect();
    for &want in expected {
        let mut diagonal = row[0];
        row[0] += gap(want);
        for (index, &have) in heard.iter().enumerate() {
            let cost = (diagonal + substitution(want, have))
                .min(row[index] + gap(have))
                .min(row[index + 1] + gap(want));
            diagonal = std::mem::replace(&mut row[index + 1], cost);
        }
    }
    let distance = row.last().copied().unwrap_or(0.0);
    (1.0 - distance / expected.len().max(1) as f32).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> f32 {
        likeness(&phones(a), &phones(b))
    }

    #[test]
    fn homophones_sound_the_same() {
        for (a, b) in [
            ("fame", "faim"),
            ("hey", "hay"),
            ("knight", "night"),
            ("phase", "fase"),
        ] {
            assert_eq!(phones(a), phones(b), "{a} {b}");
        }
    }

    #[test]
    fn near_misses_are_nearer_than_other_words() {
        for near in ["thane", "fain", "same"] {
            for far in ["phone", "game", "time", "family", "hello"] {
                assert!(alike("fame", near) > alike("fame", far), "{near} {far}");
            }
        }
    }

    #[test]
    fn likeness_is_bounded_and_survives_anything() {
        assert!(alike("fame", "") < 0.1);
        assert_eq!(alike("", "fame"), 0.0, "nothing expected, nothing alike");
        assert!((0.0..=1.0).contains(&alike("日本", "fame")));
        assert_eq!(alike("fame", "fame"), 1.0);
    }
}
