//! Moments: a day and a time of it, or so long from now.

use std::fmt;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, ZonedDateTime};

use super::{Cursor, DateExpr, TimeOfDay, duration};
use crate::say;

/// Words in the longest moment ("at twenty five past six in the evening on the third of may").
const MAX_WORDS: usize = 14;

/// Of another day, "at three" is in the afternoon: up to this hour nobody is asked to do anything
/// without "in the morning".
const LAST_AFTERNOON_HOUR: i8 = 6;

/// Small words before a day or a time.
const LINKS: [&str; 8] = [
    "at", "on", "by", "around", "about", "for", "starting", "from",
];

/// A moment as it was said; which one that is depends on now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateTimeExpr {
    /// So long from now: "in ten minutes".
    In(SignedDuration),
    /// A day alone: "tomorrow".
    Day(DateExpr),
    /// A time alone, the coming one: "at nine".
    Time(TimeOfDay),
    /// Both: "tomorrow at nine", "9 pm on friday", "monday morning".
    DayTime(DateExpr, TimeOfDay),
}

/// A part of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DayPart {
    Morning,
    Noon,
    Afternoon,
    Evening,
    Night,
}

impl DayPart {
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "morning" | "mornings" => Self::Morning,
            "noon" | "lunchtime" | "lunch" => Self::Noon,
            "afternoon" | "afternoons" => Self::Afternoon,
            "evening" | "evenings" => Self::Evening,
            "night" | "nights" => Self::Night,
            _ => return None,
        })
    }

    /// When it is, where no time was said.
    pub(super) fn usual(self) -> TimeOfDay {
        let hour = match self {
            Self::Morning => 9,
            Self::Noon => 12,
            Self::Afternoon => 15,
            Self::Evening => 19,
            Self::Night => 21,
        };
        TimeOfDay {
            time: Time::constant(hour, 0, 0, 0),
            certain: true,
        }
    }

    /// `time` in this part of the day: "tomorrow evening at eight" is 20:00.
    pub(super) fn settle(self, time: TimeOfDay) -> TimeOfDay {
        let hour = time.time.hour();
        let later = match self {
            Self::Morning => false,
            Self::Night => hour >= LAST_AFTERNOON_HOUR,
            Self::Noon | Self::Afternoon | Self::Evening => true,
        };
        if time.certain || !later || hour >= 12 {
            return TimeOfDay {
                certain: true,
                ..time
            };
        }
        half_a_day_later(time)
    }
}

impl DateTimeExpr {
    /// `words` as a moment: "tomorrow at nine", "in ten minutes", "friday evening", "noon".
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        if words.len() > MAX_WORDS {
            return None;
        }
        let words = without_links(words);
        if let Some((day, part)) = day(words) {
            return Some(match part {
                Some(part) => Self::DayTime(day, part.usual()),
                None => Self::Day(day),
            });
        }
        if let Some(time) = time(words) {
            return Some(Self::Time(time));
        }
        length(words).map(Self::In).or_else(|| both(words))
    }

    /// The moment meant, seen from `now`; a day without a time means `usual` of it. A time that
    /// could be in either half of the day is the coming one today, and by day on other days. On a
    /// day that was said, the moment may lie in the past. `None` for a day that does not exist.
    #[must_use]
    pub fn resolve(&self, now: &ZonedDateTime, usual: Time) -> Option<ZonedDateTime> {
        let today = now.date();
        let at = |date: Date, time: Time| {
            let zoned = date.to_datetime(time);
            zoned.to_zoned_datetime(now.time_zone().clone()).ok()
        };
        let coming = |date: Date, time: TimeOfDay| {
            let moments = halves(time).filter_map(|time| at(date, time.time));
            moments.into_iter().find(|moment| moment > now)
        };
        match *self {
            Self::In(length) => now.checked_add(length).ok(),
            Self::Day(day) => at(day.resolve(today)?, usual),
            Self::Time(time) => {
                coming(today, time).or_else(|| coming(today.tomorrow().ok()?, time))
            }
            Self::DayTime(day, time) => {
                let date = day.resolve(today)?;
                let by_day = !time.certain && (1..=LAST_AFTERNOON_HOUR).contains(&time.time.hour());
                if date == today {
                    coming(date, time).or_else(|| at(date, time.time))
                } else if by_day {
                    at(date, half_a_day_later(time).time)
                } else {
                    at(date, time.time)
                }
            }
        }
    }

    /// As it is spoken: "tomorrow at 9:00 AM".
    #[must_use]
    pub fn spoken(&self) -> String {
        match self {
            Self::In(length) => format!("in {}", say_length(*length)),
            Self::Day(day) => day.spoken(),
            Self::Time(time) => format!("at {}", time.spoken()),
            Self::DayTime(day, time) => format!("{} at {}", day.spoken(), time.spoken()),
        }
    }
}

impl fmt::Display for DateTimeExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(length) => write!(f, "in {length}"),
            Self::Day(day) => write!(f, "{day}"),
            Self::Time(time) => write!(f, "{time}"),
            Self::DayTime(day, time) => write!(f, "{day} {time}"),
        }
    }
}

/// "1 hour 20 minutes"; parts of a second are left out.
pub(crate) fn say_length(length: SignedDuration) -> String {
    const UNITS: [(i64, &str); 4] = [
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let mut left = length.as_secs();
    let mut parts = Vec::new();
    for (seconds, name) in UNITS {
        let count = left / seconds;
        left %= seconds;
        if count != 0 {
            parts.push(say::count(count, name));
        }
    }
    if parts.is_empty() {
        parts.push(say::count(0, "second"));
    }
    parts.join(" ")
}

/// The times of the day that `time` can be.
fn halves(time: TimeOfDay) -> impl Iterator<Item = TimeOfDay> {
    let other = (!time.certain).then(|| half_a_day_later(time));
    [Some(time), other].into_iter().flatten()
}

fn half_a_day_later(time: TimeOfDay) -> TimeOfDay {
    let hour = (time.time.hour() + 12) % 24;
    TimeOfDay {
        time: Time::new(hour, time.time.minute(), 0, 0).unwrap_or(time.time),
        certain: true,
    }
}

fn without_links<'a>(mut words: &'a [&'a str]) -> &'a [&'a str] {
    while let [first, rest @ ..] = words
        && LINKS.contains(first)
    {
        words = rest;
    }
    words
}

/// A day, and the part of it: "tomorrow morning", "this evening", "tonight".
fn day(words: &[&str]) -> Option<(DateExpr, Option<DayPart>)> {
    match words {
        ["tonight"] => return Some((DateExpr::Days(0), Some(DayPart::Night))),
        ["last", "night"] => return Some((DateExpr::Days(-1), Some(DayPart::Night))),
        ["this", part] => {
            if let Some(part) = DayPart::read(part) {
                return Some((DateExpr::Days(0), Some(part)));
            }
        }
        [head @ .., "in", "the", part] | [head @ .., part] if !head.is_empty() => {
            if let Some(part) = DayPart::read(part)
                && let Some(day) = DateExpr::read(head)
            {
                return Some((day, Some(part)));
            }
        }
        _ => {}
    }
    Some((DateExpr::read(words)?, None))
}

/// A time, or the part of the day alone: "in the morning".
fn time(words: &[&str]) -> Option<TimeOfDay> {
    if let ["in", "the", part] | ["at", part] = words
        && let Some(part) = DayPart::read(part)
    {
        return Some(part.usual());
    }
    TimeOfDay::read(words)
}

/// "in ten minutes", "an hour from now".
fn length(words: &[&str]) -> Option<SignedDuration> {
    match words {
        ["in", length @ ..] | [length @ .., "from", "now"] | [length @ .., "later"] => {
            duration(length)
        }
        _ => None,
    }
}

/// A day and a time in either order.
fn both(words: &[&str]) -> Option<DateTimeExpr> {
    (1..words.len()).find_map(|at| {
        let (head, tail) = words.split_at(at);
        let (head, tail) = (without_links(head), without_links(tail));
        let day_first = || day(head).zip(time(tail));
        let time_first = || time(head).zip(day(tail)).map(|(time, day)| (day, time));
        let ((day, part), time) = day_first().or_else(time_first)?;
        let time = part.map_or(time, |part| part.settle(time));
        Some(DateTimeExpr::DayTime(day, time))
    })
}

/// "at nine", "at nine and at six": the times at the front.
pub(super) fn times(cursor: &mut Cursor<'_>) -> Vec<TimeOfDay> {
    let mut all = Vec::new();
    while let Some(time) = cursor.attempt(|c| {
        if !all.is_empty() {
            c.eat("and").then_some(())?;
        }
        c.eat_any(&["at", "around", "about"]);
        c.longest(MAX_WORDS, time)
    }) {
        all.push(time);
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::with_words;
    use super::*;

    /// On a Wednesday, five past three in the afternoon.
    fn at(text: &str) -> Option<String> {
        let now: ZonedDateTime = "2026-11-25T15:05:00[Europe/Berlin]".parse().unwrap();
        let moment = with_words(text, DateTimeExpr::read)?;
        let zoned = moment.resolve(&now, Time::constant(9, 0, 0, 0))?;
        Some(zoned.datetime().strftime("%Y-%m-%d %H:%M").to_string())
    }

    #[test]
    fn the_ways_to_say_a_moment() {
        for (text, moment) in [
            ("tomorrow at nine", "2026-11-26 09:00"),
            ("tomorrow at 9 PM", "2026-11-26 21:00"),
            ("at 9 tomorrow", "2026-11-26 09:00"),
            ("nine tomorrow morning", "2026-11-26 09:00"),
            ("tomorrow morning at nine", "2026-11-26 09:00"),
            ("tomorrow evening at eight", "2026-11-26 20:00"),
            ("tomorrow in the afternoon", "2026-11-26 15:00"),
            ("tomorrow at three", "2026-11-26 15:00"),
            ("tomorrow at three in the morning", "2026-11-26 03:00"),
            ("tomorrow", "2026-11-26 09:00"),
            ("tonight", "2026-11-25 21:00"),
            ("tonight at eight", "2026-11-25 20:00"),
            ("this evening", "2026-11-25 19:00"),
            ("in the morning", "2026-11-26 09:00"),
            ("at nine", "2026-11-25 21:00"),
            ("at 3:30", "2026-11-25 15:30"),
            ("at noon", "2026-11-26 12:00"),
            ("at noon on Friday", "2026-11-27 12:00"),
            ("on Friday at 9:30 a.m.", "2026-11-27 09:30"),
            ("next Wednesday at half past ten", "2026-12-02 10:30"),
            ("May 3rd at quarter to five", "2027-05-03 16:45"),
            ("the 3rd of May, 9 pm", "2027-05-03 21:00"),
            ("in ten minutes", "2026-11-25 15:15"),
            ("in an hour and a half", "2026-11-25 16:35"),
            ("two hours from now", "2026-11-25 17:05"),
            ("in three days", "2026-11-28 09:00"),
            ("Christmas at 6 pm", "2026-12-25 18:00"),
            ("today at nine", "2026-11-25 21:00"),
            ("today at 9 am", "2026-11-25 09:00"),
        ] {
            assert_eq!(at(text).as_deref(), Some(moment), "{text}");
        }
        for text in [
            "",
            "at",
            "ten minutes",
            "tomorrow at",
            "tomorrow time",
            "nine ten eleven",
            "tomorrow friday",
            "june 31st at nine",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_spoken() {
        for (text, spoken) in [
            ("tomorrow at nine pm", "tomorrow at 9:00 PM"),
            ("in 90 minutes", "in 1 hour 30 minutes"),
            ("next friday", "next Friday"),
            ("at noon", "at noon"),
        ] {
            let moment = with_words(text, DateTimeExpr::read).unwrap();
            assert_eq!(moment.spoken(), spoken);
        }
    }

    proptest! {
        #[test]
        fn told_moments_come_back(days in 1_i64..300, hour in 0_i8..24, minute in 0_i8..60) {
            let today: Date = "2026-11-25".parse().unwrap();
            let day = today.checked_add(jiff::Span::new().days(days)).unwrap();
            let (twelve, half) = ((hour + 11) % 12 + 1, if hour < 12 { "am" } else { "pm" });
            let date = day.strftime("%B %-d %Y");
            let expected = Some(format!("{day} {hour:02}:{minute:02}"));
            for text in [
                format!("{date} at {twelve}:{minute:02} {half}"),
                format!("at {twelve}:{minute:02} {half} on {date}"),
            ] {
                prop_assert_eq!(at(&text), expected.clone());
            }
        }

        #[test]
        fn no_words_break_it(words in proptest::collection::vec(prop::sample::select(vec![
            "at", "on", "in", "the", "tomorrow", "night", "tonight", "nine", "9:30", "pm", "friday",
            "may", "3rd", "ten", "minutes", "from", "now", "every"]), 0..16)) {
            let _ = DateTimeExpr::read(&words);
        }
    }
}
