use fame_plugin::testkit::TestKit;

use super::Calculator;

fn kit() -> TestKit {
    TestKit::new(Calculator, "2026-11-25T15:05:00[Europe/Berlin]").unwrap()
}

#[test]
fn people_are_understood() {
    let kit = kit();
    for (intent, texts) in [
        (
            "calculate",
            &[
                "What is 23+19?",
                "What's 12 times 12?",
                "What is twenty-three plus nineteen?",
                "What is 15% of 80?",
                "What's the square root of 144?",
                "How much is 8 x 7?",
                "Calculate 100 divided by 4.",
                "Can you tell me what 6 times 7 is?",
                "2 + 2",
                "five squared",
                "What is 2 to the power of 10?",
                "Add five and seven.",
                "Subtract 3 from 10",
                "What does 9 minus 4 equal?",
                "What is the sum of 4 and 5?",
                "7 times 8 is what?",
                "Could you please work out 20% of 50 for me?",
                "How much is a hundred and two minus two?",
                "and 3 plus 4?",
                "What is two plus too?",
                "what is half of 90",
            ][..],
        ),
        (
            "percentage",
            &[
                "What percent of 80 is 12?",
                "12 is what percent of 80?",
                "What percentage is 12 of 80?",
                "What is 12 as a percentage of 80?",
                "Which percentage of 80 is 12?",
                "12 out of 80 in percent",
            ],
        ),
        (
            "convert",
            &[
                "How many ounces are in a pound?",
                "How many ounces in a pound?",
                "Convert 5 miles to kilometers.",
                "What is 100 degrees Fahrenheit in Celsius?",
                "How many feet are there in a mile?",
                "5 kilos in pounds",
                "How many centimeters is 6 feet?",
                "Can you tell me how many minutes are in a day?",
                "How far is 10 km in miles?",
                "How do I convert inches to centimeters?",
                "What would five pounds be in kilos?",
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
        "What is love?",
        "What is 5?",
        "Add milk to my list",
        "What are my plus points?",
        "Take me home",
        "Five",
        "15 percent",
        "What percent of people like jazz?",
        "My battery is at 80 percent",
        "How many ounces?",
        "How many people are in a pound?",
        "Convert my file to PDF",
        "I ran 5 miles",
        "Divide and conquer",
        "Pay 5 dollars to Bob",
    ] {
        assert_eq!(kit.intent(text), None, "{text}");
    }
}

#[test]
fn answers_are_right_and_spoken() {
    let kit = kit();
    for (text, speech) in [
        ("What is 23+19?", "23 plus 19 is 42."),
        ("What is twenty-three plus nineteen?", "23 plus 19 is 42."),
        ("What's 12 times 12?", "12 times 12 is 144."),
        ("What is 15% of 80?", "15 percent of 80 is 12."),
        ("What is 20% off $50?", "20 percent off 50 dollars is 40."),
        ("What is 80 plus 10%?", "80 plus 10 percent is 88."),
        (
            "What's the square root of 144?",
            "The square root of 144 is 12.",
        ),
        (
            "What is the square root of 2?",
            "The square root of 2 is about 1.4142.",
        ),
        (
            "What is the square root of minus 4?",
            "The square root of minus 4 is not a real number.",
        ),
        ("What is the cube root of 27?", "The cube root of 27 is 3."),
        ("10 divided by 3", "10 divided by 3 is about 3.3333."),
        ("10 divided by 4", "10 divided by 4 is 2.5."),
        ("5 minus 7", "5 minus 7 is minus 2."),
        ("minus 5 plus 2", "Minus 5 plus 2 is minus 3."),
        ("2 plus 3 times 4", "2 plus 3 times 4 is 14."),
        ("What is 5 squared?", "5 squared is 25."),
        (
            "What is 2 to the power of 10?",
            "2 to the power of 10 is 1024.",
        ),
        (
            "2 to the power of 100",
            "2 to the power of 100 is about 1.268 times 10 to the power of 30.",
        ),
        ("17 mod 5", "17 modulo 5 is 2."),
        ("six factorial", "6 factorial is 720."),
        ("A third of 90", "A third of 90 is 30."),
        ("Subtract 3 from 10", "10 minus 3 is 7."),
        ("1,000 times 1,000", "1000 times 1000 is 1,000,000."),
        ("0.1 plus 0.2", "0.1 plus 0.2 is 0.3."),
        (
            "5 divided by 0",
            "That would be dividing by zero, and nobody can do that.",
        ),
        ("a million factorial", "That is too big for me to work out."),
        ("What percent of 80 is 12?", "12 is 15 percent of 80."),
        (
            "What percent of 0 is 12?",
            "That would be dividing by zero, and nobody can do that.",
        ),
        ("How many ounces are in a pound?", "1 pound is 16 ounces."),
        ("How many ounces are in a cup?", "1 cup is 8 ounces."),
        (
            "Convert 5 miles to kilometers.",
            "5 miles are about 8.0467 kilometers.",
        ),
        (
            "What is 100 degrees Fahrenheit in Celsius?",
            "100 degrees Fahrenheit are about 37.7778 degrees Celsius.",
        ),
        ("How many minutes are in a day?", "1 day is 1440 minutes."),
        (
            "5 kilos in miles",
            "I can't turn kilograms into miles; they measure different things.",
        ),
        (
            "How do I convert inches to centimeters?",
            "1 inch is 2.54 centimeters.",
        ),
        ("half a mile in feet", "0.5 miles are 2640 feet."),
    ] {
        assert_eq!(kit.ask(text).unwrap().speech, speech, "{text}");
    }
}

#[test]
fn every_unit_is_known_to_the_library() {
    let kit = kit();
    for unit in [
        "mile",
        "ton",
        "ml",
        "tablespoon",
        "knot",
        "square foot",
        "acre",
        "hectare",
        "kilobyte",
        "calorie",
        "kilocalorie",
        "kwh",
        "horsepower",
        "kelvin",
        "light year",
        "nautical mile",
        "fluid ounce",
        "stone",
        "radian",
        "kph",
        "mph",
        "meter per second",
        "square kilometer",
        "millimeter",
        "quart",
        "celsius",
        "week",
        "year",
        "square mile",
        "square meter",
        "kilojoule",
        "watt",
        "kilowatt",
        "terabyte",
        "gigabyte",
        "megabyte",
        "centimeter",
        "meter",
        "kilometer",
        "inch",
        "foot",
        "yard",
        "milligram",
        "gram",
        "kilogram",
        "ounce",
        "pound",
        "liter",
        "teaspoon",
        "cup",
        "pint",
        "gallon",
        "second",
        "minute",
        "hour",
        "day",
        "fahrenheit",
        "joule",
        "degree",
    ] {
        let text = format!("convert 1 {unit} to {unit}");
        let speech = kit.ask(&text).unwrap().speech;
        assert!(
            speech.starts_with("1 ") && speech.contains(" is 1 "),
            "{text}: {speech}"
        );
    }
}

#[test]
fn no_two_sentences_clash() {
    assert_eq!(kit().clashes(), []);
}
