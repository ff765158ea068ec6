//! Which sentences an utterance can match at all.
//!
//! Every sentence is filed under words of which at least one is in each of its forms: for
//! `(what is|tell me) the time`, "time" alone will do. Among the possible choices the words that
//! are rarest in all sentences are taken, so an utterance calls up few sentences.

use std::collections::HashMap;

use super::template::Node;
use super::vocabulary::Vocabulary;

#[derive(Debug)]
pub(super) struct Index {
    by_word: HashMap<u32, Vec<usize>>,
    /// Sentences with no such words: nothing but slots.
    always: Vec<usize>,
}

impl Index {
    pub(super) fn new(nodes: &[Node], vocabulary: &Vocabulary) -> Self {
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for node in nodes {
            count(node, &mut uses);
        }
        let mut index = Self {
            by_word: HashMap::new(),
            always: Vec::new(),
        };
        for (at, node) in nodes.iter().enumerate() {
            match cover(node, &uses) {
                Some((_, words)) => {
                    for id in words.iter().filter_map(|word| vocabulary.get(word)) {
                        index.by_word.entry(id).or_default().push(at);
                    }
                }
                None => index.always.push(at),
            }
        }
        index
    }

    /// The sentences worth trying, in their order.
    pub(super) fn candidates(&self, ids: impl Iterator<Item = u32>) -> Vec<usize> {
        let filed = ids.filter_map(|id| self.by_word.get(&id)).flatten();
        let mut all: Vec<usize> = filed.chain(&self.always).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

fn count<'a>(node: &'a Node, uses: &mut HashMap<&'a str, usize>) {
    match node {
        Node::Word(word) => *uses.entry(word).or_default() += 1,
        Node::Slot(_) => {}
        Node::All(nodes) | Node::Permuted(nodes) | Node::Any(nodes) => {
            nodes.iter().for_each(|node| count(node, uses))
        }
        Node::Maybe(inner) => count(inner, uses),
    }
}

/// Words of which every form of `node` has one, and how often they are used in all sentences.
fn cover<'a>(node: &'a Node, uses: &HashMap<&str, usize>) -> Option<(usize, Vec<&'a str>)> {
    match node {
        Node::Word(word) => Some((uses[word.as_str()], vec![word])),
        Node::Slot(_) | Node::Maybe(_) => None,
        Node::All(nodes) | Node::Permuted(nodes) => nodes
            .iter()
            .filter_map(|node| cover(node, uses))
            .min_by_key(|(cost, _)| *cost),
        Node::Any(nodes) => nodes
            .iter()
            .try_fold((0, Vec::new()), |(cost, mut words), node| {
                let (more, also) = cover(node, uses)?;
                words.extend(also);
                Some((cost + more, words))
            }),
    }
}
