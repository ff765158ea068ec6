//! What people say, and what sounds similar and means something else.

use fame_plugin::testkit::TestKit;

use super::NOW;
use crate::Developer;

#[test]
fn people_are_understood() {
    let kit = TestKit::new(Developer::default(), NOW).unwrap();
    for (intent, texts) in [
        (
            "generate_code",
            &[
                "Write a Python function to reverse a string and run it on hello.",
                "Write a program to compute the first ten prime numbers.",
                "Hey, could you write me a small program that sorts a list?",
                "Create a JavaScript function that checks whether a word is a palindrome.",
                "Write some Python code to count the vowels in a text.",
                "Generate code for a Caesar cipher.",
                "Can you make a script which prints hello world?",
                "I need a function that adds two matrices.",
                "Write a function in Python that computes the factorial of 5.",
                "Implement a binary search.",
                "Write a hello world program.",
                "Write bubble sort in Python.",
                "How would you write a program that finds the largest number of a list?",
                "Code me a function to flatten a list.",
                "Write a program.",
                "Show me a script to roll dice.",
                "Right a program to list the first five primes",
            ][..],
        ),
        (
            "run_code",
            &[
                "Run this code: `print(6 * 7)`",
                "Run this Python code: `print(1)`",
                "Execute the following script `echo hi`",
                "Run this program in JavaScript: `console.log(1)`",
                "What does this code print: `print(2)`?",
                "Try this snippet `1 + 1`",
            ],
        ),
        (
            "rerun",
            &[
                "Run my prime program again.",
                "Run the program again.",
                "Run the program on banana.",
                "Execute my prime finder program with 50.",
                "Run that code once more, please.",
                "Run the program called prime finder again.",
            ],
        ),
        (
            "show_code",
            &[
                "Show me the code.",
                "Show me my prime program.",
                "Show the program.",
                "Display that function.",
                "Let me see the code.",
                "List my programs.",
                "Which programs have I saved?",
            ],
        ),
        (
            "explain_code",
            &[
                "Explain the code.",
                "How does the program work?",
                "Explain how my prime program works.",
                "What does this function do?",
                "Walk me through the code.",
                "Explain a program to sort numbers with quicksort.",
            ],
        ),
        (
            "save_code",
            &[
                "Save the program as prime finder.",
                "Save it as prime finder.",
                "Save this code under the name palindromes.",
                "Keep the function as helper.",
                "Save the program.",
                "Remember that program as my favourite.",
                "Call the program prime finder and save it.",
            ],
        ),
        (
            "architecture_design",
            &[
                "Design a rate limiter.",
                "How would you design a URL shortener?",
                "Design a scalable chat system.",
                "Design the architecture of a payment service.",
                "What is the architecture of a reverse proxy?",
                "Give me a system design for a video site.",
                "Draw a diagram of a message queue.",
                "Sketch an architecture for an online shop.",
                "Design a system that stores files.",
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
    let kit = TestKit::new(Developer::default(), NOW).unwrap();
    for text in [
        "Write an email to Bob.",
        "Make a note to call the coder.",
        "What is a function?",
        "What is the country code of France?",
        "Run five miles tomorrow.",
        "Run the dishwasher.",
        "Execute order sixty six.",
        "Show me the way.",
        "Show my calendar.",
        "Display the time.",
        "Explain the weather.",
        "How does gravity work?",
        "What does a plumber do?",
        "Save the date.",
        "Save money.",
        "Keep it down.",
        "Design a logo.",
        "Plan a party.",
        "How would you build a shed?",
        "Draw a cat.",
        "Remind me to write a program.",
        "What time is it?",
        "Run again",
        "Call Bob.",
    ] {
        assert_eq!(kit.intent(text), None, "{text}");
    }
}

#[test]
fn sentences_do_not_clash() {
    let kit = TestKit::new(Developer::default(), NOW).unwrap();
    assert!(kit.clashes().is_empty(), "{:#?}", kit.clashes());
}
