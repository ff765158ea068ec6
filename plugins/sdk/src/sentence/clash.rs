//! Sentences that the same words match.

use std::collections::HashMap;
use std::fmt;

use super::compiled::Sentence;
use super::template::{Node, Source};
use crate::read::Reader;

/// Forms of one sentence that are compared with other sentences. A sentence with more is
/// compared as far as this.
const MAX_FORMS: usize = 512;

/// Two sentences of which the second cannot be reached by some words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The sentence that wins.
    pub first: Source,
    /// The sentence that loses.
    pub second: Source,
    /// Words that both match; slots by their type.
    pub words: String,
    /// Whether sentences before it take all words of the second, which then never matches.
    pub unreachable: bool,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" matches both {} and {}; the first wins",
            self.words, self.first, self.second
        )?;
        if self.unreachable {
            write!(f, " and the second is never reached; remove it")?;
        }
        Ok(())
    }
}

/// The clashes between intents, and sentences that add nothing to their own intent.
pub(super) fn find(list: &[Sentence], nodes: &[Node], readers: &[Reader]) -> Vec<Clash> {
    let mut owners: HashMap<String, usize> = HashMap::new();
    let mut clashes = Vec::new();
    for (at, (sentence, node)) in list.iter().zip(nodes).enumerate() {
        let slot = |name: &str| {
            let found = sentence.slots.iter().find(|slot| slot.name == name);
            found.map_or(String::new(), |slot| {
                format!("{{{:?}}}", readers[slot.reader].kind())
            })
        };
        let forms = forms(node, &slot);
        let mut taken = Vec::new();
        for form in &forms {
            match owners.get(form) {
                Some(owner) if *owner != at => taken.push((*owner, form)),
                Some(_) => {}
                None => _ = owners.insert(form.clone(), at),
            }
        }
        let same = |owner: usize| {
            list[owner].source.intent == sentence.source.intent
                && list[owner].source.plugin == sentence.source.plugin
        };
        let rival = taken.iter().find(|(owner, _)| !same(*owner));
        let unreachable = taken.len() == forms.len() && forms.len() < MAX_FORMS;
        let useless = || unreachable.then(|| taken.first())?;
        if let Some((owner, form)) = rival.or_else(useless) {
            clashes.push(Clash {
                first: list[*owner].source.clone(),
                second: sentence.source.clone(),
                words: (*form).clone(),
                unreachable,
            });
        }
    }
    clashes
}

/// What `node` can be said as, up to [`MAX_FORMS`] different forms.
fn forms(node: &Node, slot: &impl Fn(&str) -> String) -> Vec<String> {
    let mut all = match node {
        Node::Word(word) => vec![word.clone()],
        Node::Slot(name) => vec![slot(name)],
        Node::Maybe(inner) => {
            let mut all = vec![String::new()];
            all.extend(forms(inner, slot));
            all
        }
        Node::Any(nodes) => nodes.iter().flat_map(|node| forms(node, slot)).collect(),
        Node::All(nodes) => {
            let each: Vec<_> = nodes.iter().map(|node| forms(node, slot)).collect();
            joined(&each.iter().collect::<Vec<_>>())
        }
        Node::Permuted(nodes) => {
            let each: Vec<_> = nodes.iter().map(|node| forms(node, slot)).collect();
            let orders = orders(each.iter().collect());
            let all = orders.iter().flat_map(|order| joined(order));
            all.take(MAX_FORMS).collect()
        }
    };
    all.sort_unstable();
    all.dedup();
    all.truncate(MAX_FORMS);
    all
}

/// One form of each part after the other, in all ways, up to [`MAX_FORMS`].
fn joined(parts: &[&Vec<String>]) -> Vec<String> {
    parts.iter().fold(vec![String::new()], |heads, tails| {
        let pairs = heads
            .iter()
            .flat_map(|head| tails.iter().map(move |tail| (head, tail)));
        let join = |(head, tail): (&String, &String)| match (head.as_str(), tail.as_str()) {
            ("", text) | (text, "") => text.to_owned(),
            (head, tail) => format!("{head} {tail}"),
        };
        pairs.map(join).take(MAX_FORMS).collect()
    })
}

/// All orders of the few parts that a template permutes.
fn orders<T: Copy>(parts: Vec<T>) -> Vec<Vec<T>> {
    if parts.len() < 2 {
        return vec![parts];
    }
    let first = |at: usize| {
        let mut rest = parts.clone();
        let first = rest.remove(at);
        orders(rest).into_iter().map(move |mut order| {
            order.insert(0, first);
            order
        })
    };
    (0..parts.len()).flat_map(first).collect()
}
