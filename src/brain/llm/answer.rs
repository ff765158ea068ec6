//! Puts an answer together from the parts in which it comes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::message::{Finish, Piece, Tool, ToolCall};
use super::repetition::Repetition;
use super::sentences::{CLOSERS, Sentences};
use super::thoughts::Thoughts;
use super::wire::{CallFragment, Chunk, Delta};

/// The most calls in one answer.
const MAX_CALLS: usize = 8;

/// The longest arguments of one call, in bytes of JSON.
const MAX_ARGUMENT_BYTES: usize = 16 * 1024;

/// The longest id and name of a call, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// An answer under way.
pub(super) struct Answer<'a> {
    offered: &'a [Tool],
    thoughts: Thoughts,
    sentences: Sentences,
    /// Only where the answer is spoken: programs may well repeat their lines.
    repetition: Option<Repetition>,
    text: String,
    /// Calls by the server's index; those that were handed on stay, to know late fragments by.
    calls: BTreeMap<u32, Draft>,
    /// The call that the last fragment was of.
    current: Option<u32>,
    done: Vec<ToolCall>,
    dropped: Vec<String>,
    finish: Option<Finish>,
    is_begun: bool,
}

/// A call under way.
#[derive(Debug, Default)]
struct Draft {
    id: String,
    name: String,
    arguments: Arguments,
    is_handed_on: bool,
}

/// Arguments as they come: JSON text in pieces, or the object itself.
#[derive(Debug)]
enum Arguments {
    Text(String),
    Object(Map<String, Value>),
}

impl Default for Arguments {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// What an answer came to.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) text: String,
    pub(super) calls: Vec<ToolCall>,
    pub(super) dropped: Vec<String>,
    pub(super) finish: Option<Finish>,
}

impl<'a> Answer<'a> {
    /// The answer to a request in which these tools were offered, which is spoken as it comes or
    /// wanted as a whole.
    pub(super) fn new(offered: &'a [Tool], is_spoken: bool) -> Self {
        Self {
            offered,
            thoughts: Thoughts::default(),
            sentences: Sentences::default(),
            repetition: is_spoken.then(Repetition::default),
            text: String::new(),
            calls: BTreeMap::new(),
            current: None,
            done: Vec::new(),
            dropped: Vec::new(),
            finish: None,
            is_begun: false,
        }
    }

    /// Whether a word, a thought or a piece of a call has come.
    pub(super) fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// Whether more is not worth reading.
    pub(super) fn is_circling(&self) -> bool {
        self.finish == Some(Finish::Circling)
    }

    /// Whether the server has said that this is all.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Bytes of text so far.
    pub(super) fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Takes the next part and gives what became whole by it. Only the first of several answers
    /// to choose from counts.
    ///
    /// # Errors
    /// Says what is wrong with the part.
    pub(super) fn take(&mut self, chunk: Chunk) -> Result<Vec<Piece>, String> {
        let mut pieces = Vec::new();
        let Some(choice) = chunk.choices.into_iter().next() else {
            return Ok(pieces);
        };
        if let Some(delta) = choice.delta.or(choice.message) {
            self.is_begun |= delta.is_token();
            self.take_delta(delta, &mut pieces)?;
        }
        if let Some(reason) = choice.finish_reason {
            self.finish = Some(match reason.as_str() {
                "length" => Finish::Length,
                "content_filter" => Finish::Filtered,
                _ => Finish::Done,
            });
        }
        Ok(pieces)
    }

    /// Takes the end of the answer: what is still left of it, and all of it.
    pub(super) fn end(mut self) -> (Vec<Piece>, Whole) {
        let mut pieces = Vec::new();
        let thoughts = std::mem::take(&mut self.thoughts);
        self.say(&thoughts.end(), &mut pieces);
        let is_first = self.sentences.pending().len() == self.text.len();
        let last = std::mem::take(&mut self.sentences).end();
        let last = match self.finish {
            Some(Finish::Length) if !is_first => last.and_then(whole_sentences),
            _ => last,
        };
        pieces.extend(last.map(Piece::Sentence));
        let indices: Vec<u32> = self.calls.keys().copied().collect();
        for index in indices {
            self.hand_on(index, true, &mut pieces);
        }
        let whole = Whole {
            text: self.text.trim().to_owned(),
            calls: self.done,
            dropped: self.dropped,
            finish: self.finish,
        };
        (pieces, whole)
    }

    fn take_delta(&mut self, delta: Delta, pieces: &mut Vec<Piece>) -> Result<(), String> {
        if let Some(text) = delta.content {
            let said = self.thoughts.push(&text);
            self.say(&said, pieces);
        }
        for (place, fragment) in delta.tool_calls.into_iter().flatten().enumerate() {
            self.take_fragment(fragment, place, pieces)?;
        }
        Ok(())
    }

    fn say(&mut self, said: &str, pieces: &mut Vec<Piece>) {
        if self.is_circling() {
            return;
        }
        let handed_on = self.text.len() - self.sentences.pending().len();
        self.text.push_str(said);
        let circle = self.repetition.as_mut();
        if let Some(worth) = circle.and_then(|repetition| repetition.push(said)) {
            self.finish = Some(Finish::Circling);
            self.text.truncate(worth.max(handed_on));
            self.sentences = Sentences::default();
            let left = self.text[handed_on..].trim();
            pieces.extend((!left.is_empty()).then(|| Piece::Sentence(left.to_owned())));
            return;
        }
        pieces.extend(self.sentences.push(said).into_iter().map(Piece::Sentence));
    }

    fn take_fragment(
        &mut self,
        fragment: CallFragment,
        place: usize,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), String> {
        let index = fragment
            .index
            .unwrap_or_else(|| self.index_of(fragment.id.as_deref(), place));
        if let Some(before) = self
            .current
            .replace(index)
            .filter(|before| *before != index)
        {
            self.hand_on(before, false, pieces);
        }
        if !self.calls.contains_key(&index) && self.calls.len() == MAX_CALLS {
            return Err(format!("it has more than {MAX_CALLS} tool calls"));
        }
        let draft = self.calls.entry(index).or_default();
        if draft.is_handed_on {
            return Err("it adds to a tool call that was whole".into());
        }
        if let Some(id) = fragment.id.filter(|id| !id.is_empty()) {
            draft.id = id;
        }
        let function = fragment.function.unwrap_or_default();
        // Some servers repeat the name in each fragment, others send it in pieces.
        if let Some(name) = function.name.filter(|name| *name != draft.name) {
            draft.name.push_str(&name);
        }
        draft.arguments.add(function.arguments);
        if draft.arguments.bytes() > MAX_ARGUMENT_BYTES
            || draft.id.len().max(draft.name.len()) > MAX_NAME_BYTES
        {
            return Err(format!(
                "a tool call is longer than {MAX_ARGUMENT_BYTES} bytes"
            ));
        }
        Ok(())
    }

    /// Which call a fragment without an index is of: by its id, else the call under way. A new id
    /// begins a new call.
    fn index_of(&self, id: Option<&str>, place: usize) -> u32 {
        let next = || {
            self.calls
                .keys()
                .next_back()
                .map_or(0, |last| last.saturating_add(1))
        };
        match (id.filter(|id| !id.is_empty()), self.current) {
            (Some(id), _) => {
                let known = self.calls.iter().find(|(_, draft)| draft.id == id);
                known.map_or_else(next, |(index, _)| *index)
            }
            (None, Some(current)) if place == 0 => current,
            (None, _) => next(),
        }
    }

    /// Hands a call on if it is whole, or, at the end of the answer, drops it if it is not.
    fn hand_on(&mut self, index: u32, at_end: bool, pieces: &mut Vec<Piece>) {
        let Some(draft) = self
            .calls
            .get_mut(&index)
            .filter(|draft| !draft.is_handed_on)
        else {
            return;
        };
        let is_offered = self.offered.iter().any(|tool| tool.name == draft.name);
        let arguments = draft.arguments.object(at_end);
        match arguments {
            Some(arguments) if is_offered => {
                draft.is_handed_on = true;
                let id = std::mem::take(&mut draft.id);
                let call = ToolCall {
                    // Servers without ids still want one with the result.
                    id: if id.is_empty() {
                        format!("call_{index}")
                    } else {
                        id
                    },
                    name: draft.name.clone(),
                    arguments,
                };
                self.done.push(call.clone());
                pieces.push(Piece::Call(call));
            }
            _ if !at_end => {}
            _ if !is_offered => self.dropped.push(format!(
                "`{}` is no tool that was offered",
                draft.name.escape_debug()
            )),
            _ => self.dropped.push(format!(
                "the arguments of `{}` are no JSON object",
                draft.name
            )),
        }
    }
}

/// `text` as an object. Some servers let a model write line breaks in the middle of a text, which
/// JSON does not.
fn read_object(text: &str) -> Option<Map<String, Value>> {
    let strictly = serde_json::from_str(text);
    strictly
        .or_else(|_| serde_json::from_str(&text.replace(char::is_control, " ")))
        .ok()
}

/// `text` without the sentence at its end that is not whole; none if that is all of it.
fn whole_sentences(text: String) -> Option<String> {
    let end = text.rfind(['.', '!', '?', '…'])?;
    let end = end + text[end..].chars().next().map_or(1, char::len_utf8);
    let closers = text[end..].len() - text[end..].trim_start_matches(CLOSERS).len();
    Some(text[..end + closers].to_owned())
}

impl Arguments {
    fn add(&mut self, more: Option<Value>) {
        match (&mut *self, more) {
            (Self::Text(text), Some(Value::String(more))) => text.push_str(&more),
            (Self::Text(text), Some(Value::Object(object))) if text.is_empty() => {
                *self = Self::Object(object);
            }
            (_, None | Some(Value::Null)) => {}
            // An object and more: what was meant cannot be told.
            (_, Some(_)) => *self = Self::Text("?".into()),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            // Came in one line, which has its own limit.
            Self::Object(_) => 0,
        }
    }

    /// The arguments, if they are whole. At the end nothing at all means none.
    fn object(&self, at_end: bool) -> Option<Map<String, Value>> {
        match self {
            Self::Text(text) if at_end && text.trim().is_empty() => Some(Map::new()),
            Self::Text(text) => read_object(text),
            Self::Object(object) => Some(object.clone()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
