//! Sentences that ask for an intent.
//!
//! A template is words with marks in it:
//!
//! | written | matches |
//! | --- | --- |
//! | `what time is it` | these words, whatever their case and punctuation |
//! | `[the] time` | "the time" or "time" |
//! | `(tell\|give) me` | "tell me" or "give me" |
//! | `timer for {length}` | the slot `length`, of the type that the manifest gives it |
//! | `(at {time}; on {day})` | both, in any order |
//! | `<ask> the time` | the manifest's rule `ask`, a piece of template of its own |
//!
//! All templates of all plugins are compiled into one [`Sentences`]. [`Sentences::find`] matches
//! exactly, [`Sentences::near`] tolerates wrong, missing and surplus words and says how alike the
//! two are.

mod accepts;
mod clash;
mod compiled;
mod examples;
mod gaps;
mod heard;
mod homophone;
mod index;
mod near;
mod program;
mod sound;
mod spot;
mod template;
mod unused;
mod vocabulary;

pub use crate::lists::{Lists, MAX_ENTRIES};
pub use clash::Clash;
pub use spot::{Spotted, spot};
pub use template::{Fault, TemplateError};
pub use unused::Unused;

use crate::read::Reader;
use crate::words::Words;
use crate::{Intent, Manifest, Slots};
use compiled::Sentence;
use heard::Heard;
use index::Index;
use near::Weights;
use program::{Capture, Program, SlotUse};
use template::Source;
use vocabulary::Vocabulary;

/// The longest utterance that is matched, in words.
pub const MAX_WORDS: usize = 400;

/// The sentences of all plugins, compiled.
#[derive(Debug)]
pub struct Sentences {
    list: Vec<Sentence>,
    vocabulary: Vocabulary,
    readers: Vec<Reader>,
    index: Index,
    weights: Weights,
    clashes: Vec<Clash>,
    unused: Vec<Unused>,
}

/// A sentence that fits an utterance.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<'a> {
    /// The plugin's id.
    pub plugin: &'a str,
    /// The intent's name.
    pub intent: &'a str,
    /// The template.
    pub sentence: &'a str,
    /// The values found.
    pub slots: Slots,
    /// How well it fits, 0 to 1.
    pub score: f32,
    /// The slots of the sentence that found no value; only near matches lack any.
    pub missing: Vec<Missing>,
    /// The score as if the missing slots had been said, to decide whether to ask for them. The
    /// same as `score` if none is missing.
    pub complete_score: f32,
}

/// A slot that found no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub slot: String,
    /// The words that were said in its place; often none.
    pub heard: String,
}

impl Sentences {
    /// Compiles the sentences of `manifests`; `lists` hold the values of their dynamic slots.
    /// Where two are the same, the first wins and
    /// [`Sentences::clashes`] tells.
    ///
    /// # Errors
    /// Names the plugin, the intent, the sentence and the column of the first malformed template.
    pub fn compile<'a>(
        manifests: impl IntoIterator<Item = &'a Manifest>,
        lists: &Lists,
    ) -> Result<Self, TemplateError> {
        let manifests: Vec<&Manifest> = manifests.into_iter().collect();
        let mut sentences = Self::of(&manifests, lists, |intent| &intent.sentences)?;
        sentences.unused = manifests.iter().flat_map(|one| unused::find(one)).collect();
        Ok(sentences)
    }

    /// Compiles the follow-ups of `manifests`: what asks for an intent only while the
    /// conversation is about its plugin. A match counts only if it is of that plugin.
    ///
    /// # Errors
    /// Like [`Sentences::compile`].
    pub fn compile_follow_ups<'a>(
        manifests: impl IntoIterator<Item = &'a Manifest>,
        lists: &Lists,
    ) -> Result<Self, TemplateError> {
        let manifests: Vec<&Manifest> = manifests.into_iter().collect();
        Self::of(&manifests, lists, |intent| &intent.follow_ups)
    }

    fn of(
        manifests: &[&Manifest],
        lists: &Lists,
        texts: impl Fn(&Intent) -> &[String],
    ) -> Result<Self, TemplateError> {
        let mut vocabulary = Vocabulary::default();
        let mut readers: Vec<Reader> = Vec::new();
        let mut list = Vec::new();
        let mut nodes = Vec::new();
        for manifest in manifests {
            for intent in &manifest.intents {
                for text in texts(intent) {
                    let source = Source::new(&manifest.id, &intent.name, text);
                    let node = template::parse(&source, &manifest.rules, &intent.slots)?;
                    let mut slots = Vec::new();
                    let program = Program::compile(&node, &mut vocabulary, &mut |name| {
                        let kind = &intent.slots[name];
                        let new = Reader::new(kind.clone(), &manifest.id, lists);
                        let known = readers.iter().position(|reader| *reader == new);
                        let reader = known.unwrap_or_else(|| {
                            readers.push(new);
                            readers.len() - 1
                        });
                        slots.push(SlotUse {
                            name: name.into(),
                            reader,
                        });
                        slots.len() - 1
                    });
                    list.push(Sentence {
                        source,
                        program,
                        slots,
                    });
                    nodes.push(node);
                }
            }
        }
        let index = Index::new(&nodes, &vocabulary);
        let clashes = clash::find(&list, &nodes, &readers);
        let weights = Weights::new(&list, &vocabulary, &readers);
        Ok(Self {
            list,
            vocabulary,
            readers,
            index,
            weights,
            clashes,
            unused: Vec::new(),
        })
    }

    /// Sentences that can be matched by the same words.
    #[must_use]
    pub fn clashes(&self) -> &[Clash] {
        &self.clashes
    }

    /// Rules and slots that no sentence uses.
    #[must_use]
    pub fn unused(&self) -> &[Unused] {
        &self.unused
    }

    /// The sentences that fit `words`, best first, one an intent: those with fewer words in free
    /// text before others, then those with more words of their own. Politeness around the
    /// request is overlooked if nothing fits it; and if still nothing fits, a word may stand for
    /// another that sounds the same ("right a letter").
    #[must_use]
    pub fn find(&self, words: &Words) -> Vec<Match<'_>> {
        let literally = self.find_exactly(words, false);
        if !literally.is_empty() {
            return literally;
        }
        let cores = words.cores();
        let literally = cores.iter().map(|core| self.find_exactly(core, false));
        let whole = std::iter::once_with(|| self.find_exactly(words, true));
        let by_sound = whole.chain(cores.iter().map(|core| self.find_exactly(core, true)));
        literally
            .chain(by_sound)
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    fn find_exactly(&self, words: &Words, by_sound: bool) -> Vec<Match<'_>> {
        let texts = words.texts();
        if texts.is_empty() || texts.len() > MAX_WORDS {
            return Vec::new();
        }
        let mut heard = Heard::new(words, &texts, &self.vocabulary, &self.readers);
        if by_sound {
            match heard.by_sound(&self.vocabulary) {
                Some(alike) => heard = alike,
                None => return Vec::new(),
            }
        }
        let mut found: Vec<_> = self
            .index
            .candidates(heard.ids())
            .into_iter()
            .filter_map(|at| {
                let sentence = &self.list[at];
                let captures = sentence.program.run(&heard, &sentence.slots)?;
                let free = sentence.free_words(&captures, &self.readers);
                let taken: usize = captures.iter().map(|capture| capture.range.len()).sum();
                Some((free, taken, at, captures))
            })
            .collect();
        found.sort_by_key(|(free, taken, at, _)| (*free, *taken, *at));
        let score = |free: usize| 1.0 - 0.5 * free as f32 / texts.len() as f32;
        one_each(
            found.iter().map(|(free, _, at, captures)| {
                self.list[*at].matched(&heard, captures, score(*free))
            }),
        )
    }

    /// The sentences nearest to `words`, best first, one an intent, however far they are.
    ///
    /// Any words would fit free text: sentences with it are left out, unless all their own words
    /// were heard and only the value of a slot is missing.
    #[must_use]
    pub fn near(&self, words: &Words) -> Vec<Match<'_>> {
        let mut found = self.near_exactly(words);
        for core in words.cores() {
            found.extend(self.near_exactly(&core));
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        one_each(found.into_iter())
    }

    fn near_exactly(&self, words: &Words) -> Vec<Match<'_>> {
        let texts = words.texts();
        let heard = Heard::new(words, &texts, &self.vocabulary, &self.readers);
        let mut found = self.weights.rank(&heard, &self.list, &self.vocabulary);
        found.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then(a.sentence.cmp(&b.sentence))
        });
        one_each(found.iter().map(|near| {
            let sentence = &self.list[near.sentence];
            let gaps = near.reading.gaps.iter().map(|gap| Missing {
                slot: sentence.slots[gap.slot].name.clone(),
                heard: words.original_of(gap.heard.clone()).into(),
            });
            Match {
                missing: gaps.collect(),
                complete_score: near.complete_score,
                ..sentence.matched(&heard, &near.reading.captures, near.score)
            }
        }))
    }
}

impl Sentence {
    fn free_words(&self, captures: &[Capture], readers: &[Reader]) -> usize {
        let free = |capture: &&Capture| {
            readers[self.slots[capture.slot].reader].kind() == &crate::SlotType::Text
        };
        captures
            .iter()
            .filter(free)
            .map(|capture| capture.range.len())
            .sum()
    }

    fn matched(&self, heard: &Heard<'_>, captures: &[Capture], score: f32) -> Match<'_> {
        let value = |capture: &Capture| {
            let slot = &self.slots[capture.slot];
            Some((
                slot.name.clone(),
                heard.read(slot.reader, capture.range.clone())?,
            ))
        };
        Match {
            plugin: &self.source.plugin,
            intent: &self.source.intent,
            sentence: &self.source.text,
            slots: captures.iter().filter_map(value).collect(),
            score,
            missing: Vec::new(),
            complete_score: score,
        }
    }
}

/// The first match of each intent.
fn one_each<'a>(matches: impl Iterator<Item = Match<'a>>) -> Vec<Match<'a>> {
    let mut kept: Vec<Match<'a>> = Vec::new();
    for next in matches {
        if !kept
            .iter()
            .any(|one| one.intent == next.intent && one.plugin == next.plugin)
        {
            kept.push(next);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
