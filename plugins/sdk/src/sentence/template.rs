//! From the text of a template to its tree.

use std::collections::BTreeMap;
use std::fmt;

use crate::SlotType;
use crate::words::Words;

/// The most pieces a sentence may have with its rules filled in.
const MAX_NODES: usize = 2_000;

/// The most parts that can stand in any order: their program has a block for each set of them.
const MAX_PERMUTED: usize = 5;

/// How deep brackets and rules may nest.
const MAX_DEPTH: usize = 24;

/// A template's tree. Words are normalised.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Word(String),
    Slot(String),
    All(Vec<Node>),
    /// All of them, in any order.
    Permuted(Vec<Node>),
    Any(Vec<Node>),
    Maybe(Box<Node>),
}

impl Node {
    /// The fewest words that match it.
    pub(super) fn least(&self) -> usize {
        match self {
            Self::Word(_) | Self::Slot(_) => 1,
            Self::All(nodes) | Self::Permuted(nodes) => nodes.iter().map(Self::least).sum(),
            Self::Any(nodes) => nodes.iter().map(Self::least).min().unwrap_or(0),
            Self::Maybe(_) => 0,
        }
    }

    /// The size of its program, about.
    fn pieces(&self) -> usize {
        let sum = |nodes: &[Self]| {
            let sizes = nodes.iter().map(Self::pieces);
            sizes.fold(1_usize, usize::saturating_add)
        };
        match self {
            Self::Word(_) | Self::Slot(_) => 1,
            Self::Maybe(inner) => inner.pieces().saturating_add(1),
            Self::All(nodes) | Self::Any(nodes) => sum(nodes),
            // Each part stands in every set of the others.
            Self::Permuted(nodes) => sum(nodes).saturating_mul(1 << (nodes.len() - 1)),
        }
    }
}

/// Where a sentence is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The plugin's id.
    pub plugin: String,
    /// The intent's name.
    pub intent: String,
    /// The template's text.
    pub text: String,
}

impl Source {
    pub(super) fn new(plugin: &str, intent: &str, text: &str) -> Self {
        Self {
            plugin: plugin.into(),
            intent: intent.into(),
            text: text.into(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "plugin `{}`, intent `{}`, sentence `{}`",
            self.plugin, self.intent, self.text
        )
    }
}

/// A malformed template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}{}, column {column}: {fault}", in_rule(.rule))]
pub struct TemplateError {
    /// The sentence.
    pub at: Box<Source>,
    /// The rule inside which the fault is, if it is inside one.
    pub rule: Option<String>,
    /// The character at which the fault shows, from 1, in the sentence or the rule.
    pub column: usize,
    /// What is wrong.
    pub fault: Fault,
}

fn in_rule(rule: &Option<String>) -> String {
    rule.as_ref()
        .map_or(String::new(), |rule| format!(", rule `<{rule}>`"))
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An opening mark without its end.
    #[error("this `{0}` is never closed")]
    Unclosed(char),
    /// A closing mark, or a `|`, where none can be.
    #[error("`{0}` does not belong here")]
    Stray(char),
    /// Nothing between two marks.
    #[error("nothing stands here; write words or remove the marks")]
    Empty,
    /// A slot that the intent does not declare.
    #[error("the intent has no slot `{0}`; add it to its `slots`")]
    UnknownSlot(String),
    /// A slot used twice in one sentence, where both could hold a value.
    #[error("the slot `{0}` stands here twice")]
    SlotTwice(String),
    /// A rule that the manifest does not define.
    #[error("the manifest has no rule `<{0}>`; add it to `[rules]`")]
    UnknownRule(String),
    /// A rule that contains itself.
    #[error("the rule `<{0}>` contains itself")]
    RuleLoop(String),
    /// Every part is optional.
    #[error("every part is optional, so silence would match")]
    MatchesNothing,
    /// Too big.
    #[error("with its rules filled in, it has too many pieces; split it")]
    TooLarge,
    /// Too many parts in any order.
    #[error("at most {MAX_PERMUTED} parts can stand in any order; join some or split the sentence")]
    TooManyOrders,
}

/// Parses one sentence and fills in its rules.
pub(super) fn parse(
    source: &Source,
    rules: &BTreeMap<String, String>,
    slots: &BTreeMap<String, SlotType>,
) -> Result<Node, TemplateError> {
    let mut scope = Scope {
        rules,
        slots,
        nodes: 0,
        open_rules: Vec::new(),
    };
    let error = |bad: Bad| TemplateError {
        at: Box::new(source.clone()),
        rule: bad.rule,
        column: bad.column,
        fault: bad.fault,
    };
    let node = Parser::new(&source.text).whole(&mut scope).map_err(error)?;
    let bad = |fault| {
        error(Bad {
            rule: None,
            column: 1,
            fault,
        })
    };
    if node.pieces() > MAX_NODES {
        return Err(bad(Fault::TooLarge));
    }
    if node.least() == 0 {
        return Err(bad(Fault::MatchesNothing));
    }
    if let Err(slot) = slots_once(&node) {
        return Err(bad(Fault::SlotTwice(slot)));
    }
    Ok(node)
}

/// The slots that a match of `node` may fill; the slot's name if one could be filled twice.
fn slots_once(node: &Node) -> Result<Vec<&str>, String> {
    match node {
        Node::Word(_) => Ok(Vec::new()),
        Node::Slot(name) => Ok(vec![name]),
        Node::Maybe(inner) => slots_once(inner),
        Node::Any(nodes) => {
            let each: Result<Vec<_>, _> = nodes.iter().map(slots_once).collect();
            Ok(each?.concat())
        }
        Node::All(nodes) | Node::Permuted(nodes) => {
            let mut seen: Vec<&str> = Vec::new();
            for node in nodes {
                let more = slots_once(node)?;
                if let Some(twice) = more.iter().find(|name| seen.contains(name)) {
                    return Err((*twice).into());
                }
                seen.extend(more);
            }
            Ok(seen)
        }
    }
}

struct Scope<'a> {
    rules: &'a BTreeMap<String, String>,
    slots: &'a BTreeMap<String, SlotType>,
    nodes: usize,
    open_rules: Vec<String>,
}

struct Bad {
    rule: Option<String>,
    column: usize,
    fault: Fault,
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn new(text: &str) -> Self {
        Self {
            chars: text.chars().collect(),
            at: 0,
            depth: 0,
        }
    }

    fn bad(at: usize, scope: &Scope<'_>, fault: Fault) -> Bad {
        Bad {
            rule: scope.open_rules.last().cloned(),
            column: at + 1,
            fault,
        }
    }

    fn whole(mut self, scope: &mut Scope<'_>) -> Result<Node, Bad> {
        let node = self.alternatives(scope)?;
        match self.chars.get(self.at) {
            Some(c) => Err(Self::bad(self.at, scope, Fault::Stray(*c))),
            None => Ok(node),
        }
    }

    /// Sequences with `|` between them, up to a closing mark or the end.
    fn alternatives(&mut self, scope: &mut Scope<'_>) -> Result<Node, Bad> {
        let mut all = vec![self.sequence(scope)?];
        while self.chars.get(self.at) == Some(&'|') {
            self.at += 1;
            all.push(self.sequence(scope)?);
        }
        Ok(if all.len() == 1 {
            all.remove(0)
        } else {
            Node::Any(all)
        })
    }

    fn sequence(&mut self, scope: &mut Scope<'_>) -> Result<Node, Bad> {
        let start = self.at;
        let mut nodes = Vec::new();
        while let Some(&c) = self.chars.get(self.at) {
            match c {
                '|' | ';' | ')' | ']' => break,
                '[' => nodes.push(Node::Maybe(Box::new(self.group(']', scope)?))),
                '(' => nodes.push(self.group(')', scope)?),
                '{' => nodes.push(self.slot(scope)?),
                '<' => nodes.push(self.rule(scope)?),
                '}' | '>' => return Err(Self::bad(self.at, scope, Fault::Stray(c))),
                _ => nodes.extend(self.words()),
            }
            scope.nodes += 1;
            if scope.nodes > MAX_NODES || nodes.len() > MAX_NODES {
                return Err(Self::bad(self.at, scope, Fault::TooLarge));
            }
        }
        if nodes.is_empty() {
            return Err(Self::bad(start, scope, Fault::Empty));
        }
        Ok(if nodes.len() == 1 {
            nodes.remove(0)
        } else {
            Node::All(nodes)
        })
    }

    fn group(&mut self, close: char, scope: &mut Scope<'_>) -> Result<Node, Bad> {
        let start = self.at;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Self::bad(start, scope, Fault::TooLarge));
        }
        self.at += 1;
        let mut parts = vec![self.alternatives(scope)?];
        while self.chars.get(self.at) == Some(&';') {
            self.at += 1;
            parts.push(self.alternatives(scope)?);
        }
        if parts.len() > MAX_PERMUTED {
            return Err(Self::bad(start, scope, Fault::TooManyOrders));
        }
        let node = if parts.len() == 1 {
            parts.remove(0)
        } else {
            Node::Permuted(parts)
        };
        self.depth -= 1;
        match self.chars.get(self.at) {
            Some(c) if *c == close => {
                self.at += 1;
                Ok(node)
            }
            Some(c) => Err(Self::bad(self.at, scope, Fault::Stray(*c))),
            None => Err(Self::bad(start, scope, Fault::Unclosed(self.chars[start]))),
        }
    }

    /// The name between the mark here and `close`.
    fn name(&mut self, close: char, scope: &Scope<'_>) -> Result<String, Bad> {
        let start = self.at;
        let Some(len) = self.chars[start..].iter().position(|c| *c == close) else {
            return Err(Self::bad(start, scope, Fault::Unclosed(self.chars[start])));
        };
        let name: String = self.chars[start + 1..start + len].iter().collect();
        self.at = start + len + 1;
        if name.trim().is_empty() {
            Err(Self::bad(start, scope, Fault::Empty))
        } else {
            Ok(name.trim().into())
        }
    }

    fn slot(&mut self, scope: &Scope<'_>) -> Result<Node, Bad> {
        let start = self.at;
        let name = self.name('}', scope)?;
        if scope.slots.contains_key(&name) {
            Ok(Node::Slot(name))
        } else {
            Err(Self::bad(start, scope, Fault::UnknownSlot(name)))
        }
    }

    fn rule(&mut self, scope: &mut Scope<'_>) -> Result<Node, Bad> {
        let start = self.at;
        let name = self.name('>', scope)?;
        let Some(text) = scope.rules.get(&name) else {
            return Err(Self::bad(start, scope, Fault::UnknownRule(name)));
        };
        if scope.open_rules.contains(&name) {
            return Err(Self::bad(start, scope, Fault::RuleLoop(name)));
        }
        if scope.open_rules.len() >= MAX_DEPTH {
            return Err(Self::bad(start, scope, Fault::TooLarge));
        }
        scope.open_rules.push(name);
        let node = Parser::new(text).whole(scope)?;
        scope.open_rules.pop();
        Ok(node)
    }

    /// The plain words from here to the next mark.
    fn words(&mut self) -> Vec<Node> {
        let is_mark = |c: &char| "[](){}<>|;".contains(*c);
        let rest = &self.chars[self.at..];
        let len = rest.iter().position(is_mark).unwrap_or(rest.len());
        let text: String = rest[..len].iter().collect();
        self.at += len;
        Words::new(&text)
            .texts()
            .into_iter()
            .map(|word| Node::Word(word.into()))
            .collect()
    }
}
