//! How to compare what was heard with what was said.

/// Words in one spelling: lower case, no punctuation, small numbers as words.
pub fn plain_words(text: &str) -> Vec<String> {
    const NUMBERS: [(&str, &str); 12] = [
        ("1", "one"),
        ("2", "two"),
        ("3", "three"),
        ("4", "four"),
        ("5", "five"),
        ("6", "six"),
        ("7", "seven"),
        ("8", "eight"),
        ("10", "ten"),
        ("12", "twelve"),
        ("16", "sixteen"),
        ("20", "twenty"),
    ];
    text.to_lowercase()
        .replace('\'', "")
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            NUMBERS
                .iter()
                .find(|(digits, _)| *digits == word)
                .map_or(word, |(_, name)| name)
                .to_owned()
        })
        .collect()
}

/// Words to insert, delete or replace to get from one text to the other.
pub fn word_errors(expected: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, want) in expected.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, have) in heard.iter().enumerate() {
            let substituted = diagonal + usize::from(want != have);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()]
}
