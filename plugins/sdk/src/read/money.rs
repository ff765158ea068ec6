//! Sums of money.

use super::{Cursor, number};

/// Words in the longest amount.
const MAX_AMOUNT_WORDS: usize = 12;

/// A currency that people name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency {
    /// ISO 4217 code: `EUR`.
    pub code: &'static str,
    /// The name of one.
    pub one: &'static str,
    /// The name of several.
    pub many: &'static str,
}

/// An amount in a currency: "$5", "five euros fifty", "20 bucks".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Money {
    /// How much, in whole units of the currency.
    pub amount: f64,
    /// Of what.
    pub currency: Currency,
}

/// A currency with the other names of its unit and the names of its hundredth part. A name that
/// several countries use means the currency that most of its speakers pay with.
type Entry = (Currency, &'static [&'static str], &'static [&'static str]);

const fn currency(code: &'static str, one: &'static str, many: &'static str) -> Currency {
    Currency { code, one, many }
}

const CENTS: &[&str] = &["cent", "cents"];
const PENCE: &[&str] = &["p", "pence", "penny", "pennies"];
const ORE: &[&str] = &["ore"];

const CURRENCIES: &[Entry] = &[
    (
        currency("USD", "dollar", "dollars"),
        &["buck", "bucks", "us dollar", "us dollars"],
        CENTS,
    ),
    (currency("EUR", "euro", "euros"), &[], CENTS),
    (
        currency("GBP", "pound", "pounds"),
        &[
            "quid",
            "british pounds",
            "pounds sterling",
            "pound sterling",
        ],
        PENCE,
    ),
    (currency("JPY", "yen", "yen"), &["japanese yen"], &[]),
    (
        currency("CHF", "Swiss franc", "Swiss francs"),
        &["franc", "francs"],
        &["rappen"],
    ),
    (
        currency("CAD", "Canadian dollar", "Canadian dollars"),
        &[],
        CENTS,
    ),
    (
        currency("AUD", "Australian dollar", "Australian dollars"),
        &[],
        CENTS,
    ),
    (
        currency("NZD", "New Zealand dollar", "New Zealand dollars"),
        &[],
        CENTS,
    ),
    (
        currency("INR", "rupee", "rupees"),
        &["indian rupee", "indian rupees"],
        &["paise"],
    ),
    (
        currency("CNY", "yuan", "yuan"),
        &["renminbi", "chinese yuan"],
        &["fen"],
    ),
    (
        currency("KRW", "won", "won"),
        &["korean won", "south korean won"],
        &[],
    ),
    (
        currency("MXN", "peso", "pesos"),
        &["mexican peso", "mexican pesos"],
        &["centavos"],
    ),
    (
        currency("BRL", "real", "reais"),
        &["brazilian real"],
        &["centavos"],
    ),
    (
        currency("SEK", "Swedish krona", "Swedish kronor"),
        &["krona", "kronor"],
        ORE,
    ),
    (
        currency("NOK", "Norwegian krone", "Norwegian kroner"),
        &["krone", "kroner"],
        ORE,
    ),
    (currency("DKK", "Danish krone", "Danish kroner"), &[], ORE),
    (
        currency("PLN", "zloty", "zlotys"),
        &["zloties"],
        &["groszy"],
    ),
    (
        currency("CZK", "Czech koruna", "Czech korunas"),
        &["koruna", "korunas", "czech crowns"],
        &[],
    ),
    (currency("HUF", "forint", "forints"), &[], &[]),
    (
        currency("TRY", "lira", "lira"),
        &["turkish lira", "liras"],
        &["kurus"],
    ),
    (
        currency("RUB", "ruble", "rubles"),
        &["rouble", "roubles"],
        &["kopecks"],
    ),
    (currency("UAH", "hryvnia", "hryvnias"), &[], &[]),
    (currency("ILS", "shekel", "shekels"), &[], &["agorot"]),
    (
        currency("ZAR", "rand", "rand"),
        &["south african rand"],
        CENTS,
    ),
    (currency("THB", "baht", "baht"), &[], &["satang"]),
];

impl Currency {
    /// The currency of an ISO 4217 code, in any case; none for one that nobody says.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        let mut all = CURRENCIES.iter().map(|(currency, _, _)| *currency);
        all.find(|currency| currency.code.eq_ignore_ascii_case(code))
    }

    /// Its name after `amount`.
    #[must_use]
    pub fn after(&self, amount: f64) -> &'static str {
        if amount == 1.0 { self.one } else { self.many }
    }
}

impl Money {
    /// `words` as a sum of money.
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut cursor = Cursor::new(words);
        // "EUR 5"
        if let Some((currency, amount)) = cursor.attempt(|c| {
            let currency = Currency::of_code(c.next()?)?;
            Some((currency, c.longest(MAX_AMOUNT_WORDS, number)?))
        }) {
            return cursor.done(Self { amount, currency });
        }
        let amount = amount(&mut cursor)?;
        if let Some(entry) = cursor.attempt(unit) {
            let factor = cursor.attempt(scale).unwrap_or(1.0);
            let part = cursor.attempt(|c| part(c, entry)).unwrap_or(0.0);
            let amount = amount * factor + part;
            let currency = entry.0;
            return cursor.done(Self { amount, currency });
        }
        let cents = |entry: &&Entry| entry.2.iter().any(|name| cursor.words == [*name]);
        CURRENCIES.iter().find(cents).map(|entry| Self {
            amount: amount / 100.0,
            currency: entry.0,
        })
    }

    /// As it is spoken: "5 dollars", "5.50 euros".
    #[must_use]
    pub fn spoken(&self) -> String {
        let name = self.currency.after(self.amount);
        if self.amount.fract() == 0.0 {
            format!("{} {name}", self.amount)
        } else {
            format!("{:.2} {name}", self.amount)
        }
    }
}

fn amount(cursor: &mut Cursor<'_>) -> Option<f64> {
    let number = cursor.attempt(|c| {
        let number = c.longest(MAX_AMOUNT_WORDS, number)?;
        // "half a dollar" goes on.
        (c.peek() != Some("a")).then_some(number)
    });
    number
        .or_else(|| cursor.eat("half a").then_some(0.5))
        .or_else(|| cursor.eat_any(&["a", "an"]).map(|_| 1.0))
}

/// The longest name of a currency that comes next.
fn unit(cursor: &mut Cursor<'_>) -> Option<&'static Entry> {
    cursor.longest(3, |words| {
        let said = words.join(" ");
        let named = |(currency, others, _): &&Entry| {
            let names = [currency.one, currency.many, currency.code];
            names.iter().any(|name| name.eq_ignore_ascii_case(&said))
                || others.contains(&said.as_str())
        };
        CURRENCIES.iter().find(named)
    })
}

/// The "million" of "$5 million", which normalising leaves after the unit.
fn scale(cursor: &mut Cursor<'_>) -> Option<f64> {
    const SCALES: [(&str, f64); 4] = [
        ("thousand", 1e3),
        ("million", 1e6),
        ("billion", 1e9),
        ("trillion", 1e12),
    ];
    let word = cursor.next()?;
    let (_, factor) = SCALES.iter().find(|(name, _)| *name == word)?;
    Some(*factor)
}

/// What follows the whole units: "and 20 cents", "fifty".
fn part(cursor: &mut Cursor<'_>, entry: &Entry) -> Option<f64> {
    cursor.eat("and");
    let hundredths = cursor.longest(3, number)?;
    let named = cursor.eat_any(entry.2).is_some();
    let fits = (1.0..100.0).contains(&hundredths) && hundredths.fract() == 0.0;
    (fits && (named || hundredths >= 10.0)).then_some(hundredths / 100.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::with_words;
    use super::*;

    fn read(text: &str) -> Option<(f64, &'static str)> {
        with_words(text, Money::read).map(|money| (money.amount, money.currency.code))
    }

    #[test]
    fn the_ways_to_say_money() {
        for (text, amount, code) in [
            ("$5", 5.0, "USD"),
            ("$5.50", 5.5, "USD"),
            ("$1,200", 1200.0, "USD"),
            ("$2.5 million", 2_500_000.0, "USD"),
            ("5€", 5.0, "EUR"),
            ("5,000 €", 5000.0, "EUR"),
            ("£20", 20.0, "GBP"),
            ("¥500", 500.0, "JPY"),
            ("₹100", 100.0, "INR"),
            ("five euros fifty", 5.5, "EUR"),
            ("five euros and twenty cents", 5.2, "EUR"),
            ("three pounds 50", 3.5, "GBP"),
            ("20 bucks", 20.0, "USD"),
            ("a dollar", 1.0, "USD"),
            ("half a million dollars", 500_000.0, "USD"),
            ("half a dollar", 0.5, "USD"),
            ("fifty cents", 0.5, "USD"),
            ("80 pence", 0.8, "GBP"),
            ("ten quid", 10.0, "GBP"),
            ("100 Swiss francs", 100.0, "CHF"),
            ("12 Canadian dollars", 12.0, "CAD"),
            ("250 EUR", 250.0, "EUR"),
            ("USD 99.90", 99.9, "USD"),
        ] {
            assert_eq!(read(text), Some((amount, code)), "{text}");
        }
        for text in [
            "",
            "five",
            "dollars",
            "5 dogs",
            "five dollars five",
            "five dollars 150",
            "usd",
            "five dollars fifty dollars",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let spoken = |text: &str| with_words(text, Money::read).map(|money| money.spoken());
        assert_eq!(spoken("$1").as_deref(), Some("1 dollar"));
        assert_eq!(spoken("five euros fifty").as_deref(), Some("5.50 euros"));
    }

    proptest! {
        #[test]
        fn told_money_comes_back(whole in 0_u32..1_000_000, cents in 10_u32..100, at in 0..CURRENCIES.len()) {
            let (currency, _, _) = CURRENCIES[at];
            let expected = f64::from(whole) + f64::from(cents) / 100.0;
            for text in [
                format!("{whole}.{cents} {}", currency.many),
                format!("{} {whole}.{cents}", currency.code),
                format!("{whole} {} {cents}", currency.many),
            ] {
                let (amount, code) = read(&text).unwrap();
                prop_assert!((amount - expected).abs() < 1e-6 && code == currency.code, "{}", text);
            }
        }
    }
}
