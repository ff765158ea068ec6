//! Programs on request: written, tested and run in the sandbox, explained, saved, run again; and
//! architectures of systems.
//!
//! Without a language model it knows a [`catalogue`] of tested programs; with one it has others
//! written, and repaired until their tests pass. Nothing runs outside of the sandbox, and nothing
//! that was said becomes part of a program but as a [`literal`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod catalogue;
mod check;
mod design;
mod find;
mod generate;
mod given;
mod language;
mod literal;
mod model;
mod phrases;
mod progress;
mod reply;
mod shelf;
mod shelved;
mod source;
mod spoken;
mod systems;
mod task;
mod values;

use fame_plugin::{HostRef, Info, Plugin, PluginError, Reply, Request};

use catalogue::{Catalogue, Entry};
use design::Designs;
use shelf::{Made, Shelf};

/// The plugin `universal_developer`.
#[derive(Default)]
pub struct Developer {
    host: HostRef,
    parts: Option<Parts>,
}

/// What it has once it was started.
struct Parts {
    host: HostRef,
    designs: Designs,
    shelf: Shelf,
}

impl Plugin for Developer {
    fn manifest(&self) -> &str {
        include_str!("../plugin.toml")
    }

    fn init(&mut self, host: HostRef) -> Result<(), PluginError> {
        let designs =
            Designs::load().map_err(|error| PluginError::failed("loading the designs", error))?;
        host.set_list("languages", language::known())?;
        host.set_list("systems", designs.names())?;
        self.parts = Some(Parts {
            host: host.clone(),
            designs,
            shelf: Shelf::load(&host),
        });
        self.host = host;
        Ok(())
    }

    fn handle(&self, request: &Request) -> Result<Reply, PluginError> {
        let parts = self.parts()?;
        match request.intent.as_str() {
            "generate_code" => parts.generate(request),
            "run_code" => parts.run_given(request),
            "rerun" => parts.rerun(request),
            "show_code" => parts.show(request),
            "explain_code" => parts.explain(request),
            "save_code" => parts.save(request),
            "architecture_design" => parts.design(request),
            other => Err(PluginError::UnknownIntent(other.into())),
        }
    }

    /// The token is the key of the program that was saved.
    fn undo(&self, token: &str) -> Result<Reply, PluginError> {
        let parts = self.parts()?;
        let back = parts.shelf.unsave(&self.host, token)?;
        Ok(Reply::say(match back {
            true => "The program that had this name before is back.",
            false => "It is no longer saved.",
        }))
    }

    fn info(&self) -> Info {
        let Some(parts) = &self.parts else {
            return Info::default();
        };
        let count = |label: &str, count: usize| (label.to_owned(), count.to_string());
        Info(vec![
            count(
                "programs in the catalogue",
                Catalogue::shared().map_or(0, |catalogue| catalogue.entries.len()),
            ),
            count("designs", parts.designs.all.len()),
            count("saved programs", parts.shelf.saved(&self.host)),
        ])
    }
}

impl Parts {
    /// The catalogue's entry that a program is, if it is one.
    fn entry(&self, made: &Made) -> Option<&'static Entry> {
        let id = made.entry.as_ref()?;
        Catalogue::shared().ok()?.get(id)
    }
}

impl Developer {
    fn parts(&self) -> Result<&Parts, PluginError> {
        self.parts
            .as_ref()
            .ok_or_else(|| PluginError::failed("answering", "the plugin was not started"))
    }
}

#[cfg(test)]
mod tests;
