//! A result as it is shown and spoken.

/// Decimals that are spoken of a number of at least one; of large ones, fewer.
const DECIMALS: usize = 4;

/// Digits that are spoken of a number below one, or of one in powers of ten.
const DIGITS: usize = 4;

/// The least number that is spoken in powers of ten.
const HUGE: f64 = 1e15;

/// The number below which it is spoken in powers of ten.
const TINY: f64 = 1e-6;

/// A number, rounded for being spoken.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    value: f64,
    text: String,
    rounded: bool,
}

impl Figure {
    /// The number in `text`; `exact` unless the library has rounded it.
    pub(crate) fn read(text: &str, exact: bool) -> Option<Self> {
        let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
        let (rounded_text, lost) = round(value, text);
        Some(Self {
            value,
            text: rounded_text,
            rounded: lost || !exact,
        })
    }

    pub(crate) fn value(&self) -> f64 {
        self.value
    }

    /// The number as it is shown: `1,234.5`, `9.33 times 10 to the power of 157`.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// "about " where the number is rounded.
    pub(crate) fn about(&self) -> &'static str {
        if self.rounded { "about " } else { "" }
    }

    /// "is 42", "is about 1.4142".
    pub(crate) fn spoken(&self) -> String {
        format!("is {}{}", self.about(), self.text)
    }
}

impl From<f64> for Figure {
    fn from(value: f64) -> Self {
        let (text, rounded) = round(value, &value.to_string());
        Self {
            value,
            text,
            rounded,
        }
    }
}

/// The text of `value`, which is written `exactly`, and whether digits were lost.
fn round(value: f64, exactly: &str) -> (String, bool) {
    let size = value.abs();
    if size >= HUGE || (size < TINY && size > 0.0) {
        let digits = format!("{value:.*e}", DIGITS - 1);
        let (mantissa, power) = digits.split_once('e').unwrap_or((&digits, "0"));
        let text = format!(
            "{} times 10 to the power of {}",
            trim(mantissa),
            signed(power)
        );
        let kept = trim(mantissa).bytes().filter(u8::is_ascii_digit).count();
        let said = exactly
            .bytes()
            .filter(u8::is_ascii_digit)
            .skip_while(|digit| *digit == b'0');
        let lost = said.skip(kept).any(|digit| digit != b'0');
        return (text, lost);
    }
    let leading = if size >= 1.0 || size == 0.0 {
        0
    } else {
        (-size.log10().floor()) as usize
    };
    let decimals = if leading == 0 {
        DECIMALS
    } else {
        leading + DIGITS - 1
    };
    let has = exactly
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len());
    if has <= decimals {
        return (group(trim(exactly)), false);
    }
    let decimals = match size {
        0.0..100.0 => decimals,
        100.0..10_000.0 => 2,
        _ => 0,
    };
    (group(trim(&format!("{value:.decimals$}"))), true)
}

fn signed(power: &str) -> String {
    power
        .strip_prefix('-')
        .map_or(power.to_owned(), |power| format!("minus {power}"))
}

/// Without zeros at the end of the decimals.
fn trim(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// Commas between thousands, from five digits on; "minus" for a sign.
fn group(text: &str) -> String {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or(("", text), |digits| ("minus ", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut out = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        let left = whole.len() - at;
        if at > 0 && left.is_multiple_of(3) && whole.len() > 4 {
            out.push(',');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_to_be_spoken() {
        for (text, spoken) in [
            ("42", "is 42"),
            ("-5", "is minus 5"),
            ("0", "is 0"),
            ("1024", "is 1024"),
            ("1234567", "is 1,234,567"),
            ("12.50", "is 12.5"),
            ("0.125", "is 0.125"),
            ("0.333333333333", "is about 0.3333"),
            ("0.000012345678", "is about 0.00001235"),
            ("1.41421356", "is about 1.4142"),
            ("365.2421987", "is about 365.24"),
            ("31556925.9747", "is 31,556,925.9747"),
            ("31556925.97474", "is about 31,556,926"),
            ("1000000000000000", "is 1 times 10 to the power of 15"),
            (
                "1267650600228229401496703205376",
                "is about 1.268 times 10 to the power of 30",
            ),
            ("0.0000000125", "is 1.25 times 10 to the power of minus 8"),
        ] {
            assert_eq!(Figure::read(text, true).unwrap().spoken(), spoken, "{text}");
        }
        assert_eq!(Figure::read("1.5", false).unwrap().spoken(), "is about 1.5");
        assert_eq!(Figure::read("x", true), None);
    }
}
