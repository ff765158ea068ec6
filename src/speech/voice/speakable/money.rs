//! Amounts of money.

use super::numbers::Number;
use super::words::{Ahead, Spoken};

/// How a currency is written, and its one and many; of its hundredth part likewise.
struct Currency {
    signs: &'static [&'static str],
    names: (&'static str, &'static str),
    cents: Option<(&'static str, &'static str)>,
}

const CURRENCIES: &[Currency] = &[
    Currency {
        signs: &["$", "US$", "USD"],
        names: ("dollar", "dollars"),
        cents: Some(("cent", "cents")),
    },
    Currency {
        signs: &["€", "EUR"],
        names: ("euro", "euros"),
        cents: Some(("cent", "cents")),
    },
    Currency {
        signs: &["£", "GBP"],
        names: ("pound", "pounds"),
        cents: Some(("penny", "pence")),
    },
    Currency {
        signs: &["¥", "JPY"],
        names: ("yen", "yen"),
        cents: None,
    },
    Currency {
        signs: &["₹", "INR"],
        names: ("rupee", "rupees"),
        cents: Some(("paisa", "paise")),
    },
    Currency {
        signs: &["CHF"],
        names: ("Swiss franc", "Swiss francs"),
        cents: None,
    },
];

/// `$5.20`, `€1.5 million`, `20 EUR`, `$20/month`.
pub(super) fn amount(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    let (core, per) = match core.split_once('/') {
        Some((amount, unit)) if unit.chars().all(char::is_alphabetic) && !unit.is_empty() => {
            (amount, format!(" per {unit}"))
        }
        _ => (core, String::new()),
    };
    let (sign, unsigned) = match core.strip_prefix(['-', '−']) {
        Some(rest) => ("minus ", rest),
        None => ("", core),
    };
    if let Some((currency, amount)) = leading(unsigned) {
        let (digits, glued) = split_magnitude(amount);
        let number = Number::parse(digits).filter(|number| !number.is_negative())?;
        let next = ahead
            .joined(1)
            .filter(|_| per.is_empty() && glued.is_none());
        let (words, scale) = match (glued, next) {
            (Some(scale), _) => (1, Some(scale)),
            (None, Some(scale)) if is_magnitude(scale) => (2, Some(scale)),
            _ => (1, None),
        };
        let said = say(currency, &number, scale);
        return Some(Spoken::many(words, format!("{sign}{said}{per}")));
    }
    let (number, currency, words) = trailing(ahead, unsigned)?;
    Some(Spoken::many(
        words,
        format!("{sign}{}", say(currency, &number, None)),
    ))
}

/// The currency at the beginning, and what is left.
fn leading(text: &str) -> Option<(&'static Currency, &str)> {
    CURRENCIES.iter().find_map(|currency| {
        let mut signs = currency.signs.iter();
        signs.find_map(|sign| Some((currency, text.strip_prefix(sign)?)))
    })
}

/// A number with its currency behind it, glued or as the next word.
fn trailing<'a>(
    ahead: &Ahead<'a>,
    text: &'a str,
) -> Option<(Number<'a>, &'static Currency, usize)> {
    for currency in CURRENCIES {
        for sign in currency.signs {
            if let Some(number) = text.strip_suffix(sign).and_then(Number::parse) {
                return Some((number, currency, 1));
            }
            if ahead.joined(1) == Some(sign)
                && let Some(number) = Number::parse(text)
            {
                return Some((number, currency, 2));
            }
        }
    }
    None
}

fn split_magnitude(amount: &str) -> (&str, Option<&'static str>) {
    let digits = amount.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &amount[digits.len()..] {
        "k" | "K" => "thousand",
        "m" | "M" | "mn" => "million",
        "b" | "B" | "bn" => "billion",
        "tn" | "T" => "trillion",
        _ => return (amount, None),
    };
    (digits, Some(scale))
}

fn is_magnitude(word: &str) -> bool {
    matches!(
        word,
        "hundred" | "thousand" | "million" | "billion" | "trillion"
    )
}

fn say(currency: &Currency, number: &Number<'_>, scale: Option<&str>) -> String {
    let (one, many) = currency.names;
    if let Some(scale) = scale {
        return format!("{} {scale} {many}", number.said());
    }
    let hundredths = number.fraction().filter(|fraction| fraction.len() == 2);
    let (Some((cent, cents)), Some(hundredths)) = (currency.cents, hundredths) else {
        return format!(
            "{} {}",
            number.said(),
            if number.is_one() { one } else { many }
        );
    };
    let parts: u64 = hundredths.parse().unwrap_or(0);
    let parts_said = format!("{parts} {}", if parts == 1 { cent } else { cents });
    let name = if number.whole() == 1 { one } else { many };
    match (number.whole(), parts) {
        (whole, 0) => format!("{} {name}", said_whole(whole)),
        (0, _) => parts_said,
        (whole, _) => format!("{} {name} and {parts_said}", said_whole(whole)),
    }
}

fn said_whole(whole: u64) -> String {
    if whole < 1_000 {
        whole.to_string()
    } else {
        super::numbers::cardinal(whole)
    }
}
