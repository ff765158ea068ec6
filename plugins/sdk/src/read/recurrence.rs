//! What comes again: "every monday at nine".

use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Span, ZonedDateTime};

use super::datetime::{DayPart, say_length, times};
use super::number::whole;
use super::{Cursor, DateExpr, TimeOfDay, duration, ordinal};
use crate::say;

/// Days within which the next occurrence is looked for: February 29th can be eight years away.
const DAYS_AHEAD: i32 = 8 * 366 + 1;

/// The most times a day, "twelve times a day".
const MAX_TIMES: u64 = 12;

/// The day on which "three times a day" begins and ends.
const WAKING_HOURS: (i64, i64) = (9, 21);

/// The shortest interval that makes sense, in seconds.
const SHORTEST_INTERVAL: i64 = 1;

/// A rule by which something comes again, as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// On which days.
    pub every: Every,
    /// At which times of these days; none if no time was said, and for [`Every::Interval`].
    pub times: Vec<TimeOfDay>,
}

/// The days, or the interval, of a [`Recurrence`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Every {
    /// So long after the last time: "every ten minutes", "hourly".
    Interval(SignedDuration),
    /// Every so many days: 1 is "every day", 2 "every other day".
    Days(i32),
    /// On these weekdays of every so many weeks; no weekdays mean that of the first day.
    Weeks(i32, Vec<Weekday>),
    /// On this day of every so many months, -1 for the last; 0 for that of the first day.
    Months(i32, i8),
    /// On a weekday of every month: the first, second … (1 to 5), or the last (-1).
    WeekdayOfMonth(i8, Weekday),
    /// On a day of every year, none for that of the first day.
    Years(Option<DateExpr>),
}

impl Recurrence {
    /// `words` as a recurrence: "every other day", "weekdays at nine", "twice a day", "the first
    /// friday of each month".
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut cursor = Cursor::new(words);
        // "at nine every monday"
        let mut times_said = if cursor.peek() == Some("every") {
            Vec::new()
        } else {
            cursor
                .attempt(|c| {
                    let said = times(c);
                    let goes_on = c.clone().eat_any(&OPENINGS).is_some();
                    (goes_on && !said.is_empty()).then_some(said)
                })
                .unwrap_or_default()
        };
        cursor.eat("on");
        let (every, preset) = cursor
            .attempt(per_day)
            .or_else(|| cursor.attempt(day_of_month).map(without_times))
            .or_else(|| cursor.attempt(every).map(without_times))?;
        let part = cursor.attempt(|c| {
            c.eat("in");
            c.eat_any(&["the", "each", "every"]);
            DayPart::read(c.next()?)
        });
        if times_said.is_empty() {
            times_said = times(&mut cursor);
        }
        if let Some(part) = part {
            times_said = times_said.into_iter().map(|t| part.settle(t)).collect();
            if times_said.is_empty() {
                times_said.push(part.usual());
            }
        }
        let is_interval = matches!(every, Every::Interval(_));
        let times = if times_said.is_empty() {
            preset
        } else {
            times_said
        };
        (!is_interval || times.is_empty()).then_some(())?;
        cursor.done(Self { every, times })
    }

    /// The first occurrence after `after`. Intervals of days, weeks and months count from
    /// `start`, the day of the first one. Where no time was said, it is `usual`; a time that
    /// could be in either half of the day is taken as it was said. `None` if there is none
    /// within eight years.
    #[must_use]
    pub fn next(&self, after: &ZonedDateTime, start: Date, usual: Time) -> Option<ZonedDateTime> {
        if let Every::Interval(length) = self.every {
            return after.checked_add(length).ok();
        }
        let mut times: Vec<Time> = self.times.iter().map(|time| time.time).collect();
        if times.is_empty() {
            times.push(usual);
        }
        times.sort_unstable();
        let first = after.date().max(start);
        (0..DAYS_AHEAD)
            .map_while(|days| first.checked_add(Span::new().days(days)).ok())
            .filter(|date| self.is_on(*date, start))
            .find_map(|date| {
                times.iter().find_map(|time| {
                    let zone = after.time_zone().clone();
                    let moment = date.to_datetime(*time).to_zoned_datetime(zone).ok()?;
                    (moment > *after).then_some(moment)
                })
            })
    }

    /// Whether it falls on `date`, counted from `start`.
    fn is_on(&self, date: Date, start: Date) -> bool {
        let days_since = |from: Date| (date - from).get_days();
        let monday = |date: Date| days_since_monday(date);
        match &self.every {
            Every::Interval(_) => false,
            Every::Days(every) => days_since(start) % every == 0,
            Every::Weeks(every, days) => {
                // Whole weeks, from Monday to Sunday.
                let weeks = (days_since(start) + monday(start) - monday(date)) / 7;
                let on = if days.is_empty() {
                    date.weekday() == start.weekday()
                } else {
                    days.contains(&date.weekday())
                };
                weeks % every == 0 && on
            }
            Every::Months(every, day) => {
                let months = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
                let day = match day {
                    0 => start.day(),
                    -1 => date.days_in_month(),
                    day => *day,
                };
                (months(date) - months(start)) % every == 0 && date.day() == day
            }
            Every::WeekdayOfMonth(nth, day) => {
                date.nth_weekday_of_month(*nth, *day).ok() == Some(date)
            }
            Every::Years(Some(day)) => day.resolve(date) == Some(date),
            Every::Years(None) => (date.month(), date.day()) == (start.month(), start.day()),
        }
    }

    /// As it is spoken: "every Monday at 9:00 AM".
    #[must_use]
    pub fn spoken(&self) -> String {
        let days = self.every.spoken();
        if self.times.is_empty() {
            return days;
        }
        let times: Vec<String> = self.times.iter().map(TimeOfDay::spoken).collect();
        format!("{days} at {}", say::list(&times, "and"))
    }
}

impl Every {
    fn spoken(&self) -> String {
        let each = |every: i32, unit: &str| match every {
            1 => format!("every {unit}"),
            2 => format!("every other {unit}"),
            every => format!("every {every} {unit}s"),
        };
        match self {
            Self::Interval(length) => format!("every {}", say_length(*length)),
            Self::Days(every) => each(*every, "day"),
            Self::Weeks(every, days) if days.is_empty() => each(*every, "week"),
            Self::Weeks(1, days) if days[..] == WORKDAYS => "every weekday".into(),
            Self::Weeks(every, days) => {
                let names: Vec<String> = days.iter().map(|day| format!("{day:?}")).collect();
                each(*every, &say::list(&names, "and"))
            }
            Self::Months(every, 0) => each(*every, "month"),
            Self::Months(every, -1) => format!("on the last day of {}", each(*every, "month")),
            Self::Months(every, day) => {
                let day = say::ordinal(u64::from(day.unsigned_abs()));
                format!("on the {day} of {}", each(*every, "month"))
            }
            Self::WeekdayOfMonth(-1, day) => format!("on the last {day:?} of every month"),
            Self::WeekdayOfMonth(nth, day) => {
                let nth = say::ordinal(u64::from(nth.unsigned_abs()));
                format!("on the {nth} {day:?} of every month")
            }
            Self::Years(Some(day)) => format!("every year on {}", day.spoken()),
            Self::Years(None) => "every year".into(),
        }
    }
}

impl fmt::Display for Recurrence {
    /// As an iCalendar rule (RFC 5545, section 3.3.10), without the times, which are appended.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.every {
            Every::Interval(length) => write!(f, "FREQ=SECONDLY;INTERVAL={}", length.as_secs())?,
            Every::Days(every) => write!(f, "FREQ=DAILY;INTERVAL={every}")?,
            Every::Weeks(every, days) => {
                write!(f, "FREQ=WEEKLY;INTERVAL={every}")?;
                for (at, day) in days.iter().enumerate() {
                    let before = if at == 0 { ";BYDAY=" } else { "," };
                    write!(f, "{before}{}", code(*day))?;
                }
            }
            Every::Months(every, 0) => write!(f, "FREQ=MONTHLY;INTERVAL={every}")?,
            Every::Months(every, day) => {
                write!(f, "FREQ=MONTHLY;INTERVAL={every};BYMONTHDAY={day}")?;
            }
            Every::WeekdayOfMonth(nth, day) => {
                write!(f, "FREQ=MONTHLY;BYDAY={nth}{}", code(*day))?;
            }
            Every::Years(Some(day)) => write!(f, "FREQ=YEARLY {day}")?,
            Every::Years(None) => write!(f, "FREQ=YEARLY")?,
        }
        for time in &self.times {
            write!(f, " {time}")?;
        }
        Ok(())
    }
}

const WORKDAYS: [Weekday; 5] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
];

const WEEKEND: [Weekday; 2] = [Weekday::Saturday, Weekday::Sunday];

/// The words with which the days begin, after times that were said first.
const OPENINGS: [&str; 12] = [
    "every", "each", "on", "daily", "weekly", "monthly", "yearly", "weekdays", "weekends", "the",
    "once", "twice",
];

fn code(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

fn days_since_monday(date: Date) -> i32 {
    i32::from(date.weekday().to_monday_zero_offset())
}

fn without_times(every: Every) -> (Every, Vec<TimeOfDay>) {
    (every, Vec::new())
}

/// "twice a day", "three times every day": spread over the waking hours.
fn per_day(cursor: &mut Cursor<'_>) -> Option<(Every, Vec<TimeOfDay>)> {
    let count = match cursor.eat_any(&["once", "twice"]) {
        Some(at) => at as u64 + 1,
        None => {
            let count = cursor.longest(2, whole)?;
            cursor.eat_any(&["times", "time"])?;
            count
        }
    };
    cursor.eat_any(&["a", "per", "every", "each"])?;
    let unit = cursor.eat_any(&["day", "week", "month", "year"])?;
    let every = match unit {
        0 => Every::Days(1),
        // More than once a week leaves open on which days.
        _ if count != 1 => return None,
        1 => Every::Weeks(1, Vec::new()),
        2 => Every::Months(1, 0),
        _ => Every::Years(None),
    };
    if count == 1 {
        return Some((every, Vec::new()));
    }
    (2..=MAX_TIMES).contains(&count).then_some(())?;
    let (first, last) = (WAKING_HOURS.0 * 60, WAKING_HOURS.1 * 60);
    let times = (0..count).map(|at| {
        let minute =
            first + (last - first) * i64::try_from(at).ok()? / i64::try_from(count - 1).ok()?;
        let (hour, minute) = (
            i8::try_from(minute / 60).ok()?,
            i8::try_from(minute % 60).ok()?,
        );
        Some(TimeOfDay {
            time: Time::new(hour, minute, 0, 0).ok()?,
            certain: true,
        })
    });
    Some((every, times.collect::<Option<_>>()?))
}

/// "the first friday of each month", "the 3rd of every month", "the last day of the month".
fn day_of_month(cursor: &mut Cursor<'_>) -> Option<Every> {
    cursor.eat_any(&["every", "the"]);
    let rank = if cursor.eat("last") {
        -1
    } else {
        let rank = cursor.longest(2, ordinal)?;
        i8::try_from(rank).ok().filter(|rank| *rank <= 31)?
    };
    let day = cursor.attempt(weekday);
    let said_day = day.is_none() && cursor.eat("day");
    cursor.eat_any(&["of", "in"]);
    cursor.eat_any(&["each", "every", "the", "a"])?;
    cursor.eat("month").then_some(())?;
    match day {
        Some(day) if rank <= 5 => Some(Every::WeekdayOfMonth(rank, day)),
        Some(_) => None,
        None if rank > 0 || said_day => Some(Every::Months(1, rank)),
        None => None,
    }
}

/// "every other day", "every monday and friday", "weekdays", "daily".
fn every(cursor: &mut Cursor<'_>) -> Option<Every> {
    const ADVERBS: [&str; 6] = ["hourly", "daily", "nightly", "weekly", "monthly", "yearly"];
    match cursor.eat_any(&ADVERBS) {
        Some(0) => return Some(Every::Interval(SignedDuration::from_hours(1))),
        Some(1 | 2) => return Some(Every::Days(1)),
        Some(3) => return Some(Every::Weeks(1, Vec::new())),
        Some(4) => return Some(Every::Months(1, 0)),
        Some(_) => return Some(Every::Years(None)),
        None => {}
    }
    if let Some(days) = cursor.attempt(plural_days) {
        return Some(Every::Weeks(1, days));
    }
    cursor.eat_any(&["every", "each"])?;
    // "every morning": the part of the day is read by the caller.
    if cursor.peek().and_then(DayPart::read).is_some() {
        return Some(Every::Days(1));
    }
    let count = match cursor.eat_any(&["single", "other", "second"]) {
        Some(0) => 1,
        Some(_) => 2,
        None => cursor
            .attempt(|c| {
                let ranked = c.attempt(|c| c.longest(2, ordinal).map(u64::from));
                let count = match ranked {
                    Some(rank) => rank,
                    None => c.longest(3, whole)?,
                };
                // "every 3rd of may" is a day, not a count.
                let unit = ["day", "week", "month", "year"];
                let plain = |word: &str| unit.contains(&word.trim_end_matches('s'));
                let counts = c.peek().is_some_and(plain) || c.clone().attempt(weekday).is_some();
                counts.then(|| i32::try_from(count).ok()).flatten()
            })
            .unwrap_or(1),
    };
    (1..=1_000).contains(&count).then_some(())?;
    let unit = cursor.eat_any(&[
        "days", "day", "weeks", "week", "months", "month", "years", "year",
    ]);
    match unit {
        Some(0 | 1) => return Some(Every::Days(count)),
        Some(2 | 3) => {
            let days = cursor.attempt(|c| {
                c.eat("on").then_some(())?;
                weekdays(c)
            });
            return Some(Every::Weeks(count, days.unwrap_or_default()));
        }
        Some(4 | 5) => {
            let day = cursor.attempt(|c| {
                c.eat("on the").then_some(())?;
                let rank = c.longest(2, ordinal)?;
                i8::try_from(rank).ok().filter(|day| *day <= 31)
            });
            return Some(Every::Months(count, day.unwrap_or(0)));
        }
        Some(_) if count == 1 => {
            let day = cursor.attempt(|c| {
                c.eat("on");
                c.longest(6, day_of_year)
            });
            return Some(Every::Years(day));
        }
        Some(_) => return None,
        None => {}
    }
    if let Some(days) = cursor.attempt(|c| weekdays(c).or_else(|| c.attempt(plural_days))) {
        return Some(Every::Weeks(count, days));
    }
    (count == 1).then_some(())?;
    // "every half hour", "every ten minutes", "every hour"
    let bare = |words: &[&str]| {
        let with_one: Vec<&str> = ["an"].iter().chain(words).copied().collect();
        let half: Vec<&str> = match words {
            ["half", rest @ ..] => ["half", "an"].iter().chain(rest).copied().collect(),
            _ => return duration(words).or_else(|| duration(&with_one)),
        };
        duration(&half).or_else(|| duration(words))
    };
    if let Some(length) = cursor.attempt(|c| c.longest(8, bare)) {
        return (length.as_secs() >= SHORTEST_INTERVAL).then_some(Every::Interval(length));
    }
    let day = cursor.longest(6, day_of_year)?;
    Some(Every::Years(Some(day)))
}

/// A day that each year has.
fn day_of_year(words: &[&str]) -> Option<DateExpr> {
    let day = DateExpr::read(words)?;
    matches!(
        day,
        DateExpr::MonthDay(_, _, None) | DateExpr::Holiday(_, None)
    )
    .then_some(day)
}

/// "monday", "monday and friday", "monday through friday", "weekday".
fn weekdays(cursor: &mut Cursor<'_>) -> Option<Vec<Weekday>> {
    match cursor.eat_any(&["weekday", "workday", "working day", "weekend"]) {
        Some(3) => return Some(WEEKEND.into()),
        Some(_) => return Some(WORKDAYS.into()),
        None => {}
    }
    let first = weekday(cursor)?;
    let range = cursor.attempt(|c| {
        c.eat_any(&["to", "through", "till", "until"])?;
        weekday(c)
    });
    if let Some(last) = range {
        let mut days = vec![first];
        let mut day = first;
        while day != last {
            day = day.next();
            days.push(day);
        }
        return Some(days);
    }
    let mut days = vec![first];
    while let Some(day) = cursor.attempt(|c| {
        c.eat("and");
        c.eat_any(&["every", "each"]);
        weekday(c)
    }) {
        if !days.contains(&day) {
            days.push(day);
        }
    }
    Some(days)
}

/// "mondays", "tuesdays and thursdays", "weekdays", "weekends", "monday to friday".
fn plural_days(cursor: &mut Cursor<'_>) -> Option<Vec<Weekday>> {
    match cursor.eat_any(&[
        "weekdays",
        "workdays",
        "working days",
        "weekends",
        "the weekend",
    ]) {
        Some(3 | 4) => return Some(WEEKEND.into()),
        Some(_) => return Some(WORKDAYS.into()),
        None => {}
    }
    let first = cursor.peek()?;
    let days = weekdays(cursor)?;
    // "monday" alone is one day, not a rule.
    (first.ends_with("days") || days.len() > 2).then_some(days)
}

fn weekday(cursor: &mut Cursor<'_>) -> Option<Weekday> {
    let word = cursor.next()?;
    Some(match word.strip_suffix('s').unwrap_or(word) {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
