//! Takes secrets out of texts before they are written anywhere.
//!
//! A secret is replaced by its kind and a keyed fingerprint, `[github-token:3f2a9c01]`: the same
//! secret has the same fingerprint within an installation, and nobody without its key can try
//! candidates against it. Texts without any of the rules' literals cost one pass.

mod checks;
mod names;
mod rules;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use hmac::{Hmac, KeyInit, Mac};
use regex::Regex;
use serde_json::{Map, Value};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::chain::hex;
use rules::{RULES, Rule};

/// Values are not looked into deeper than this; what is below is left out.
const DEPTH: usize = 32;

/// Takes secrets out of texts. It holds the installation's secret and cannot be printed.
#[derive(Clone)]
pub struct Redactor {
    key: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

/// The kinds of secrets that are known.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    let mut kinds: Vec<_> = RULES.iter().map(|rule| rule.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The rules, compiled once for the process.
struct Compiled {
    /// Finds the literals; the number of a pattern is its place in `rule_of`.
    literals: AhoCorasick,
    rule_of: Vec<usize>,
    /// Rules without a literal, which are tried where there are digits enough.
    numeric: Vec<usize>,
    patterns: Vec<Regex>,
}

/// `None` if a rule is wrong, which a test rules out.
fn compiled() -> Option<&'static Compiled> {
    static COMPILED: OnceLock<Option<Compiled>> = OnceLock::new();
    COMPILED
        .get_or_init(|| {
            let mut literals = Vec::new();
            let mut rule_of = Vec::new();
            let mut numeric = Vec::new();
            let mut patterns = Vec::with_capacity(RULES.len());
            for (at, rule) in RULES.iter().enumerate() {
                patterns.push(Regex::new(rule.pattern).ok()?);
                if rule.literals.is_empty() {
                    numeric.push(at);
                }
                for literal in rule.literals {
                    literals.push(*literal);
                    rule_of.push(at);
                }
            }
            let literals = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(literals)
                .ok()?;
            Some(Compiled {
                literals,
                rule_of,
                numeric,
                patterns,
            })
        })
        .as_ref()
}

/// A secret in a text.
struct Found {
    at: Range<usize>,
    rule: usize,
    kind: &'static str,
}

impl Redactor {
    /// One whose fingerprints are made with `secret`.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self {
            key: Zeroizing::new(secret.to_vec()),
        }
    }

    /// `[kind:fingerprint]` for the secret `text`.
    #[must_use]
    pub fn mark(&self, kind: &str, text: &str) -> String {
        // An HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return format!("[{kind}]");
        };
        mac.update(text.as_bytes());
        let tag = mac.finalize().into_bytes();
        format!("[{kind}:{}]", hex(tag.get(..4).unwrap_or_default()))
    }

    /// `text` without its secrets.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(compiled) = compiled() else {
            return Cow::Owned(self.mark("text", text));
        };
        let found = compiled.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut done = 0;
        for Found { at, kind, .. } in found {
            clean.push_str(text.get(done..at.start).unwrap_or_default());
            clean.push_str(&self.mark(kind, text.get(at.clone()).unwrap_or_default()));
            done = at.end;
        }
        clean.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(clean)
    }

    /// `value` without its secrets: those in its texts and keys, and what stands under a key that names
    /// one.
    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        self.walk(value, None, DEPTH)
    }

    fn walk(&self, value: Value, named: Option<&'static str>, depth: usize) -> Value {
        match (value, named) {
            (Value::Array(_) | Value::Object(_), _) if depth == 0 => Value::from("[too deep]"),
            (Value::Array(items), _) => items
                .into_iter()
                .map(|item| self.walk(item, named, depth - 1))
                .collect(),
            (Value::Object(fields), _) => {
                let mut clean = Map::new();
                for (key, value) in fields {
                    let named = names::secret(&key).or(named);
                    let key = self.text(&key).into_owned();
                    clean.insert(key, self.walk(value, named, depth - 1));
                }
                Value::Object(clean)
            }
            (Value::String(text), Some(kind)) if !text.is_empty() => self.mark(kind, &text).into(),
            (Value::Number(number), Some(kind)) => self.mark(kind, &number.to_string()).into(),
            (Value::String(text), None) => match self.text(&text) {
                Cow::Borrowed(_) => Value::String(text),
                Cow::Owned(clean) => Value::String(clean),
            },
            (Value::Number(number), None) => {
                let text = number.to_string();
                match self.text(&text) {
                    Cow::Borrowed(_) => Value::Number(number),
                    Cow::Owned(clean) => Value::String(clean),
                }
            }
            (other, _) => other,
        }
    }
}

impl Compiled {
    /// The secrets in `text`, in their order; what overlaps is one.
    fn find(&self, text: &str) -> Vec<Found> {
        let mut tried = [false; RULES.len()];
        let mut try_rule = |rule: Option<&usize>| {
            if let Some(tried) = rule.and_then(|rule| tried.get_mut(*rule)) {
                *tried = true;
            }
        };
        for literal in self.literals.find_overlapping_iter(text) {
            try_rule(self.rule_of.get(literal.pattern().as_usize()));
        }
        if text
            .bytes()
            .filter(u8::is_ascii_digit)
            .take(checks::DIGITS)
            .count()
            == checks::DIGITS
        {
            self.numeric.iter().for_each(|rule| try_rule(Some(rule)));
        }
        let mut found = Vec::new();
        for (at, (rule, pattern)) in RULES.iter().zip(&self.patterns).enumerate() {
            if tried.get(at) == Some(&true) {
                found.extend(matches(at, rule, pattern, text));
            }
        }
        merge(found)
    }
}

fn matches(at: usize, rule: &Rule, pattern: &Regex, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for captures in pattern.captures_iter(text) {
        let secret = captures.name("secret").or_else(|| captures.get(0));
        if let Some(secret) = secret
            && !secret.is_empty()
            && rule.check.is_none_or(|check| check(secret.as_str()))
        {
            found.push(Found {
                at: secret.range(),
                rule: at,
                kind: rule.kind,
            });
        }
    }
    found
}

/// Joins what overlaps; the rule that stands first names it.
fn merge(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|one| (one.at.start, one.rule));
    let mut merged: Vec<Found> = Vec::with_capacity(found.len());
    for one in found {
        match merged.last_mut() {
            Some(last) if one.at.start < last.at.end => {
                last.at.end = last.at.end.max(one.at.end);
                if one.rule < last.rule {
                    last.rule = one.rule;
                    last.kind = one.kind;
                }
            }
            _ => merged.push(one),
        }
    }
    merged
}
