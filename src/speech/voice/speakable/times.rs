//! Times of day.

use super::numbers::{cardinal, small};
use super::words::{Ahead, Spoken};

struct Clock {
    hour: u64,
    /// `None` for a bare hour, as in `3 PM`.
    minute: Option<u64>,
    second: Option<u64>,
}

/// `3:05 PM`, `15:30`, `9am`, `14:05:09`.
pub(super) fn clock(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    let word = ahead.word(0)?;
    if let Some((time, half)) = glued_half(core) {
        let spoken = Spoken::one(say(&parse(time)?, Some(half))?);
        return Some(if core.contains('.') && word.has_dot() {
            spoken.with_dot()
        } else {
            spoken
        });
    }
    let time = parse(core)?;
    if let Some(next) = ahead.joined(1)
        && let Some(half) = half_of_day(next)
    {
        let spoken = Spoken::many(2, say(&time, Some(half))?);
        return Some(if next.contains('.') {
            spoken.with_dot()
        } else {
            spoken
        });
    }
    if time.minute == Some(0) && ahead.joined(1) == Some("o'clock") {
        return Some(Spoken::many(2, format!("{} o'clock", cardinal(time.hour))));
    }
    Some(Spoken::one(say(&time, None)?))
}

fn half_of_day(word: &str) -> Option<&'static str> {
    match word {
        "AM" | "am" | "Am" | "a.m" | "A.M" => Some("A M"),
        "PM" | "pm" | "Pm" | "p.m" | "P.M" => Some("P M"),
        _ => None,
    }
}

fn glued_half(core: &str) -> Option<(&str, &'static str)> {
    let time = core.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '.');
    let half = half_of_day(&core[time.len()..])?;
    Some((time, half))
}

fn parse(text: &str) -> Option<Clock> {
    let mut parts = text.split(':');
    let hour = small(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let mut sixtieth = || match parts.next() {
        Some(part) if part.len() == 2 => small(part, 2).filter(|part| *part < 60).map(Some),
        Some(_) => None,
        None => Some(None),
    };
    let (minute, second) = (sixtieth()?, sixtieth()?);
    parts.next().is_none().then_some(Clock {
        hour,
        minute,
        second,
    })
}

/// The time in words; nothing for a bare number that is not marked as a time.
fn say(time: &Clock, half: Option<&str>) -> Option<String> {
    let hour = cardinal(time.hour);
    let said = match (time.minute, half) {
        (None, None) => return None,
        (None | Some(0), Some(_)) if !(1..=12).contains(&time.hour) => return None,
        (None, Some(_)) => hour,
        (Some(0), Some(_)) if time.second.is_none() => hour,
        (Some(0), None) if time.second.is_none() => match time.hour {
            0 => "midnight".into(),
            1..=12 => format!("{hour} o'clock"),
            _ => format!("{hour} hundred"),
        },
        (Some(minute @ 0..10), _) => format!("{hour} oh {}", cardinal(minute)),
        (Some(minute), _) => format!("{hour} {}", cardinal(minute)),
    };
    let seconds = match time.second {
        Some(1) => " and one second".to_owned(),
        Some(second) if second > 0 => format!(" and {} seconds", cardinal(second)),
        _ => String::new(),
    };
    let half = half.map(|half| format!(" {half}")).unwrap_or_default();
    Some(format!("{said}{seconds}{half}"))
}
