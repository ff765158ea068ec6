//! Characters to words: digits, letters and symbols told apart.

use super::Word;

/// Splits `text` into lower-case words. Apostrophes stay, for the contractions.
pub(super) fn scan(text: &str) -> Vec<Word> {
    let mut scan = Scan {
        chars: text.char_indices().collect(),
        at: 0,
        end: text.len(),
        out: Vec::new(),
    };
    while scan.at < scan.chars.len() {
        scan.step();
    }
    join(scan.out, text)
}

struct Scan {
    chars: Vec<(usize, char)>,
    at: usize,
    end: usize,
    out: Vec<Word>,
}

impl Scan {
    fn char(&self, at: usize) -> Option<char> {
        self.chars.get(at).map(|&(_, c)| c)
    }

    fn byte(&self, at: usize) -> usize {
        self.chars.get(at).map_or(self.end, |&(byte, _)| byte)
    }

    fn is_digit(&self, at: usize) -> bool {
        self.char(at).is_some_and(|c| c.is_ascii_digit())
    }

    fn push(&mut self, text: impl Into<String>, from: usize) {
        let span = self.byte(from)..self.byte(self.at);
        self.out.push(Word {
            text: text.into(),
            span,
        });
    }

    fn step(&mut self) {
        let from = self.at;
        let Some(c) = self.char(from) else { return };
        if c.is_ascii_digit() || (c == '.' && self.starts_decimal(from)) {
            self.number(from);
        } else if let Some((whole, part)) = vulgar_fraction(c) {
            self.at += 1;
            let after_number = from > 0 && self.is_digit(from - 1);
            for word in if after_number { whole } else { part } {
                self.push(*word, from);
            }
        } else if c.is_alphanumeric() && !is_power(c) {
            self.letters(from);
        } else if let Some(unit) = currency(c) {
            self.at += 1;
            if self.is_digit(self.at) {
                self.number(self.at);
                self.push(unit, from);
            } else if self.before(from).is_some_and(|c| c.is_ascii_digit()) {
                self.push(unit, from);
            }
        } else {
            self.at += 1;
            for word in self.symbol(c, from) {
                self.push(*word, from);
            }
        }
    }

    fn starts_decimal(&self, at: usize) -> bool {
        self.is_digit(at + 1) && (at == 0 || self.char(at - 1).is_some_and(char::is_whitespace))
    }

    /// `1,234.5`, `9:30`, `2nd`; stops before anything that is not part of the number.
    fn number(&mut self, from: usize) {
        let mut text = String::new();
        if self.char(self.at) == Some('.') {
            text.push('0');
        }
        while let Some(c) = self.char(self.at) {
            let run = |n: usize| (1..=n).all(|i| self.is_digit(self.at + i));
            match c {
                '0'..='9' => text.push(c),
                ',' if run(3) && !self.is_digit(self.at + 4) => {}
                '.' if run(1) && !text.contains(['.', ':']) => text.push(c),
                ':' if run(2) && !text.contains(['.', ':']) => text.push(c),
                _ => break,
            }
            self.at += 1;
        }
        let suffix: String = (self.at..self.at + 2)
            .filter_map(|at| self.char(at))
            .flat_map(char::to_lowercase)
            .collect();
        let ends = !self.char(self.at + 2).is_some_and(char::is_alphanumeric);
        if ends && matches!(suffix.as_str(), "st" | "nd" | "rd" | "th") {
            text.push_str(&suffix);
            self.at += 2;
        }
        self.push(text, from);
    }

    fn letters(&mut self, from: usize) {
        let mut text = String::new();
        while let Some(c) = self.char(self.at) {
            match c {
                '\'' | '\u{2019}' if self.char(self.at + 1).is_some_and(char::is_alphabetic) => {
                    text.push('\'');
                }
                c if c.is_alphabetic() => fold(c, &mut text),
                _ => break,
            }
            self.at += 1;
        }
        if self.at == from {
            // A numeral that is neither an ASCII digit nor a letter.
            self.at += 1;
        }
        if !text.is_empty() {
            self.push(text, from);
        }
    }

    /// The last character before `at` that is no blank.
    fn before(&self, at: usize) -> Option<char> {
        let mut before = self.chars.get(..at)?.iter().rev().map(|&(_, c)| c);
        before.find(|c| !c.is_whitespace())
    }

    /// The words for a symbol at `at`, as far as it means one there.
    fn symbol(&self, c: char, at: usize) -> &'static [&'static str] {
        let before = self.before(at);
        let after_at =
            (at + 1..self.chars.len()).find(|&i| !self.char(i).is_some_and(char::is_whitespace));
        let after = after_at.and_then(|i| self.char(i));
        let value_before = before.is_some_and(|c| c.is_ascii_digit() || matches!(c, ')' | '%'));
        let value_after =
            after.is_some_and(|c| c.is_ascii_digit() || matches!(c, '(' | '-' | '.' | '√'));
        match c {
            '+' => &["plus"],
            '-' | '\u{2212}' if value_before && value_after => &["minus"],
            '-' | '\u{2212}' if value_after && after_at == Some(at + 1) && !attached(self, at) => {
                &["minus"]
            }
            '*' | '×' if value_before && value_after => &["times"],
            '/' if value_before && value_after => &["over"],
            '÷' => &["divided", "by"],
            '%' => &["percent"],
            '^' => &["to", "the", "power", "of"],
            '√' => &["square", "root", "of"],
            '²' => &["squared"],
            '³' => &["cubed"],
            '°' => &["degrees"],
            '&' => &["and"],
            '@' => &["at"],
            '(' if value_after => &["("],
            ')' if value_before => &[")"],
            _ => &[],
        }
    }
}

/// Whether the sign at `at` hangs on a word, as in `covid-19`.
fn attached(scan: &Scan, at: usize) -> bool {
    at > 0 && scan.char(at - 1).is_some_and(char::is_alphanumeric)
}

fn is_power(c: char) -> bool {
    matches!(c, '²' | '³')
}

fn currency(c: char) -> Option<&'static str> {
    match c {
        '$' => Some("dollars"),
        '£' => Some("pounds"),
        '€' => Some("euros"),
        '¥' => Some("yen"),
        '₹' => Some("rupees"),
        '₩' => Some("won"),
        '₽' => Some("rubles"),
        '₺' => Some("lira"),
        '₪' => Some("shekels"),
        '₴' => Some("hryvnias"),
        '฿' => Some("baht"),
        '¢' => Some("cents"),
        _ => None,
    }
}

/// The words of a fraction that is one character, after a whole number and alone.
fn vulgar_fraction(c: char) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match c {
        '½' => (&["and", "a", "half"], &["a", "half"]),
        '¼' => (&["and", "a", "quarter"], &["a", "quarter"]),
        '¾' => (&["and", "three", "quarters"], &["three", "quarters"]),
        _ => return None,
    })
}

/// Lower case, without the accents of Latin letters.
fn fold(c: char, out: &mut String) {
    for c in c.to_lowercase() {
        out.push(match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
            'ç' | 'ć' | 'č' => 'c',
            'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
            'ì'..='ï' | 'ī' | 'į' | 'ı' => 'i',
            'ł' => 'l',
            'ñ' | 'ń' | 'ň' => 'n',
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
            'ř' => 'r',
            'ś' | 'š' | 'ş' | 'ș' => 's',
            'ţ' | 'ț' => 't',
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
            'ý' | 'ÿ' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            // A combining mark left over from lower-casing has no word of its own.
            '\u{300}'..='\u{36f}' => continue,
            c => c,
        });
    }
}

/// What only its neighbours tell: `8 x 7` is a product, `p.m.` and `U.S.A.` are one word.
fn join(words: Vec<Word>, text: &str) -> Vec<Word> {
    let digits = |word: Option<&Word>| {
        word.is_some_and(|w| w.text.starts_with(|c: char| c.is_ascii_digit()))
    };
    let letter =
        |word: &Word| word.text.chars().count() == 1 && word.text.chars().all(char::is_alphabetic);
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let mut initials = false;
    let mut words = words.into_iter().peekable();
    while let Some(mut word) = words.next() {
        if word.text == "x" && digits(out.last()) && digits(words.peek()) {
            word.text = "times".into();
        }
        let was_initials = std::mem::replace(&mut initials, letter(&word));
        if let Some(last) = out.last_mut().filter(|_| was_initials && initials)
            && text.get(last.span.end..word.span.start) == Some(".")
        {
            last.text.push_str(&word.text);
            last.span.end = word.span.end;
            continue;
        }
        out.push(word);
    }
    out
}
