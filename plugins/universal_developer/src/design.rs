//! Architectures: what parts a system has, what flows between them, what was weighed.

use std::fmt::Write as _;

use fame_plugin::say;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::phrases::Phrases;

/// The designs that are known without a language model.
const DESIGNS: &[&str] = &[
    include_str!("../designs/reverse_proxy.toml"),
    include_str!("../designs/message_queue.toml"),
    include_str!("../designs/rate_limiter.toml"),
    include_str!("../designs/url_shortener.toml"),
    include_str!("../designs/chat.toml"),
    include_str!("../designs/job_queue.toml"),
    include_str!("../designs/cache.toml"),
    include_str!("../designs/search.toml"),
    include_str!("../designs/file_store.toml"),
    include_str!("../designs/auth.toml"),
    include_str!("../designs/metrics.toml"),
    include_str!("../designs/cdn.toml"),
    include_str!("../designs/notifications.toml"),
];

/// The most parts, flows or recommendations that a language model's design may have.
const MOST_PARTS: usize = 30;

/// One architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Design {
    /// Its name, unique among the designs.
    pub(crate) id: String,
    /// What it is, fit to follow "a design of a".
    pub(crate) title: String,
    /// What it is called when it is asked for.
    #[serde(default)]
    pub(crate) names: Vec<String>,
    /// The idea in a sentence or two, fit to be said.
    pub(crate) summary: String,
    /// Its parts.
    #[serde(rename = "component")]
    pub(crate) components: Vec<Component>,
    /// What flows between them, in the order in which it happens.
    pub(crate) flow: Vec<Flow>,
    /// What was weighed.
    #[serde(rename = "trade_off")]
    pub(crate) trade_offs: Vec<TradeOff>,
    /// What to do beyond the drawing.
    pub(crate) recommendations: Vec<String>,
}

/// A part of a system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Component {
    /// What flows call it.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// What it is there for.
    pub(crate) does: String,
}

/// What a part is; it decides its shape in the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Somebody, or a program of theirs.
    Person,
    /// A program that answers.
    Service,
    /// Where data stays.
    Store,
    /// Where data waits.
    Queue,
}

/// One step of the data's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flow {
    /// The component that it leaves.
    pub(crate) from: String,
    /// The component that it reaches.
    pub(crate) to: String,
    /// What it is.
    pub(crate) what: String,
}

/// A choice with its two sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TradeOff {
    /// What was chosen.
    pub(crate) choice: String,
    /// What that is good for.
    pub(crate) gains: String,
    /// What it costs.
    pub(crate) costs: String,
}

/// Why a design is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DesignError {
    /// Not the TOML of a design.
    #[error("reading the designs: {0}")]
    Toml(#[from] toml::de::Error),
    /// Not the JSON of a design.
    #[error("reading the model's design: {0}")]
    Json(#[from] serde_json::Error),
    /// A flow from or to a part that there is not.
    #[error("the design `{design}` has no component `{component}`")]
    NoComponent {
        /// The design's id.
        design: String,
        /// What a flow names.
        component: String,
    },
    /// More than is shown.
    #[error("the design `{0}` has more than {MOST_PARTS} parts of a kind")]
    TooLarge(String),
}

/// All designs, with the words that find them.
#[derive(Debug)]
pub(crate) struct Designs {
    pub(crate) all: Vec<Design>,
    phrases: Phrases,
}

impl Designs {
    /// Reads all designs.
    pub(crate) fn load() -> Result<Self, DesignError> {
        let all: Result<Vec<Design>, DesignError> = DESIGNS
            .iter()
            .map(|text| toml::from_str::<Design>(text)?.checked())
            .collect();
        let all = all?;
        let phrases = all.iter().map(|design| design.names.clone()).collect();
        Ok(Self {
            all,
            phrases: Phrases::new(phrases),
        })
    }

    /// The design that `said` means.
    pub(crate) fn find(&self, said: &str) -> Option<&Design> {
        let named = |design: &&Design| design.id == said;
        let by_id = self.all.iter().find(named);
        by_id.or_else(|| self.phrases.best(said).map(|at| &self.all[at]))
    }

    /// The names that the manifest's list has: the design's id, and what it is called.
    pub(crate) fn names(&self) -> Vec<(String, Vec<String>)> {
        let entry = |design: &Design| (design.id.clone(), design.names.clone());
        self.all.iter().map(entry).collect()
    }
}

impl Design {
    /// A design that a language model wrote as JSON.
    pub(crate) fn parse(text: &str) -> Result<Self, DesignError> {
        serde_json::from_str::<Self>(text)?.checked()
    }

    fn checked(self) -> Result<Self, DesignError> {
        let counts = [
            self.components.len(),
            self.flow.len(),
            self.trade_offs.len(),
            self.recommendations.len(),
        ];
        if counts.iter().any(|count| *count > MOST_PARTS) {
            return Err(DesignError::TooLarge(self.id));
        }
        let missing = self
            .flow
            .iter()
            .flat_map(|flow| [&flow.from, &flow.to])
            .find(|id| self.place(id).is_none())
            .cloned();
        match missing {
            Some(component) => Err(DesignError::NoComponent {
                design: self.id,
                component,
            }),
            None => Ok(self),
        }
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.components
            .iter()
            .position(|component| component.id == id)
    }

    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.place(id).map_or(id, |at| &self.components[at].name)
    }

    /// A flowchart of Mermaid: the components as nodes, the flow as numbered arrows.
    pub(crate) fn diagram(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        for (at, component) in self.components.iter().enumerate() {
            let (open, close) = match component.kind {
                Kind::Person => ("([", "])"),
                Kind::Service => ("[", "]"),
                Kind::Store => ("[(", ")]"),
                Kind::Queue => ("[[", "]]"),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "    n{at}{open}\"{}\"{close}", label(&component.name));
        }
        for (at, flow) in self.flow.iter().enumerate() {
            if let (Some(from), Some(to)) = (self.place(&flow.from), self.place(&flow.to)) {
                let what = label(&flow.what);
                let _ = writeln!(text, "    n{from} -->|\"{}. {what}\"| n{to}", at + 1);
            }
        }
        text
    }

    /// What is said: the idea, and the parts' names.
    pub(crate) fn spoken(&self) -> String {
        let names = self
            .components
            .iter()
            .map(|component| component.name.clone());
        let names: Vec<String> = names.collect();
        format!("{} Its parts: {}.", self.summary, say::list(&names, "and"))
    }

    /// What a screen shows, as Markdown.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!(
            "## {}\n\n{}\n\n### Components\n\n",
            self.title, self.summary
        );
        for component in &self.components {
            let _ = writeln!(text, "- **{}**: {}", component.name, component.does);
        }
        text.push_str("\n### Data flow\n\n");
        for (at, flow) in self.flow.iter().enumerate() {
            let (from, to) = (self.name(&flow.from), self.name(&flow.to));
            let _ = writeln!(text, "{}. {from} → {to}: {}", at + 1, flow.what);
        }
        text.push_str("\n### Trade-offs\n\n");
        for trade in &self.trade_offs {
            let (choice, gains, costs) = (&trade.choice, &trade.gains, &trade.costs);
            let _ = writeln!(text, "- **{choice}**: gains {gains}; costs {costs}");
        }
        text.push_str("\n### Recommendations\n\n");
        for recommendation in &self.recommendations {
            let _ = writeln!(text, "- {recommendation}");
        }
        let _ = write!(text, "\n```mermaid\n{}```\n", self.diagram());
        text
    }

    /// What programs get.
    pub(crate) fn data(&self) -> Value {
        json!({
            "architecture": self.title,
            "id": self.id,
            "summary": self.summary,
            "components": self.components,
            "data_flow": self.flow,
            "trade_offs": self.trade_offs,
            "recommendations": self.recommendations,
            "diagram": self.diagram(),
        })
    }
}

/// `text` inside the quotation marks of a label: on one line, and without what would end it.
fn label(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.replace('&', "#amp;")
        .replace('"', "#quot;")
        .replace('<', "#lt;")
        .replace('>', "#gt;")
        .replace('`', "'")
}

#[cfg(test)]
pub(crate) mod tests;
