use proptest::prelude::*;

use super::*;
use crate::read::with_words;

fn rule(text: &str) -> Option<String> {
    with_words(text, Recurrence::read).map(|rule| rule.to_string())
}

#[test]
fn the_ways_to_say_a_recurrence() {
    for (text, expected) in [
        ("every day", "FREQ=DAILY;INTERVAL=1"),
        ("Every day at 9 AM.", "FREQ=DAILY;INTERVAL=1 09:00"),
        ("daily at noon", "FREQ=DAILY;INTERVAL=1 12:00"),
        ("every other day", "FREQ=DAILY;INTERVAL=2"),
        ("every 3 days", "FREQ=DAILY;INTERVAL=3"),
        ("every third day", "FREQ=DAILY;INTERVAL=3"),
        ("every morning", "FREQ=DAILY;INTERVAL=1 09:00"),
        ("every morning at seven", "FREQ=DAILY;INTERVAL=1 07:00"),
        ("every evening at eight", "FREQ=DAILY;INTERVAL=1 20:00"),
        ("at nine every day", "FREQ=DAILY;INTERVAL=1 09:00"),
        (
            "every day at nine and at six pm",
            "FREQ=DAILY;INTERVAL=1 09:00 18:00",
        ),
        ("twice a day", "FREQ=DAILY;INTERVAL=1 09:00 21:00"),
        (
            "three times a day",
            "FREQ=DAILY;INTERVAL=1 09:00 15:00 21:00",
        ),
        ("once a week", "FREQ=WEEKLY;INTERVAL=1"),
        (
            "every Monday at nine",
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO 09:00",
        ),
        (
            "at 9:30 every Monday",
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO 09:30",
        ),
        ("on Mondays", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"),
        (
            "every Monday morning",
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO 09:00",
        ),
        (
            "every Tuesday and Thursday",
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,TH",
        ),
        (
            "every Monday, Wednesday and Friday at noon",
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,WE,FR 12:00",
        ),
        ("weekdays", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR"),
        (
            "every weekday at 7",
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR 07:00",
        ),
        (
            "Monday to Friday at 8",
            "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,TU,WE,TH,FR 08:00",
        ),
        ("on weekends", "FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,SU"),
        ("every other Friday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
        (
            "every two weeks on Friday",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR",
        ),
        ("the first Friday of each month", "FREQ=MONTHLY;BYDAY=1FR"),
        (
            "on the last Sunday of every month at 10",
            "FREQ=MONTHLY;BYDAY=-1SU 10:00",
        ),
        ("every first Monday of the month", "FREQ=MONTHLY;BYDAY=1MO"),
        (
            "the 3rd of every month",
            "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=3",
        ),
        (
            "the last day of the month",
            "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=-1",
        ),
        (
            "every month on the 15th",
            "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15",
        ),
        ("monthly", "FREQ=MONTHLY;INTERVAL=1"),
        ("every year on May 3rd", "FREQ=YEARLY --05-03"),
        ("every 3rd of May", "FREQ=YEARLY --05-03"),
        ("every Christmas", "FREQ=YEARLY Christmas"),
        ("every hour", "FREQ=SECONDLY;INTERVAL=3600"),
        ("hourly", "FREQ=SECONDLY;INTERVAL=3600"),
        ("every 20 minutes", "FREQ=SECONDLY;INTERVAL=1200"),
        ("every half hour", "FREQ=SECONDLY;INTERVAL=1800"),
        ("every hour and a half", "FREQ=SECONDLY;INTERVAL=5400"),
    ] {
        assert_eq!(rule(text).as_deref(), Some(expected), "{text}");
    }
    for text in [
        "",
        "every",
        "monday",
        "tomorrow",
        "at nine",
        "every dog",
        "twice a week",
        "every 0 days",
        "the first friday",
        "every ten minutes at nine",
        "every 32nd of the month",
        "every june 31st and",
    ] {
        assert_eq!(rule(text), None, "{text}");
    }
}

#[test]
fn the_next_time_is_found() {
    let after: ZonedDateTime = "2026-11-25T15:05:00[Europe/Berlin]".parse().unwrap();
    let next = |text: &str| {
        let rule = with_words(text, Recurrence::read)?;
        let next = rule.next(&after, after.date(), Time::constant(8, 0, 0, 0))?;
        Some(next.datetime().strftime("%Y-%m-%d %H:%M").to_string())
    };
    for (text, moment) in [
        ("every day", "2026-11-26 08:00"),
        ("every day at 4 pm", "2026-11-25 16:00"),
        ("every other day", "2026-11-27 08:00"),
        ("every Monday at nine", "2026-11-30 09:00"),
        ("every other Monday", "2026-12-07 08:00"),
        ("every week", "2026-12-02 08:00"),
        ("weekdays at 9", "2026-11-26 09:00"),
        ("on weekends", "2026-11-28 08:00"),
        ("the first Friday of each month", "2026-12-04 08:00"),
        ("the last day of the month", "2026-11-30 08:00"),
        ("monthly", "2026-12-25 08:00"),
        ("the 31st of every month", "2026-12-31 08:00"),
        ("every February 29th", "2028-02-29 08:00"),
        ("every Christmas at noon", "2026-12-25 12:00"),
        ("yearly", "2027-11-25 08:00"),
        ("twice a day", "2026-11-25 21:00"),
        ("every 20 minutes", "2026-11-25 15:25"),
    ] {
        assert_eq!(next(text).as_deref(), Some(moment), "{text}");
    }
}

#[test]
fn a_recurrence_is_spoken() {
    for (text, spoken) in [
        ("every other day", "every other day"),
        ("each monday at 9 am", "every Monday at 9:00 AM"),
        ("mondays and fridays", "every Monday and Friday"),
        ("workdays at noon", "every weekday at noon"),
        (
            "the first friday of each month",
            "on the 1st Friday of every month",
        ),
        ("every twenty minutes", "every 20 minutes"),
        ("twice a day", "every day at 9:00 AM and 9:00 PM"),
        ("every may 3rd", "every year on May 3rd"),
    ] {
        let rule = with_words(text, Recurrence::read).unwrap();
        assert_eq!(rule.spoken(), spoken);
        // What is spoken is understood, and means the same.
        assert_eq!(with_words(spoken, Recurrence::read), Some(rule), "{spoken}");
    }
}

proptest! {
    #[test]
    fn the_next_time_is_later_and_on_the_rule(
        days in 0_i64..2_000,
        every in 1_i32..40,
        kind in 0_usize..4,
    ) {
        let start: Date = "2026-01-01".parse().unwrap();
        let after = start.checked_add(Span::new().days(days)).unwrap().at(12, 0, 0, 0)
            .to_zoned_datetime(jiff::tz::TimeZone::UTC).unwrap();
        let every = [
            Every::Days(every),
            Every::Weeks(every, vec![Weekday::Tuesday]),
            Every::Months(every, 5),
            Every::WeekdayOfMonth(1, Weekday::Friday),
        ][kind].clone();
        let rule = Recurrence { every, times: Vec::new() };
        let next = rule.next(&after, start, Time::midnight()).unwrap();
        prop_assert!(next > after);
        prop_assert!(rule.is_on(next.date(), start));
    }

    #[test]
    fn no_words_break_it(words in proptest::collection::vec(prop::sample::select(vec![
        "every", "each", "other", "the", "first", "last", "monday", "mondays", "and", "to", "of",
        "month", "day", "at", "nine", "twice", "a", "on", "3rd", "half", "hour", "minutes",
        "morning", "in"]), 0..16)) {
        let _ = Recurrence::read(&words);
    }
}
