//! Dates, weekdays and the days between.

use fame_plugin::read::DateExpr;
use fame_plugin::words::Words;
use fame_plugin::{Reply, say};
use jiff::civil::Date;
use serde_json::json;

/// Today's date, or as much of it as was asked for.
pub(crate) fn today(asked: &str, today: Date) -> Reply {
    let words = Words::new(asked);
    let asks = |word: &str| words.texts().contains(&word);
    let speech = if asks("year") {
        format!("It's {}.", today.year())
    } else if asks("month") && !asks("day") {
        format!("It's {}.", today.strftime("%B %Y"))
    } else {
        format!("It's {}.", say::date(today))
    };
    Reply::say(speech).data(json!({ "date": today.to_string() }))
}

/// "Christmas is on Friday, December 25th."
pub(crate) fn date_of(day: &DateExpr, today: Date) -> Reply {
    let Some(date) = day.resolve(today) else {
        return no_such_day();
    };
    let spoken = format!("{}{}", say::date(date), year(date, today));
    let verb = verb(date, today);
    let speech = match (name(day), day) {
        (Some(name), DateExpr::Days(_)) => format!("{name} {verb} {spoken}."),
        (Some(name), _) => format!("{name} {verb} on {spoken}."),
        (None, _) => format!("That {verb} {spoken}."),
    };
    dated(speech, date)
}

/// "May 3rd is a Monday."
pub(crate) fn weekday_of(day: &DateExpr, today: Date) -> Reply {
    let Some(date) = day.resolve(today) else {
        return no_such_day();
    };
    match day {
        DateExpr::Day(_) | DateExpr::MonthDay(..) => {
            let year = year(date, today);
            let (day, weekday) = (say::day_of_year(date), say::weekday(date));
            dated(
                format!("{day}{year} {} a {weekday}.", verb(date, today)),
                date,
            )
        }
        _ => date_of(day, today),
    }
}

/// "Yes, it's Friday, November 27th."
pub(crate) fn guess(day: &DateExpr, today: Date) -> Reply {
    let word = if day.resolve(today) == Some(today) {
        "Yes"
    } else {
        "No"
    };
    dated(format!("{word}, it's {}.", say::date(today)), today)
}

/// "It's 30 days until Christmas."
pub(crate) fn until(day: &DateExpr, today: Date, weeks: bool) -> Reply {
    let Some(date) = day.resolve(today) else {
        return no_such_day();
    };
    let days = i64::from((date - today).get_days());
    let own = || format!("{}{}", say::date(date), year(date, today));
    let name = match day {
        DateExpr::Days(_) => own(),
        day => name(day).map_or_else(own, String::from),
    };
    let speech = match days {
        0 => format!("{name} is today."),
        1 => format!("{name} is tomorrow."),
        -1 => format!("{name} was yesterday."),
        days if days < 0 => format!("{name} was {} ago.", length(-days, weeks)),
        days => format!("It's {} until {name}.", length(days, weeks)),
    };
    Reply::say(speech).data(json!({ "date": date.to_string(), "days": days }))
}

fn length(days: i64, weeks: bool) -> String {
    match (days / 7, days % 7) {
        (whole, 0) if weeks => say::count(whole, "week"),
        (whole, rest) if weeks && whole > 0 => {
            format!(
                "{} and {}",
                say::count(whole, "week"),
                say::count(rest, "day")
            )
        }
        _ => say::count(days, "day"),
    }
}

/// The name of a day that can begin a sentence.
fn name(day: &DateExpr) -> Option<&'static str> {
    match day {
        DateExpr::Days(0) => Some("Today"),
        DateExpr::Days(1) => Some("Tomorrow"),
        DateExpr::Days(-1) => Some("Yesterday"),
        day => day.name(),
    }
}

fn verb(date: Date, today: Date) -> &'static str {
    if date < today { "was" } else { "is" }
}

/// The year, where it is not the running one.
fn year(date: Date, today: Date) -> String {
    if date.year() == today.year() {
        String::new()
    } else {
        format!(", {}", date.year())
    }
}

fn dated(speech: String, date: Date) -> Reply {
    Reply::say(speech).data(json!({ "date": date.to_string() }))
}

fn no_such_day() -> Reply {
    Reply::say("There is no such day in the calendar.")
}
