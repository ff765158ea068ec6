//! The time and the date, spoken as a person would.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod days;
mod world;

use fame_plugin::{HostRef, Plugin, PluginError, Reply, Request, say};
use serde_json::json;

/// The plugin `clock`.
#[derive(Default)]
pub struct Clock {
    host: HostRef,
}

impl Plugin for Clock {
    fn manifest(&self) -> &str {
        include_str!("../plugin.toml")
    }

    fn init(&mut self, host: HostRef) -> Result<(), PluginError> {
        self.host = host;
        Ok(())
    }

    fn handle(&self, request: &Request) -> Result<Reply, PluginError> {
        let now = self.host.now();
        let today = now.date();
        match request.intent.as_str() {
            "time" => {
                let reply = Reply::say(format!("It's {}.", say::time(now.time())));
                Ok(reply.data(json!({ "time": now.to_string() })))
            }
            "date" if request.slots.contains_key("day") => {
                Ok(days::date_of(request.date("day")?, today))
            }
            "date" => Ok(days::today(&request.text, today)),
            "weekday" if request.slots.contains_key("day") => {
                Ok(days::weekday_of(request.date("day")?, today))
            }
            "weekday" if request.slots.contains_key("guess") => {
                Ok(days::guess(request.date("guess")?, today))
            }
            "weekday" => {
                let reply = Reply::say(format!("It's {}.", say::date(today)));
                Ok(reply.data(json!({ "date": today.to_string() })))
            }
            "time_in" if request.slots.contains_key("where") => {
                Ok(world::somewhere(request.text("where")?, &now))
            }
            "time_in" => world::time_in(*request.place("place")?, &now),
            "days_until" => {
                let weeks = request.choice("unit").is_ok_and(|unit| unit == "weeks");
                Ok(days::until(request.date("day")?, today, weeks))
            }
            other => Err(PluginError::UnknownIntent(other.into())),
        }
    }
}

#[cfg(test)]
mod tests;
