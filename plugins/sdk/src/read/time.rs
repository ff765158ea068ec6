//! Times of day.

use std::fmt;

use jiff::civil::Time;

use super::Cursor;
use super::number::whole;

/// A time of day, and whether the half of the day was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    /// The time as said: "nine" is 9:00 until the context tells otherwise.
    pub time: Time,
    /// Whether it can only be this time ("9 pm", "21:00", "noon"), not twelve hours later.
    pub certain: bool,
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.time.strftime("%H:%M"))
    }
}

#[derive(Clone, Copy)]
enum DayPart {
    Am,
    Pm,
    Night,
}

impl TimeOfDay {
    /// `words` as a time of day: "half past nine", "9:30 pm", "ten to five", "noon".
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut cursor = Cursor::new(words);
        let (hour, minute, named) = clock(&mut cursor)?;
        cursor.eat("oclock");
        let part = day_part(&mut cursor);
        if !cursor.is_done() || (named && part.is_some()) {
            return None;
        }
        let (hour, certain) = match part {
            Some(_) if hour > 12 || hour == 0 => return None,
            Some(DayPart::Am) => (hour % 12, true),
            Some(DayPart::Pm) => (hour % 12 + 12, true),
            Some(DayPart::Night) if hour == 12 => (0, true),
            Some(DayPart::Night) => (if hour < 6 { hour } else { hour + 12 }, true),
            None => (hour, named || hour > 12 || hour == 0),
        };
        Some(Self {
            time: Time::new(hour, minute, 0, 0).ok()?,
            certain,
        })
    }
}

/// Hour, minute, and whether the time has a name of its own.
fn clock(cursor: &mut Cursor<'_>) -> Option<(i8, i8, bool)> {
    match cursor.eat_any(&["noon", "midday", "midnight"]) {
        Some(2) => return Some((0, 0, true)),
        Some(_) => return Some((12, 0, true)),
        None => {}
    }
    cursor
        .attempt(around_the_hour)
        .or_else(|| cursor.attempt(plain))
        .map(|(h, m)| (h, m, false))
}

/// "half past nine", "quarter to three", "twenty minutes past six".
fn around_the_hour(cursor: &mut Cursor<'_>) -> Option<(i8, i8)> {
    cursor.eat("a");
    let minutes = match cursor.eat_any(&["half", "quarter"]) {
        Some(0) => 30,
        Some(_) => 15,
        None => {
            let minutes =
                cursor.longest(2, |words| whole(words).filter(|m| (1..60).contains(m)))?;
            cursor.eat_any(&["minutes", "minute"]);
            i8::try_from(minutes).ok()?
        }
    };
    let relation = cursor.eat_any(&["past", "after", "to", "of", "before"])?;
    let hour = cursor.longest(2, hour)?;
    if relation < 2 {
        return Some((hour, minutes));
    }
    let before = match hour {
        0 => 23,
        1 => 12,
        hour => hour - 1,
    };
    Some((before, 60 - minutes))
}

/// `9:30`, "nine thirty", "nine oh five", "nine", "fourteen hundred".
fn plain(cursor: &mut Cursor<'_>) -> Option<(i8, i8)> {
    if let Some(figures) = cursor.attempt(|c| c.next().filter(|word| word.contains(':'))) {
        let (hour, minute) = figures.split_once(':')?;
        let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
        return (hour < 24 && minute < 60).then_some((hour, minute));
    }
    if cursor.eat("half") {
        return Some((cursor.longest(2, hour)?, 30));
    }
    let hour = cursor.longest(2, hour)?;
    if cursor.eat("hundred") {
        cursor.eat("hours");
        return Some((hour, 0));
    }
    let minute = cursor.attempt(|c| {
        let zero = c.eat_any(&["oh", "o"]).is_some();
        let minute = c.longest(2, whole)?;
        let fits = if zero {
            minute < 10
        } else {
            (10..60).contains(&minute)
        };
        fits.then(|| i8::try_from(minute).ok()).flatten()
    });
    Some((hour, minute.unwrap_or(0)))
}

fn hour(words: &[&str]) -> Option<i8> {
    whole(words)
        .and_then(|hour| i8::try_from(hour).ok())
        .filter(|hour| *hour < 24)
}

fn day_part(cursor: &mut Cursor<'_>) -> Option<DayPart> {
    const PARTS: [(&str, DayPart); 8] = [
        ("am", DayPart::Am),
        ("in the morning", DayPart::Am),
        ("this morning", DayPart::Am),
        ("pm", DayPart::Pm),
        ("in the afternoon", DayPart::Pm),
        ("in the evening", DayPart::Pm),
        ("at night", DayPart::Night),
        ("tonight", DayPart::Night),
    ];
    cursor
        .eat_any(&PARTS.map(|(phrase, _)| phrase))
        .map(|at| PARTS[at].1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::with_words;
    use super::*;

    fn read(text: &str) -> Option<(String, bool)> {
        with_words(text, TimeOfDay::read).map(|t| (t.to_string(), t.certain))
    }

    #[test]
    fn the_ways_to_say_a_time() {
        for (text, time, certain) in [
            ("nine", "09:00", false),
            ("9", "09:00", false),
            ("9 o'clock", "09:00", false),
            ("half past nine", "09:30", false),
            ("half nine", "09:30", false),
            ("quarter to three", "02:45", false),
            ("a quarter past 3", "03:15", false),
            ("ten to five", "04:50", false),
            ("ten to one pm", "12:50", true),
            ("twenty minutes past six in the evening", "18:20", true),
            ("twenty five past six", "06:25", false),
            ("nine thirty", "09:30", false),
            ("nine oh five", "09:05", false),
            ("9:30 p.m.", "21:30", true),
            ("9PM", "21:00", true),
            ("12 am", "00:00", true),
            ("12 pm", "12:00", true),
            ("21:00", "21:00", true),
            ("fourteen hundred hours", "14:00", true),
            ("noon", "12:00", true),
            ("midnight", "00:00", true),
            ("eleven at night", "23:00", true),
            ("two at night", "02:00", true),
            ("seven in the morning", "07:00", true),
        ] {
            assert_eq!(read(text), Some((time.into(), certain)), "{text}");
        }
        for text in [
            "",
            "25",
            "9:75",
            "nine five",
            "noon pm",
            "14 pm",
            "half",
            "quarter",
            "nine of",
            "past nine",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn told_times_come_back(hour in 0_i8..24, minute in 0_i8..60) {
            let (twelve, half) = ((hour + 11) % 12 + 1, if hour < 12 { "am" } else { "pm" });
            let expected = Some((format!("{hour:02}:{minute:02}"), true));
            let text = format!("{twelve}:{minute:02} {half}");
            prop_assert_eq!(read(&text), expected.clone());
            let text = format!("{minute} minutes past {twelve} {half}");
            prop_assert_eq!(read(&text), if minute == 0 { None } else { expected.clone() });
            let text = format!("{} minutes to {} {half}", 60 - minute, twelve % 12 + 1);
            if minute > 0 && hour % 12 != 11 {
                prop_assert_eq!(read(&text), expected);
            }
        }
    }
}
