//! "what's" is "what is".

use super::Word;

/// Spells contractions out and drops all other apostrophes ("today's" becomes "todays").
pub(super) fn expand(words: Vec<Word>) -> Vec<Word> {
    let mut out = Vec::with_capacity(words.len());
    for word in words {
        match long_form(&word.text) {
            Some(parts) => {
                let part = |text: &str| Word {
                    text: text.into(),
                    span: word.span.clone(),
                };
                out.extend(parts.split(' ').map(part));
            }
            None => out.push(Word {
                text: word.text.replace('\'', ""),
                ..word
            }),
        }
    }
    out
}

/// Recognisers and typists leave the apostrophe out; where that makes no other word, it is
/// understood too.
fn long_form(word: &str) -> Option<&'static str> {
    Some(match word {
        "what's" | "whats" => "what is",
        "who's" | "whos" => "who is",
        "where's" | "wheres" => "where is",
        "when's" | "whens" => "when is",
        "how's" | "hows" => "how is",
        "it's" => "it is",
        "that's" | "thats" => "that is",
        "there's" | "theres" => "there is",
        "here's" | "heres" => "here is",
        "time's" => "time is",
        "let's" => "let us",
        "i'm" | "im" => "i am",
        "you're" | "youre" => "you are",
        "we're" => "we are",
        "they're" | "theyre" => "they are",
        "what're" => "what are",
        "i'd" => "i would",
        "you'd" | "youd" => "you would",
        "i'll" => "i will",
        "you'll" | "youll" => "you will",
        "i've" | "ive" => "i have",
        "you've" | "youve" => "you have",
        "don't" | "dont" => "do not",
        "doesn't" | "doesnt" => "does not",
        "didn't" | "didnt" => "did not",
        "isn't" | "isnt" => "is not",
        "aren't" | "arent" => "are not",
        "can't" | "cant" | "cannot" => "can not",
        "couldn't" | "couldnt" => "could not",
        "won't" => "will not",
        "wouldn't" | "wouldnt" => "would not",
        "shouldn't" | "shouldnt" => "should not",
        "gonna" => "going to",
        "wanna" => "want to",
        "gimme" => "give me",
        "lemme" => "let me",
        "ok" => "okay",
        _ => return None,
    })
}
