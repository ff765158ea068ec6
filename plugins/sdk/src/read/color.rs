//! Colours, by name.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// A colour on a screen or of a lamp, in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color {
    /// 0 to 255.
    pub red: u8,
    /// 0 to 255.
    pub green: u8,
    /// 0 to 255.
    pub blue: u8,
}

/// The names with their colours, in the file's order.
static NAMES: LazyLock<Vec<(&'static str, Color)>> = LazyLock::new(|| {
    let named = |line: &'static str| {
        let (name, hex) = line.rsplit_once(' ')?;
        Some((name, Color::parse(hex)?))
    };
    include_str!("colors.txt")
        .lines()
        .filter_map(named)
        .collect()
});

static BY_WORDS: LazyLock<HashMap<String, Color>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for (name, color) in NAMES.iter() {
        // As two words, as one, and in British spelling.
        for said in [name.to_string(), name.replace(' ', "")] {
            all.insert(said.replace("gray", "grey"), *color);
            all.insert(said, *color);
        }
    }
    all
});

impl Color {
    /// The colour that `words` name: "red", "light blue", "the color navy".
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        let name = match words {
            ["the", "color" | "colour", name @ ..] | ["color" | "colour", name @ ..] => name,
            [name @ .., "color" | "colour"] => name,
            name => name,
        };
        BY_WORDS.get(&name.join(" ")).copied()
    }

    /// The colour that is written `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.trim().strip_prefix('#')?;
        let plain = hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
        plain.then_some(())?;
        Some(Self {
            red: byte(0)?,
            green: byte(2)?,
            blue: byte(4)?,
        })
    }

    /// Its name, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        let (name, _) = NAMES.iter().find(|(_, color)| color == self)?;
        Some(name)
    }
}

impl fmt::Display for Color {
    /// As `#rrggbb`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::with_words;
    use super::*;

    #[test]
    fn every_line_is_a_color() {
        let lines = include_str!("colors.txt")
            .lines()
            .filter(|line| !line.starts_with('#'));
        assert_eq!(NAMES.len(), lines.count());
        for (name, color) in NAMES.iter() {
            assert_eq!(with_words(name, Color::read), Some(*color), "{name}");
        }
    }

    #[test]
    fn the_ways_to_say_a_color() {
        for (text, hex) in [
            ("red", "#ff0000"),
            ("Light blue.", "#add8e6"),
            ("dark grey", "#a9a9a9"),
            ("DodgerBlue", "#1e90ff"),
            ("the color navy", "#000080"),
            ("warm white", "#ffe5b4"),
        ] {
            let read = with_words(text, Color::read).map(|color| color.to_string());
            assert_eq!(read.as_deref(), Some(hex), "{text}");
        }
        for text in ["", "color", "tuesday", "reddish", "light"] {
            assert_eq!(with_words(text, Color::read), None, "{text}");
        }
        assert_eq!(Color::parse("#1e90ff").unwrap().name(), Some("dodger blue"));
    }

    proptest! {
        #[test]
        fn written_colors_come_back(red: u8, green: u8, blue: u8) {
            let color = Color { red, green, blue };
            prop_assert_eq!(Color::parse(&color.to_string()), Some(color));
        }

        #[test]
        fn any_text_is_a_color_or_none(text in "#?\\PC{0,8}") {
            let _ = Color::parse(&text);
        }
    }
}
