use fame_plugin::testkit::TestKit;

use super::Clock;

/// A Wednesday afternoon.
fn kit() -> TestKit {
    TestKit::new(Clock::default(), "2026-11-25T15:05:00[Europe/Berlin]").unwrap()
}

#[test]
fn people_are_understood() {
    let kit = kit();
    for (intent, texts) in [
        (
            "time",
            &[
                "What time is it?",
                "What's the time?",
                "Do you know what time it is?",
                "Tell me the time.",
                "Can you tell me what time it is right now?",
                "time",
                "Could you please give me the current time",
                "Do you have the time?",
                "What time is it now, please?",
                "I need to know the time",
                "What does the clock say?",
                "Hey, um, what time is it?",
            ][..],
        ),
        (
            "date",
            &[
                "What's the date?",
                "What is today's date?",
                "What date is it today?",
                "Tell me the date.",
                "Do you know what the date is?",
                "What's the date today?",
                "What month is it?",
                "What year is it?",
                "When is Christmas?",
                "When's Easter this year?",
                "What date is next Friday?",
                "What's the date tomorrow?",
            ],
        ),
        (
            "weekday",
            &[
                "What day is it today?",
                "What day is it?",
                "Which day of the week is it?",
                "Tell me what day it is.",
                "What day of the week is it today?",
                "What day is Christmas?",
                "What day is the 3rd of May?",
                "What day of the week is July 4th?",
                "What day does Halloween fall on?",
                "On what day is New Year's Eve?",
                "What day was yesterday?",
            ],
        ),
        (
            "time_in",
            &[
                "What time is it in Tokyo?",
                "What's the time in New York?",
                "Tell me the time in London.",
                "Do you know what time it is in Sydney?",
                "What time is it in Los Angeles right now?",
                "What is the current time in India?",
                "time in Paris",
                "What time is it now in São Paulo?",
                "London time",
                "What time is it in Gotham?",
                "Is it dark in Japan now?",
            ],
        ),
        (
            "days_until",
            &[
                "How many days until Christmas?",
                "How long until Halloween?",
                "How many days are left till New Year's?",
                "How many days is it until Easter?",
                "Days until the 3rd of May",
                "How far away is Christmas?",
                "How many weeks until Christmas?",
                "How many sleeps till Christmas?",
                "How many days are there until December 1st?",
                "Can you tell me how many days there are until Friday?",
                "How long is it until Valentine's Day?",
            ],
        ),
    ] {
        for text in texts {
            assert_eq!(kit.intent(text), Some(intent), "{text}");
        }
    }
}

#[test]
fn other_things_are_not_meant() {
    let kit = kit();
    for text in [
        "What time does the movie start?",
        "What time is my appointment?",
        "It's time to go",
        "Do you have time?",
        "What is time?",
        "Set the time",
        "I have a date tonight",
        "Who should I date?",
        "What's the expiry date of the milk?",
        "What day is my birthday?",
        "What a day",
        "What did you do today?",
        "How was your day?",
        "What's the weather in Tokyo?",
        "What time zone am I in",
        "I was in Tokyo last time",
        "How many days are in a week?",
        "How many days until my birthday?",
        "Christmas is my favorite holiday",
        "How long is a football field?",
    ] {
        assert_eq!(kit.intent(text), None, "{text}");
    }
}

#[test]
fn answers_are_spoken_as_a_person_would() {
    let kit = kit();
    for (text, speech) in [
        ("What time is it?", "It's 3:05 PM."),
        ("What's the date?", "It's Wednesday, November 25th."),
        ("What month is it?", "It's November 2026."),
        ("What year is it?", "It's 2026."),
        ("What day is it today?", "It's Wednesday, November 25th."),
        (
            "What day is Christmas?",
            "Christmas is on Friday, December 25th.",
        ),
        ("What day is the 3rd of May?", "May 3rd, 2027 is a Monday."),
        (
            "What day was July 4th, 1776?",
            "July 4th, 1776 was a Thursday.",
        ),
        ("Is it Friday?", "No, it's Wednesday, November 25th."),
        ("Is today Wednesday?", "Yes, it's Wednesday, November 25th."),
        (
            "What day is tomorrow?",
            "Tomorrow is Thursday, November 26th.",
        ),
        (
            "What day was yesterday?",
            "Yesterday was Tuesday, November 24th.",
        ),
        (
            "What date is next Wednesday?",
            "That is Wednesday, December 2nd.",
        ),
        ("When is Easter?", "Easter is on Sunday, March 28th, 2027."),
        (
            "When is June 31st?",
            "There is no such day in the calendar.",
        ),
        ("What time is it in Tokyo?", "It's 11:05 PM in Tokyo."),
        (
            "What time is it in Sydney?",
            "It's 1:05 AM on Thursday in Sydney.",
        ),
        ("What time is it in New York?", "It's 9:05 AM in New York."),
        (
            "What time is it in the US?",
            "It's 9:05 AM in Washington DC.",
        ),
        (
            "What's the time in Sidney?",
            "It's 1:05 AM on Thursday in Sydney.",
        ),
        ("Pacific time", "It's 6:05 AM, Pacific Time."),
        (
            "What time is it in Gotham?",
            "I don't know the time in Gotham. You can ask me about a bigger city, or the country.",
        ),
        (
            "How many days until Christmas?",
            "It's 30 days until Christmas.",
        ),
        (
            "How many weeks until Christmas?",
            "It's 4 weeks and 2 days until Christmas.",
        ),
        (
            "How many weeks until December 2nd?",
            "It's 1 week until Wednesday, December 2nd.",
        ),
        (
            "How long until tomorrow?",
            "Thursday, November 26th is tomorrow.",
        ),
        (
            "How many days until Thanksgiving?",
            "Thanksgiving is tomorrow.",
        ),
        (
            "How many days until Wednesday?",
            "Wednesday, November 25th is today.",
        ),
        (
            "How long has it been since July 4th 2026?",
            "Saturday, July 4th was 144 days ago.",
        ),
    ] {
        assert_eq!(kit.ask(text).unwrap().speech, speech, "{text}");
    }
}

#[test]
fn no_two_sentences_clash() {
    assert_eq!(kit().clashes(), []);
}
