//! Times of day.

use std::fmt;

use jiff::civil::Time;

use super::Cursor;
use super::number::whole;
use crate::say;

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
    /// A time as clocks and programs write it, which leaves nothing open: `09:30`, `21:05:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Longer, and it has a date.
        let time: Time = (text.len() <= "09:30:00".len()).then(|| text.parse().ok())??;
        Some(Self {
            time: Time::new(time.hour(), time.minute(), 0, 0).ok()?,
            certain: true,
        })
    }

    /// As it is spoken: "9:30 PM", or "9:30" where the half of the day was not told.
    #[must_use]
    pub fn spoken(&self) -> String {
        if self.certain {
            say::time(self.time)
        } else {
            self.time.strftime("%-I:%M").to_string()
        }
    }

    /// `words` as a time of day: "half past nine", "9:30 pm", "ten to five", "noon".
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut cursor = Cursor::new(words);
        let (hour, minute, named) = clock(&mut cursor)?;
        cursor.eat_any(&["oclock", "sharp", "on the dot"]);
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
    if let Some(hour) = named_hour(cursor) {
        return Some((hour, 0, true));
    }
    cursor
        .attempt(around_the_hour)
        .or_else(|| cursor.attempt(plain))
}

/// "half past nine", "quarter to three", "twenty minutes past six".
fn around_the_hour(cursor: &mut Cursor<'_>) -> Option<(i8, i8, bool)> {
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
    let named = cursor.attempt(named_hour);
    let hour = named.or_else(|| cursor.longest(2, hour))?;
    if relation < 2 {
        return Some((hour, minutes, named.is_some()));
    }
    let before = match hour {
        0 => 23,
        1 => 12,
        hour => hour - 1,
    };
    Some((before, 60 - minutes, named.is_some()))
}

/// The hours with a name, "twelve" before it or not.
fn named_hour(cursor: &mut Cursor<'_>) -> Option<i8> {
    cursor.attempt(|c| {
        c.eat_any(&["twelve", "12"]);
        let name = c.eat_any(&["noon", "midday", "midnight"])?;
        Some(if name == 2 { 0 } else { 12 })
    })
}

/// `9:30`, `9.30`, `0930`, "nine thirty", "nine oh five", "nine", "fourteen hundred".
fn plain(cursor: &mut Cursor<'_>) -> Option<(i8, i8, bool)> {
    if let Some(time) = cursor.attempt(|c| figures(c.next()?)) {
        cursor.eat("hours");
        return Some(time);
    }
    if cursor.eat("half") {
        return Some((cursor.longest(2, hour)?, 30, false));
    }
    let hour = cursor.longest(2, hour)?;
    if cursor.eat("hundred") {
        cursor.eat("hours");
        return Some((hour, 0, false));
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
    Some((hour, minute.unwrap_or(0), false))
}

/// Hours and minutes in one word. A zero in front is how clocks of 24 hours write.
fn figures(word: &str) -> Option<(i8, i8, bool)> {
    let (hour, minute) = match word.split_once([':', '.']) {
        Some(parts) => parts,
        None if matches!(word.len(), 3 | 4) && word.is_ascii() => word.split_at(word.len() - 2),
        None => return None,
    };
    let plain = minute.len() == 2 && [hour, minute].concat().bytes().all(|b| b.is_ascii_digit());
    plain.then_some(())?;
    let certain = hour.len() == 2 && hour.starts_with('0') && !word.contains([':', '.']);
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some((hour, minute, certain))
}

fn hour(words: &[&str]) -> Option<i8> {
    whole(words)
        .and_then(|hour| i8::try_from(hour).ok())
        .filter(|hour| *hour < 24)
}

fn day_part(cursor: &mut Cursor<'_>) -> Option<DayPart> {
    const PARTS: [(&str, DayPart); 11] = [
        ("am", DayPart::Am),
        ("in the morning", DayPart::Am),
        ("this morning", DayPart::Am),
        ("pm", DayPart::Pm),
        ("in the afternoon", DayPart::Pm),
        ("this afternoon", DayPart::Pm),
        ("in the evening", DayPart::Pm),
        ("this evening", DayPart::Pm),
        ("in the night", DayPart::Night),
        ("at night", DayPart::Night),
        ("tonight", DayPart::Night),
    ];
    cursor
        .eat_any(&PARTS.map(|(phrase, _)| phrase))
        .map(|at| PARTS[at].1)
}

#[cfg(test)]
mod tests {
    use jiff::civil;
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
            ("twelve noon", "12:00", true),
            ("midnight", "00:00", true),
            ("ten to midnight", "23:50", true),
            ("half past noon", "12:30", true),
            ("9.30", "09:30", false),
            ("1430", "14:30", true),
            ("0905", "09:05", true),
            ("930", "09:30", false),
            ("nine sharp", "09:00", false),
            ("six this evening", "18:00", true),
            ("twenty one oh five", "21:05", true),
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

    /// Numbers below sixty as they are spoken.
    fn spell(n: i8) -> String {
        use super::super::number::SMALL;

        const TENS: [&str; 6] = ["", "", "twenty", "thirty", "forty", "fifty"];
        let (n, ten) = (
            usize::from(n.unsigned_abs()),
            usize::from(n.unsigned_abs() / 10),
        );
        match n {
            0..20 => SMALL[n].into(),
            n if n.is_multiple_of(10) => TENS[ten].into(),
            n => format!("{} {}", TENS[ten], SMALL[n % 10]),
        }
    }

    #[test]
    fn every_time_of_day_comes_back_however_it_is_told() {
        for (hour, minute) in (0..24).flat_map(|h| (0..60).map(move |m| (h, m))) {
            let (twelve, half) = ((hour + 11) % 12 + 1, if hour < 12 { "am" } else { "pm" });
            let certain = Some((format!("{hour:02}:{minute:02}"), true));
            let tells = |text: String| assert_eq!(read(&text), certain, "{text}");
            tells(format!("{twelve}:{minute:02} {half}"));
            tells(format!("{twelve}.{minute:02} {half}"));
            tells(say::time(civil::time(hour, minute, 0, 0)));
            let told = match minute {
                0 => format!("{} {half}", spell(twelve)),
                1..10 => format!("{} oh {} {half}", spell(twelve), spell(minute)),
                _ => format!("{} {} {half}", spell(twelve), spell(minute)),
            };
            tells(told);
            if hour >= 13 {
                tells(format!("{hour}:{minute:02}"));
                tells(format!("{hour}{minute:02}"));
                let minutes = match minute {
                    0 => "hundred hours".into(),
                    1..10 => format!("oh {}", spell(minute)),
                    _ => spell(minute),
                };
                tells(format!("{} {minutes}", spell(hour)));
            }
            match minute {
                0 => tells(format!("{twelve} o'clock {half}")),
                15 => tells(format!("quarter past {} {half}", spell(twelve))),
                30 => tells(format!("half past {} {half}", spell(twelve))),
                1..30 => tells(format!("{} past {} {half}", spell(minute), spell(twelve))),
                // "to twelve" belongs to the other half of the day.
                31.. if twelve != 11 => {
                    let (left, next) = (60 - minute, spell(twelve % 12 + 1));
                    let left = if left == 15 {
                        "quarter".into()
                    } else {
                        spell(left)
                    };
                    tells(format!("{left} to {next} {half}"));
                }
                _ => {}
            }
        }
    }

    proptest! {
        #[test]
        fn no_words_break_it(words in proptest::collection::vec(prop::sample::select(vec![
            "half", "a", "quarter", "past", "to", "nine", "9:30", "9.30", "0930", "twenty", "oh", "pm",
            "noon", "twelve", "hundred", "in", "the", "morning"]), 0..8)) {
            let _ = TimeOfDay::read(&words);
        }
    }
}
