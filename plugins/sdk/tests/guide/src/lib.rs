//! Rolls dice.

use fame_plugin::{HostRef, Plugin, PluginError, Reply, Request, say};

#[derive(Default)]
pub struct Dice {
    host: HostRef,
}

impl Plugin for Dice {
    fn manifest(&self) -> &str {
        include_str!("../plugin.toml")
    }

    fn init(&mut self, host: HostRef) -> Result<(), PluginError> {
        self.host = host;
        Ok(())
    }

    fn handle(&self, request: &Request) -> Result<Reply, PluginError> {
        let count = request.number("count").map_or(1, |count| *count as u32);
        if !(1..=6).contains(&count) {
            return Ok(Reply::say("I have six dice. How about fewer?"));
        }
        let chance = self.host.now().subsec_nanosecond().unsigned_abs();
        let rolls = (0..count).map(|die| (chance / 6_u32.pow(die) % 6 + 1).to_string());
        Ok(Reply::say(format!(
            "{}.",
            say::list(&rolls.collect::<Vec<_>>(), "and")
        )))
    }
}
