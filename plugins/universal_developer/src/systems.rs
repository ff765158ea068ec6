//! The intent `architecture_design`.

use fame_plugin::{PluginError, Reply, Request, say};
use serde_json::json;

use crate::Parts;
use crate::design::Design;
use crate::model;
use crate::progress::Progress;
use crate::spoken;

/// What a design by a language model names as its source.
const BY_MODEL: &str = "the configured language model";

impl Parts {
    pub(crate) fn design(&self, request: &Request) -> Result<Reply, PluginError> {
        let said = request.choice("known").or_else(|_| request.text("which"))?;
        let _progress = Progress::announce(&self.host, "I am thinking about the design.");
        Ok(match self.designs.find(said) {
            Some(design) => self.known_design(request, design),
            None => self.unknown_design(said),
        })
    }

    /// A design of ours, with what a model adds to it for this request.
    fn known_design(&self, request: &Request, design: &Design) -> Reply {
        let mut data = design.data();
        let mut shown = design.shown();
        let added = model::design(&self.host, &request.text, Some(&design.data()));
        data["extended"] = match &added {
            Ok(text) => json!({ "by": BY_MODEL, "text": text }),
            Err(_) => json!(null),
        };
        if let Ok(text) = &added {
            shown.push_str(&format!("\n### Added by {BY_MODEL}\n\n{text}\n"));
        }
        let reply = Reply::say(design.spoken()).display(shown).data(data);
        match added {
            Ok(_) => reply.source(BY_MODEL, None),
            Err(_) => reply,
        }
    }

    fn unknown_design(&self, said: &str) -> Reply {
        let answer = match model::design(&self.host, said, None) {
            Ok(answer) => answer,
            Err(error) => {
                let titles = self
                    .designs
                    .all
                    .iter()
                    .map(|design| design.title.to_lowercase());
                let titles: Vec<String> = titles.collect();
                return Reply::say(format!(
                    "I have no design for {}, and {error}. I know these: {}.",
                    spoken::short(said),
                    say::list(&titles, "and")
                ))
                .data(json!({ "architecture": null, "reason": error.to_string() }));
            }
        };
        match Design::parse(&answer) {
            Ok(design) => {
                let mut data = design.data();
                data["extended"] = json!({ "by": BY_MODEL, "text": null });
                Reply::say(design.spoken())
                    .display(design.shown())
                    .data(data)
                    .source(BY_MODEL, None)
            }
            Err(error) => Reply::say(
                "The language model's design could not be used. Describe the system in other words.",
            )
            .data(json!({ "architecture": null, "reason": error.to_string() })),
        }
    }
}
