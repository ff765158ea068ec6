//! Jokes, each once before any comes again.

use std::sync::atomic::{AtomicUsize, Ordering};

const JOKES: [&str; 26] = [
    "I told my calendar we should take things slowly. Now it only does one day at a time.",
    "My alarm clock and I have an arrangement. It talks, and I pretend that I heard nothing.",
    "Why did the loaf of bread apply for a job? It needed the dough.",
    "I asked the elevator how it was doing. It said it has its ups and downs.",
    "Why did the calculator break up with the pencil? Because it could no longer count on it.",
    "My plants and I have the same hobby. We stand at the window and wait for the weekend.",
    "What did the left shoe say to the right shoe? Without you I would be going in circles.",
    "Why was the broom late for work? It overswept.",
    "I wanted to tell you a joke about an unsent letter. But you wouldn't get it.",
    "Why do computers never go hungry? There is always a byte left somewhere.",
    "What do you call a snowman in July? A puddle with a carrot.",
    "I bought a map of my own kitchen. Now I know where I stand at midnight.",
    "Why did the tomato blush at the party? It saw the salad dressing.",
    "My umbrella is the most loyal friend I have. It only opens up when things get bad.",
    "What does a cloud wear under its raincoat? Thunderwear.",
    "Why did the bicycle take a nap? It was two tired.",
    "The staircase told me a secret. I think it is up to something.",
    "Why don't oysters share their toys? They are a little shellfish.",
    "I have a very good memory. The only thing I ever forget is, well, never mind.",
    "What did the ocean say to the beach? Nothing. It just waved.",
    "Why did the scarecrow get a promotion? It was outstanding in its field.",
    "I tried to catch some fog this morning. I mist.",
    "What is a microphone's favorite sport? Anything, as long as it's sound.",
    "Why did the music teacher need a ladder? To reach the high notes.",
    "My keyboard and I had an argument. It lost control, and I made my escape.",
    "What do you call a dinosaur with a large vocabulary? A thesaurus.",
];

/// An odd step that shares no factor with the number of jokes, so that all of them come up.
const STEP: usize = 7;

/// Goes through the jokes, in an order that is not the one they are written in.
#[derive(Debug, Default)]
pub(crate) struct Jokes(AtomicUsize);

impl Jokes {
    /// Begins somewhere else on another day.
    pub(crate) fn starting_at(day: usize) -> Self {
        Self(AtomicUsize::new(day))
    }

    pub(crate) fn next(&self) -> &'static str {
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        JOKES[turn.wrapping_mul(STEP) % JOKES.len()]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_joke_comes_before_one_comes_again() {
        let jokes = Jokes::starting_at(329);
        let told: Vec<_> = (0..JOKES.len() * 2).map(|_| jokes.next()).collect();
        let (first, second) = told.split_at(JOKES.len());
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), JOKES.len());
        assert_eq!(first, second);
        assert!(told.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
