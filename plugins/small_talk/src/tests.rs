use fame_plugin::testkit::TestKit;

use super::SmallTalk;

fn kit() -> TestKit {
    TestKit::new(SmallTalk::default(), "2026-11-25T15:05:00[Europe/Berlin]").unwrap()
}

#[test]
fn people_are_understood() {
    let kit = kit();
    for (intent, texts) in [
        (
            "hello",
            &[
                "Hello!",
                "Hi there.",
                "Good morning",
                "Good evening, Fame.",
                "Hey",
                "Say hello to everyone",
                "I'm home",
            ][..],
        ),
        (
            "how_are_you",
            &[
                "How are you?",
                "How are you doing today?",
                "How's it going?",
                "What's up?",
                "Hi, how are you?",
                "How was your day?",
            ],
        ),
        (
            "thanks",
            &[
                "Thank you.",
                "Thanks!",
                "Thank you very much.",
                "Thanks a lot, Fame",
                "Okay, thanks.",
                "I appreciate it",
                "Thanks for your help.",
            ],
        ),
        (
            "praise",
            &[
                "Good job!",
                "Well done.",
                "You're the best.",
                "That was funny",
                "You're so smart",
                "That's great",
            ],
        ),
        (
            "complaint",
            &[
                "That's wrong.",
                "You're stupid.",
                "That is not what I said.",
                "You got that wrong",
                "You don't understand me.",
            ],
        ),
        (
            "goodbye",
            &[
                "Good night.",
                "Goodbye!",
                "See you tomorrow.",
                "Bye bye",
                "Have a nice day",
                "I'm going to bed",
            ],
        ),
        (
            "who_are_you",
            &[
                "Who are you?",
                "What's your name?",
                "What are you?",
                "Are you a robot?",
                "Who made you?",
                "Tell me about yourself.",
                "How old are you?",
            ],
        ),
        (
            "capabilities",
            &[
                "What can you do?",
                "What can I ask you?",
                "How can you help me?",
                "Help",
                "What are your skills?",
                "Tell me what you can do.",
                "What else can you do?",
            ],
        ),
        (
            "can_you_hear_me",
            &[
                "Can you hear me?",
                "Are you there?",
                "Are you listening?",
                "Is anybody there?",
                "testing, testing",
            ],
        ),
        (
            "joke",
            &[
                "Tell me a joke.",
                "Tell me another joke",
                "Do you know any jokes?",
                "Make me laugh.",
                "Can you tell me a funny joke?",
                "joke",
                "I want to hear a joke",
                "Could you please tell us a good joke?",
                "Say something funny",
                "Do you have any good jokes?",
                "Tell me a joke about cats.",
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
        "Hello Kitty is a cat",
        "Say hello to my little friend in the email",
        "Good morning America is a show",
        "How are the markets doing?",
        "How is the weather?",
        "How are you going to do that?",
        "Thank Bob for the flowers",
        "Thanksgiving is a holiday",
        "Thank you note template",
        "Do a good job on my homework",
        "That is great news about the car",
        "Is it a good day for running?",
        "Night shift schedule",
        "What is wrong with my car?",
        "He is stupid",
        "Is that wrong?",
        "See you in court is a movie",
        "When is bedtime?",
        "Who is the president?",
        "What is the name of this song?",
        "Who made the telephone?",
        "What can dogs do?",
        "What can I cook tonight?",
        "Help my neighbor move",
        "Can you hear the sea?",
        "Are you there God is a book",
        "Play a test sound",
        "This is no joke",
        "That joke was bad",
        "Who wrote the joke book?",
    ] {
        assert_eq!(kit.intent(text), None, "{text}");
    }
}

#[test]
fn answers_suit_the_hour() {
    let kit = kit();
    assert_eq!(
        kit.ask("Hello!").unwrap().speech,
        "Good afternoon! What can I do for you?"
    );
    assert_eq!(
        kit.ask("Bye").unwrap().speech,
        "Goodbye. Have a good afternoon."
    );
    kit.set_clock("2026-11-25T23:30:00[Europe/Berlin]".parse().unwrap());
    assert_eq!(
        kit.ask("Hello!").unwrap().speech,
        "Hello! You're up late. What can I do for you?"
    );
    assert_eq!(
        kit.ask("Good night").unwrap().speech,
        "Good night. Sleep well."
    );
}

#[test]
fn jokes_differ() {
    let kit = kit();
    let first = kit.ask("Tell me a joke.").unwrap().speech;
    let about = kit.ask("Tell me a joke about cats.").unwrap().speech;
    assert!(
        about.starts_with("I don't know one about cats, but"),
        "{about}"
    );
    assert_ne!(kit.ask("Tell me a joke.").unwrap().speech, first);
}

#[test]
fn it_says_what_it_can_do() {
    let reply = kit().ask("What can you do?").unwrap();
    assert_eq!(
        reply.speech,
        "You can ask me to tell you a joke. And say stop whenever you've heard enough."
    );
    assert!(reply.display.unwrap().contains("Tell me a joke."));
}

#[test]
fn no_two_sentences_clash() {
    assert_eq!(kit().clashes(), []);
}
