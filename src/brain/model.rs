//! The language model, for what no other stage understood: it answers, or asks for an intent.
//!
//! Whatever it asks for goes through the same policy as everything else. What a tool gives back is
//! handed to it as data.

use std::time::{Duration, Instant};

use fame_plugin::read::Reader;
use fame_plugin::{Intent, Reply, SlotType, Slots};
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tracing::Instrument;

use super::act::Acted;
use super::decision::{Candidate, Decision, Route, Routed};
use super::llm::prompt::{self, IntentSlot, IntentTool};
use super::llm::{Client, Completion, LlmError, MAX_TOOLS, Message, Piece, Tool, ToolCall};
use super::order::Order;
use super::policy::{self, Verdict};
use super::query::Sentences;
use super::{Brain, Mind, Query};
use crate::bus::Event;
use crate::plugins::{Loaded, Registry};

/// How often the model is asked for one request: with the results of its tools, once more each.
const MAX_ROUNDS: usize = 3;

/// Tools that the model may use for one request. More calls are left out.
const MAX_CALLS: usize = 4;

/// Pieces of an answer on their way to the voice. The model waits while they are full.
const PIECES: usize = 8;

/// What the model made of a request.
pub(super) struct Modelled {
    pub(super) decisions: Vec<Decision>,
    pub(super) acted: Acted,
    /// Whether the words went out as they came.
    pub(super) streamed: bool,
    /// How long it took until somebody could hear or read the first of them.
    pub(super) first_words: Duration,
}

impl Brain {
    /// Has the model answer `query`, which was understood as `unknown`: as nothing.
    pub(super) async fn ask_model(
        &self,
        client: &Client,
        mind: &Mind,
        query: &Query,
        unknown: &Routed,
        said: Option<&Sentences>,
    ) -> Modelled {
        let tools = self.tools(&mind.registry, query);
        let history = self.in_session(query, |session, _| session.history());
        let now = self
            .clock
            .now()
            .strftime("%A, %B %-d, %Y, %-I:%M %p")
            .to_string();
        let mut messages = prompt::messages(&now, &history, &query.text);
        let mut talk = Talk {
            said,
            words: Vec::new(),
            begun: Instant::now(),
            first_words: None,
        };
        let mut outcome = Modelled {
            decisions: Vec::new(),
            acted: Acted {
                ok: true,
                ..Acted::default()
            },
            streamed: said.is_some(),
            first_words: Duration::ZERO,
        };
        for _ in 0..MAX_ROUNDS {
            let listening = talk.listen(client, &messages, &tools);
            let heard = listening.instrument(tracing::debug_span!("model")).await;
            self.tell_model(&heard);
            let completion = match heard {
                Ok(completion) => completion,
                Err(error) => {
                    tracing::warn!(%error, "the language model gave no answer");
                    talk.say(error.spoken().to_owned()).await;
                    outcome.acted.ok = false;
                    break;
                }
            };
            if completion.calls.is_empty() {
                break;
            }
            messages.push(Message::Assistant {
                text: completion.text.clone(),
                calls: completion.calls.clone(),
            });
            let done = self
                .use_tools(mind, query, completion.calls, &mut outcome)
                .await;
            // One act of our own plugins says best itself what it did.
            if let [only] = &done[..]
                && (only.is_ours || outcome.acted.asks)
            {
                talk.say(only.speech.clone()).await;
                break;
            }
            messages.extend(done.into_iter().map(|done| Message::ToolResult {
                call_id: done.call_id,
                name: done.name,
                data: done.data,
            }));
        }
        if outcome.decisions.is_empty() {
            let mut decision = unknown.decision.clone();
            decision.route = Route::Model;
            decision.reason = "no intent fits; the language model answered".into();
            outcome.decisions.push(decision);
        }
        outcome.acted.reply.speech = talk.words.join(" ");
        if outcome.acted.reply.speech.trim().is_empty() {
            outcome.acted.ok = false;
            let empty = "I have no answer to that. Please ask it another way.";
            talk.say(empty.into()).await;
            outcome.acted.reply.speech = empty.into();
        }
        outcome.first_words = talk.first_words.unwrap_or_else(|| talk.begun.elapsed());
        outcome
    }

    /// Tells how the model answered.
    fn tell_model(&self, heard: &Result<Completion, LlmError>) {
        let completion = heard.as_ref().ok();
        let (prompt_tokens, completion_tokens) =
            completion.and_then(|one| one.tokens).unwrap_or_default();
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        self.publish(Event::ModelAnswered {
            ok: completion.is_some(),
            ms: completion.map_or(0.0, |one| ms(one.total)),
            first_token_ms: completion.and_then(|one| one.first_token).map(ms),
            prompt_tokens,
            completion_tokens,
        });
    }

    /// The intents that the model may ask for: all that the policy does not deny, control words
    /// left out.
    fn tools(&self, registry: &Registry, query: &Query) -> Vec<Tool> {
        let plugins = registry.plugins().iter().filter(|one| !one.is_control());
        let all = plugins.flat_map(|loaded| {
            let intents = loaded.manifest.intents.iter();
            intents.map(move |intent| (loaded.as_ref(), intent))
        });
        let permitted = all.filter(|(loaded, intent)| {
            let act = policy::Act {
                intent: &intent.name,
                risk: intent.risk,
                plugin: &loaded.manifest.id,
                granted: loaded.manifest.permissions.is_subset(&loaded.granted),
            };
            !matches!(
                policy::decide(&self.policy, query.asker(), act),
                Verdict::Deny(_)
            )
        });
        permitted
            .map(|(loaded, intent)| tool(loaded, intent))
            .take(MAX_TOOLS)
            .collect()
    }

    async fn use_tools(
        &self,
        mind: &Mind,
        query: &Query,
        calls: Vec<ToolCall>,
        outcome: &mut Modelled,
    ) -> Vec<Used> {
        let mut used = Vec::new();
        for call in calls.into_iter().take(MAX_CALLS) {
            let owner = mind.registry.owner(&call.name);
            let (Some(loaded), Some(intent)) = (owner, mind.registry.intent(&call.name)) else {
                continue;
            };
            let slots = read_arguments(&mind.registry, loaded, intent, &call.arguments);
            let take = Candidate {
                intent: intent.name.clone(),
                plugin: loaded.manifest.id.clone(),
                score: 1.0,
                sentence: String::new(),
            };
            let reason = "the language model asked for it".to_owned();
            let mut routed = Routed::take(&query.text, Route::Model, take, slots, reason);
            let order = Order {
                loaded,
                intent,
                slots: routed.slots.clone(),
                arguments: (!loaded.is_builtin()).then_some(call.arguments),
                carried: Vec::new(),
                confidence: 1.0,
                amends: false,
                by_model: true,
                route: Route::Model,
                reason: routed.decision.reason.clone(),
                consent: None,
            };
            let missing = intent
                .ask
                .keys()
                .find(|slot| !order.slots.contains_key(*slot));
            let acted = match missing.filter(|_| loaded.is_builtin()) {
                Some(slot) => self.ask_for(mind, query, &routed, slot),
                None => self.decide_and_do(query, order).await,
            };
            routed.decision.verdict = acted.verdict.map(Into::into);
            outcome.decisions.push(routed.decision);
            used.push(Used {
                call_id: call.id,
                name: call.name,
                data: result(&acted.reply),
                speech: acted.reply.speech.clone(),
                is_ours: loaded.is_builtin(),
            });
            merge(&mut outcome.acted, acted);
        }
        used
    }
}

/// A tool that was used.
struct Used {
    call_id: String,
    name: String,
    data: String,
    speech: String,
    /// Whether it is part of FAME, so that its reply is fit to be spoken as it is.
    is_ours: bool,
}

/// The words of the model, on their way to the voice.
struct Talk<'a> {
    said: Option<&'a Sentences>,
    words: Vec<String>,
    begun: Instant,
    /// When the first sentence went out; none where nothing goes out before the end.
    first_words: Option<Duration>,
}

impl Talk<'_> {
    async fn listen(
        &mut self,
        client: &Client,
        messages: &[Message],
        tools: &[Tool],
    ) -> Result<Completion, LlmError> {
        let (sender, mut pieces) = mpsc::channel(PIECES);
        let speak = async {
            while let Some(piece) = pieces.recv().await {
                if let Piece::Sentence(sentence) = piece {
                    self.say(sentence).await;
                }
            }
        };
        let (completion, ()) = tokio::join!(client.chat(messages, tools, sender), speak);
        completion
    }

    async fn say(&mut self, sentence: String) {
        if let Some(said) = self.said {
            self.first_words.get_or_insert_with(|| self.begun.elapsed());
            // Nobody listens any more when the turn was cut short.
            let _ = said.send(sentence.clone()).await;
        }
        self.words.push(sentence);
    }
}

/// Adds what one act came to to what the others did.
fn merge(all: &mut Acted, one: Acted) {
    all.ok &= one.ok;
    all.asks |= one.asks;
    all.approval = all.approval.or(one.approval);
    all.plugin_ms += one.plugin_ms;
    all.reply.acts.extend(one.reply.acts);
    all.reply.sources.extend(one.reply.sources);
    if one.reply.data.is_some() {
        all.reply.data = one.reply.data;
    }
    if one.reply.display.is_some() {
        all.reply.display = one.reply.display;
    }
}

/// What the model is told of a reply.
fn result(reply: &Reply) -> String {
    match &reply.data {
        Some(data) => format!("{}\n{data}", reply.speech),
        None => reply
            .display
            .clone()
            .unwrap_or_else(|| reply.speech.clone()),
    }
}

fn tool(loaded: &Loaded, intent: &Intent) -> Tool {
    // A server's tool comes with its own schema.
    if let Some(tool) = loaded.tool(intent) {
        return Tool {
            name: intent.name.clone(),
            description: tool.description.clone(),
            parameters: tool.input_schema.clone(),
        };
    }
    let slots = intent.slots.iter().map(|(name, kind)| IntentSlot {
        name: name.clone(),
        kind: kind.name().into(),
        choices: match kind {
            SlotType::List(entries) => entries.keys().cloned().collect(),
            _ => Vec::new(),
        },
        required: intent.ask.contains_key(name),
    });
    prompt::tool(&IntentTool {
        name: intent.name.clone(),
        summary: intent
            .summary
            .clone()
            .unwrap_or_else(|| intent.example.clone()),
        example: intent.example.clone(),
        slots: slots.collect(),
    })
}

/// The slots in a call's arguments: those that can be read as their type.
fn read_arguments(
    registry: &Registry,
    loaded: &Loaded,
    intent: &Intent,
    arguments: &Map<String, Value>,
) -> Slots {
    let plugin = &loaded.manifest.id;
    let read = |(name, kind): (&String, &SlotType)| {
        let value = arguments.get(name)?;
        let slot = Reader::new(kind.clone(), plugin, registry.lists()).read_value(value)?;
        Some((name.clone(), slot))
    };
    intent.slots.iter().filter_map(read).collect()
}
