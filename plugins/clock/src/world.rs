//! The time elsewhere.

use fame_plugin::read::{Place, nearest_place};
use fame_plugin::words::Words;
use fame_plugin::{PluginError, Reply, say};
use jiff::ZonedDateTime;
use serde_json::json;

/// "It's 11:05 PM in Tokyo.", with the day where it is another one.
pub(crate) fn time_in(place: Place, now: &ZonedDateTime) -> Result<Reply, PluginError> {
    let action = || format!("looking up the time zone {}", place.zone);
    let there = now
        .in_tz(place.zone)
        .map_err(|error| PluginError::failed(action(), error))?;
    let day = match there.date().cmp(&now.date()) {
        std::cmp::Ordering::Equal => String::new(),
        _ => format!(" on {}", say::weekday(there.date())),
    };
    let time = say::time(there.time());
    let speech = if place.name.ends_with("Time") {
        format!("It's {time}{day}, {}.", place.name)
    } else {
        format!("It's {time}{day} in {}.", place.name)
    };
    Ok(Reply::say(speech).data(json!({ "time": there.to_string(), "place": place.name })))
}

/// The time in a place that no table has, as it was heard: the nearest name that it can be, or
/// the plain truth.
pub(crate) fn somewhere(heard: &str, now: &ZonedDateTime) -> Reply {
    let words = Words::new(heard);
    let near = nearest_place(&words.texts()).and_then(|place| time_in(place, now).ok());
    near.unwrap_or_else(|| {
        Reply::say(format!(
            "I don't know the time in {heard}. You can ask me about a bigger city, or the country."
        ))
    })
}
