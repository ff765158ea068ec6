//! Timers: set, asked about, cancelled, and rung when their time has come.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod running;

use fame_plugin::{
    FollowUp, HostRef, Info, Notification, Plugin, PluginError, Reply, Request, Wakeup, say,
};
use jiff::SignedDuration;
use serde_json::json;

use running::{Running, Timer, units};

/// The longest timer.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Timers at the same time.
const MOST: usize = 20;

/// The plugin `timer`.
#[derive(Default)]
pub struct Timers {
    host: HostRef,
    running: Running,
}

impl Plugin for Timers {
    fn manifest(&self) -> &str {
        include_str!("../plugin.toml")
    }

    fn init(&mut self, host: HostRef) -> Result<(), PluginError> {
        self.running = Running::load(&host)?;
        self.host = host;
        Ok(())
    }

    fn handle(&self, request: &Request) -> Result<Reply, PluginError> {
        match request.intent.as_str() {
            "set_timer" => self.set(request),
            "timer_left" => Ok(self.left(request)),
            "cancel_timer" => self.cancel(request),
            "cancel_all_timers" => self.cancel_all(),
            other => Err(PluginError::UnknownIntent(other.into())),
        }
    }

    /// Tokens are `set ID`, or the timers that were cancelled as JSON.
    fn undo(&self, token: &str) -> Result<Reply, PluginError> {
        if let Some(id) = token.strip_prefix("set ") {
            return Ok(match self.running.remove(&self.host, id)? {
                Some(timer) => Reply::say(format!("The {} is gone.", timer.title())),
                None => Reply::say("That timer has rung already."),
            });
        }
        let cancelled: Vec<Timer> = serde_json::from_str(token)
            .map_err(|error| PluginError::failed("reading what was cancelled", error))?;
        let now = self.host.now().timestamp();
        let mut back = Vec::new();
        for timer in cancelled.into_iter().filter(|timer| timer.ends > now) {
            back.push(timer.title());
            self.running.add(&self.host, timer)?;
        }
        Ok(match back.as_slice() {
            [] => Reply::say("Its time is over already."),
            back => Reply::say(format!("The {} runs again.", say::list(back, "and"))),
        })
    }

    fn wake(&self, wakeup: &Wakeup) -> Result<Reply, PluginError> {
        let Some(timer) = self.running.remove(&self.host, &wakeup.id)? else {
            return Ok(Reply::silent());
        };
        let speech = format!("Your {} is over.", timer.title());
        // Without a desktop the voice alone has to do.
        let _ = self.host.notify(Notification {
            title: "Timer".into(),
            body: speech.clone(),
            urgent: true,
        });
        Ok(Reply::say(speech))
    }

    fn info(&self) -> Info {
        Info(vec![(
            "running".into(),
            self.running.all().len().to_string(),
        )])
    }
}

impl Timers {
    fn set(&self, request: &Request) -> Result<Reply, PluginError> {
        let length = *request.duration("length")?;
        if length <= SignedDuration::ZERO || length > LONGEST {
            return Ok(
                Reply::say("A timer can run for up to 24 hours. For how long?")
                    .ask(FollowUp::new("set_timer", "length")),
            );
        }
        if self.running.all().len() >= MOST {
            return Ok(Reply::say(format!(
                "{MOST} timers are running already. Cancel one of them first."
            )));
        }
        let name = request.text("name").ok().map(str::to_lowercase);
        // A name that came along from the request before is that timer's own.
        let name = name.filter(|_| !request.context.carried.iter().any(|slot| slot == "name"));
        let timer = self.running.new_timer(length, name, &self.host.now());
        let reply = Reply::say(format!("{} from now.", capital(&spoken(length))))
            .data(json!({ "id": timer.id, "name": timer.name, "seconds": length.as_secs(), "ends": timer.ends }))
            .undo(format!("set {}", timer.id))
            .focus("which", timer.label());
        let named = timer.name.clone();
        self.running.add(&self.host, timer)?;
        Ok(match named {
            Some(name) => Reply {
                speech: format!("{name} timer, {} from now.", spoken(length)),
                ..reply
            },
            None => reply,
        })
    }

    fn left(&self, request: &Request) -> Reply {
        let now = self.host.now().timestamp();
        let all = self.running.all();
        let asked = request.choice("which").ok();
        let chosen: Vec<&Timer> = all
            .iter()
            .filter(|timer| asked.is_none_or(|which| timer.label() == which))
            .collect();
        let left = |timer: &Timer| spoken(rounded(timer.ends.duration_since(now)));
        let speech = match chosen.as_slice() {
            [] => "No timer is running.".into(),
            [only] => format!("{} left on the {}.", capital(&left(only)), only.title()),
            several => {
                let each: Vec<String> = several
                    .iter()
                    .map(|timer| format!("{} on the {}", left(timer), timer.title()))
                    .collect();
                format!("{} timers: {}.", several.len(), say::list(&each, "and"))
            }
        };
        let data = json!({ "timers": chosen });
        let reply = Reply::say(speech).data(data);
        match chosen.as_slice() {
            [only] => reply.focus("which", only.label()),
            _ => reply,
        }
    }

    fn cancel(&self, request: &Request) -> Result<Reply, PluginError> {
        let all = self.running.all();
        if all.is_empty() {
            return Ok(Reply::say("No timer is running."));
        }
        let timer = match (request.choice("which"), all.as_slice()) {
            (Ok(which), all) => all.iter().find(|timer| timer.label() == which),
            (Err(_), [only]) => Some(only),
            (Err(_), several) => {
                let labels: Vec<String> = several.iter().map(Timer::label).collect();
                let named: Vec<String> =
                    labels.iter().map(|label| format!("the {label}")).collect();
                return Ok(
                    Reply::say(format!("Which one: {}?", say::list(&named, "or")))
                        .ask(FollowUp::new("cancel_timer", "which").among(labels)),
                );
            }
        };
        let Some(timer) = timer else {
            return Ok(Reply::say("That timer has rung already."));
        };
        self.running.remove(&self.host, &timer.id)?;
        Ok(Reply::say(format!("The {} is cancelled.", timer.title()))
            .undo(json!([timer]).to_string()))
    }

    fn cancel_all(&self) -> Result<Reply, PluginError> {
        let all = self.running.all();
        if all.is_empty() {
            return Ok(Reply::say("No timer is running."));
        }
        for timer in &all {
            self.running.remove(&self.host, &timer.id)?;
        }
        let what = match all.len() {
            1 => "The timer is cancelled.".to_owned(),
            many => format!("All {many} timers are cancelled."),
        };
        Ok(Reply::say(what).undo(json!(all).to_string()))
    }
}

/// "1 hour and 20 minutes".
fn spoken(length: SignedDuration) -> String {
    let parts: Vec<String> = units(length.as_secs())
        .map(|(count, unit)| say::count(count, unit))
        .collect();
    match parts.is_empty() {
        true => "less than a second".into(),
        false => say::list(&parts, "and"),
    }
}

/// As exact as one wants to hear it: seconds within five minutes, else whole minutes.
fn rounded(left: SignedDuration) -> SignedDuration {
    let seconds = left.as_secs();
    match seconds {
        ..300 => SignedDuration::from_secs(seconds),
        _ => SignedDuration::from_mins((seconds + 30) / 60),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests;
