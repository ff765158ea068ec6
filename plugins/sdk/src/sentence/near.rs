//! Tolerant matching.
//!
//! The utterance is aligned with a template's program at the least cost: a word may be left out
//! of either, or stand for another that looks or sounds like it. What a word costs is its weight:
//! words that few intents use tell much ("joke"), words that all use tell little ("the"), and a
//! word that no sentence knows tells that something else was meant. The score is the share of the
//! weight of both sides that is aligned. Slots take values as they do in an exact match, at no
//! cost; a sentence whose slot finds no value scores at most [`MOST_INCOMPLETE`]: good enough to
//! be suggested or asked about, never to be acted on.
//!
//! Any words would fit a sentence with free text. Such a sentence is near only if all its own words
//! were heard and nothing but the value of a slot is missing.

use std::collections::{BTreeSet, HashMap};

use super::compiled::Sentence;
use super::gaps::Reading;
use super::heard::Heard;
use super::program::{Op, SlotUse, State};
use super::sound::Sound;
use super::vocabulary::Vocabulary;
use crate::SlotType;
use crate::read::Reader;

/// The longest utterance that is compared, in words; commands are short.
const MAX_WORDS: usize = 30;

/// Sentences that are aligned, chosen by the words they share with the utterance.
const SHORTLIST: usize = 96;

/// The same of the sentences with free text.
const FREE_SHORTLIST: usize = 32;

/// The weight of a word that says little by itself.
const LITTLE: f32 = 0.25;

/// The weight of a slot for which there is no value.
const MISSING_SLOT: f32 = 2.0;

/// The highest score of a sentence that lacks the value of a slot.
const MOST_INCOMPLETE: f32 = 0.7;

/// The weight of the words that tell who is meant: little, but "my name" is not "your name".
const PERSONAL: f32 = 0.6;

/// The weight of a word that no sentence knows.
const UNKNOWN: f32 = 1.75;

/// Words that say little by themselves. Not here: "not", "no" and the like, which turn a
/// sentence around.
const FUNCTION_WORDS: &str = "a an the is are am was be do does did it its this that of to in on at for with and or \
     so what which how can could will would should shall may tell give say know let have has got want \
     need like some there here now right just please hey okay exactly currently";

/// Words that tell who is meant.
const PERSONAL_WORDS: &str = "i me my you your we us our";

/// What near matching needs to know about all sentences.
#[derive(Debug)]
pub(super) struct Weights {
    /// By word of the vocabulary.
    weights: Vec<f32>,
    sounds: Vec<Sound>,
    /// The sentences that use the word.
    users: Vec<Vec<usize>>,
    /// Whether the sentence has free text.
    free: Vec<bool>,
}

/// A sentence aligned with an utterance.
pub(super) struct Aligned {
    pub(super) sentence: usize,
    pub(super) score: f32,
    /// The score if the missing slots had been said.
    pub(super) complete_score: f32,
    pub(super) reading: Reading,
}

impl Weights {
    pub(super) fn new(list: &[Sentence], vocabulary: &Vocabulary, readers: &[Reader]) -> Self {
        let size = vocabulary.words.len();
        let mut intents: Vec<BTreeSet<(&str, &str)>> = vec![BTreeSet::new(); size];
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); size];
        let mut free = Vec::with_capacity(list.len());
        let mut all = BTreeSet::new();
        for (at, sentence) in list.iter().enumerate() {
            let intent = (
                sentence.source.plugin.as_str(),
                sentence.source.intent.as_str(),
            );
            all.insert(intent);
            let is_text = |slot: &SlotUse| *readers[slot.reader].kind() == SlotType::Text;
            free.push(sentence.slots.iter().any(is_text));
            for op in &sentence.program.ops {
                let Op::Word(word) = *op else { continue };
                intents[word as usize].insert(intent);
                if users[word as usize].last() != Some(&at) {
                    users[word as usize].push(at);
                }
            }
        }
        // Between 1 for a word that every intent uses and 2 for a word of only one.
        let most = (all.len().max(2) as f32).ln();
        let rarity = |users: usize| 1.0 + (all.len() as f32 / users.max(1) as f32).ln() / most;
        let weight =
            |word: &String, users: usize| common_weight(word).unwrap_or_else(|| rarity(users));
        let weights = vocabulary
            .words
            .iter()
            .zip(&intents)
            .map(|(word, users)| weight(word, users.len()));
        Self {
            weights: weights.collect(),
            sounds: vocabulary
                .words
                .iter()
                .map(|word| Sound::new(word))
                .collect(),
            users,
            free,
        }
    }

    /// The sentences most like what was heard, in no order.
    pub(super) fn rank(
        &self,
        heard: &Heard<'_>,
        list: &[Sentence],
        vocabulary: &Vocabulary,
    ) -> Vec<Aligned> {
        if heard.len() == 0 || heard.len() > MAX_WORDS {
            return Vec::new();
        }
        let words: Vec<Likely> = heard
            .texts()
            .iter()
            .map(|word| self.likely(word, vocabulary))
            .collect();
        let mut shared: HashMap<usize, f32> = HashMap::new();
        for word in &words {
            let mut best: HashMap<usize, f32> = HashMap::new();
            for (id, likeness) in word
                .alike
                .iter()
                .filter(|(id, _)| self.weights[**id as usize] > PERSONAL)
            {
                for user in &self.users[*id as usize] {
                    let share = best.entry(*user).or_default();
                    *share = share.max(likeness * self.weights[*id as usize]);
                }
            }
            for (user, share) in best {
                *shared.entry(user).or_default() += share;
            }
        }
        let mut chosen: Vec<(usize, f32)> = shared.into_iter().collect();
        chosen.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let (mut free, mut chosen): (Vec<_>, Vec<_>) =
            chosen.into_iter().partition(|(at, _)| self.free[*at]);
        chosen.truncate(SHORTLIST);
        free.truncate(FREE_SHORTLIST);
        chosen.append(&mut free);
        let align = |&(at, _): &(usize, f32)| self.align(at, &list[at], heard, &words);
        chosen.iter().filter_map(align).collect()
    }

    fn likely(&self, word: &str, vocabulary: &Vocabulary) -> Likely {
        let mut alike = HashMap::new();
        if let Some(id) = vocabulary.get(word) {
            alike.insert(id, 1.0);
        } else {
            let sound = Sound::new(word);
            for (id, other) in self.sounds.iter().enumerate() {
                let likeness = sound.likeness(other);
                if likeness > 0.0 {
                    alike.insert(id as u32, likeness);
                }
            }
        }
        let best = alike
            .iter()
            .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
        let weight = match best {
            Some((id, _)) => self.weights[*id as usize],
            None => common_weight(word).unwrap_or(UNKNOWN),
        };
        Likely { weight, alike }
    }

    fn align(
        &self,
        at: usize,
        sentence: &Sentence,
        heard: &Heard<'_>,
        words: &[Likely],
    ) -> Option<Aligned> {
        let ops = &sentence.program.ops;
        let mut table = Table::new(words.len() + 1, ops.len());
        for (pc, op) in ops.iter().enumerate() {
            for word in 0..=words.len() {
                let from = (pc, word);
                let Some(here) = table.get(from) else {
                    continue;
                };
                let surplus = words.get(word);
                if let (Some(surplus), Op::Word(_) | Op::Slot(_) | Op::End) = (surplus, op) {
                    table.offer((pc, word + 1), here.plus(surplus.weight, 0.0), from);
                }
                match *op {
                    Op::Word(id) => {
                        let weight = self.weights[id as usize];
                        table.offer((pc + 1, word), here.plus(weight, weight), from);
                        if let Some((surplus, likeness)) =
                            surplus.and_then(|w| Some((w, w.alike.get(&id)?)))
                        {
                            let cost = (surplus.weight + weight) * (1.0 - likeness);
                            table.offer((pc + 1, word + 1), here.plus(cost, weight), from);
                        }
                    }
                    Op::Slot(slot) => {
                        let missing = here.plus(MISSING_SLOT, MISSING_SLOT);
                        table.offer((pc + 1, word), missing, from);
                        for len in heard.lengths(sentence.slots[slot].reader, word) {
                            let weight = words[word..word + len].iter().map(|w| w.weight).sum();
                            table.offer((pc + 1, word + len), here.plus(0.0, weight), from);
                        }
                    }
                    Op::OrElse(other) => {
                        table.offer((pc + 1, word), here, from);
                        table.offer((other, word), here, from);
                    }
                    Op::Jump(to) => table.offer((to, word), here, from),
                    Op::End => {}
                }
            }
        }
        let end = (ops.len() - 1, words.len());
        let path = table.get(end)?;
        let said: f32 = words.iter().map(|word| word.weight).sum();
        let free = self.free[at];
        let is_typed = |slot: usize| free && !heard.is_text(sentence.slots[slot].reader);
        let reading = Reading::new(&table.states(end), ops, is_typed);
        if free && (reading.gaps.is_empty() || !reading.words_fit) {
            return None;
        }
        let score = |cost: f32| 1.0 - cost / (said + path.weight);
        // What the gaps cost: the slot where it has no value at all, and the words in its place.
        let gaps = reading.gaps.iter().map(|gap| {
            let surplus = words[gap.heard.clone()].iter().map(|word| word.weight);
            MISSING_SLOT + surplus.sum::<f32>()
        });
        let complete_score = score((path.cost - gaps.sum::<f32>()).max(0.0));
        let score = score(path.cost);
        Some(Aligned {
            sentence: at,
            score: if reading.gaps.is_empty() {
                score
            } else {
                score.min(MOST_INCOMPLETE)
            },
            complete_score,
            reading,
        })
    }
}

/// The weight of a word that is common everywhere.
fn common_weight(word: &str) -> Option<f32> {
    let is_in = |words: &str| words.split(' ').any(|one| one == word);
    if is_in(FUNCTION_WORDS) {
        Some(LITTLE)
    } else {
        is_in(PERSONAL_WORDS).then_some(PERSONAL)
    }
}

/// A word heard: its weight, and the vocabulary's words that it can stand for.
struct Likely {
    weight: f32,
    alike: HashMap<u32, f32>,
}

/// The cheapest way to a state: its cost, and the weight of the template's words on it.
#[derive(Clone, Copy, Default)]
struct Path {
    cost: f32,
    weight: f32,
}

impl Path {
    fn plus(self, cost: f32, weight: f32) -> Self {
        Self {
            cost: self.cost + cost,
            weight: self.weight + weight,
        }
    }
}

/// The cheapest ways known, each with the state it comes from.
struct Table {
    width: usize,
    cells: Vec<Option<(Path, State)>>,
}

impl Table {
    fn new(width: usize, height: usize) -> Self {
        let mut cells = vec![None; width * height];
        cells[0] = Some((Path::default(), (0, 0)));
        Self { width, cells }
    }

    fn get(&self, (pc, word): State) -> Option<Path> {
        self.cells[pc * self.width + word].map(|(path, _)| path)
    }

    fn offer(&mut self, (pc, word): State, path: Path, from: State) {
        let cell = &mut self.cells[pc * self.width + word];
        if cell.is_none_or(|(best, _)| path.cost < best.cost) {
            *cell = Some((path, from));
        }
    }

    /// The states on the way to `end`, first to last.
    fn states(&self, end: State) -> Vec<State> {
        let mut states = vec![end];
        let mut state = end;
        while state != (0, 0) {
            let Some((_, from)) = self.cells[state.0 * self.width + state.1] else {
                break;
            };
            states.push(from);
            state = from;
        }
        states.reverse();
        states
    }
}
