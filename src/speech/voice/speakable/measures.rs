//! Numbers with a unit.

use super::numbers::Number;
use super::words::{Ahead, Spoken};

/// Units by their short form: one of them, and many. Letters that mean too many things (`in`, `A`,
/// `K`) are missing on purpose.
#[rustfmt::skip]
const UNITS: &[(&str, &str, &str)] = &[
    ("%", "percent", "percent"), ("‰", "per mille", "per mille"),
    ("°", "degree", "degrees"),
    ("°C", "degree Celsius", "degrees Celsius"), ("℃", "degree Celsius", "degrees Celsius"),
    ("°F", "degree Fahrenheit", "degrees Fahrenheit"),
    ("℉", "degree Fahrenheit", "degrees Fahrenheit"),
    ("mm", "millimeter", "millimeters"), ("cm", "centimeter", "centimeters"),
    ("m", "meter", "meters"), ("km", "kilometer", "kilometers"),
    ("ft", "foot", "feet"), ("yd", "yard", "yards"), ("mi", "mile", "miles"),
    ("mg", "milligram", "milligrams"), ("g", "gram", "grams"), ("kg", "kilogram", "kilograms"),
    ("oz", "ounce", "ounces"), ("lb", "pound", "pounds"), ("lbs", "pound", "pounds"),
    ("ml", "milliliter", "milliliters"), ("mL", "milliliter", "milliliters"),
    ("l", "liter", "liters"), ("L", "liter", "liters"), ("gal", "gallon", "gallons"),
    ("tsp", "teaspoon", "teaspoons"), ("tbsp", "tablespoon", "tablespoons"),
    ("ha", "hectare", "hectares"),
    ("ms", "millisecond", "milliseconds"), ("s", "second", "seconds"),
    ("sec", "second", "seconds"), ("secs", "second", "seconds"),
    ("min", "minute", "minutes"), ("mins", "minute", "minutes"),
    ("h", "hour", "hours"), ("hr", "hour", "hours"), ("hrs", "hour", "hours"),
    ("mph", "mile per hour", "miles per hour"),
    ("kph", "kilometer per hour", "kilometers per hour"),
    ("kmh", "kilometer per hour", "kilometers per hour"),
    ("Hz", "hertz", "hertz"), ("kHz", "kilohertz", "kilohertz"),
    ("MHz", "megahertz", "megahertz"), ("GHz", "gigahertz", "gigahertz"),
    ("V", "volt", "volts"), ("W", "watt", "watts"), ("kW", "kilowatt", "kilowatts"),
    ("MW", "megawatt", "megawatts"), ("kWh", "kilowatt hour", "kilowatt hours"),
    ("kJ", "kilojoule", "kilojoules"), ("kcal", "kilocalorie", "kilocalories"),
    ("dB", "decibel", "decibels"), ("hPa", "hectopascal", "hectopascals"),
    ("kB", "kilobyte", "kilobytes"), ("KB", "kilobyte", "kilobytes"),
    ("MB", "megabyte", "megabytes"), ("GB", "gigabyte", "gigabytes"),
    ("TB", "terabyte", "terabytes"), ("KiB", "kibibyte", "kibibytes"),
    ("MiB", "mebibyte", "mebibytes"), ("GiB", "gibibyte", "gibibytes"),
    ("kbps", "kilobit per second", "kilobits per second"),
    ("Mbps", "megabit per second", "megabits per second"),
    ("Gbps", "gigabit per second", "gigabits per second"),
];

/// `5 km`, `20°C`, `60 km/h`, `50%`.
pub(super) fn measure(ahead: &Ahead<'_>) -> Option<Spoken> {
    let core = ahead.core();
    if let Some(number) = Number::parse(core) {
        let unit = unit(ahead.joined(1)?)?;
        return Some(Spoken::many(2, unit.after(&number)).with_dot());
    }
    let digits_end = core.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (number, glued) = core.split_at(digits_end);
    let number = Number::parse(number)?;
    Some(Spoken::one(unit(glued)?.after(&number)).with_dot())
}

/// A unit's two names.
pub(super) struct Unit {
    pub(super) one: String,
    pub(super) many: String,
}

impl Unit {
    fn after(&self, number: &Number<'_>) -> String {
        let name = if number.is_one() {
            &self.one
        } else {
            &self.many
        };
        format!("{} {name}", number.said())
    }
}

/// The unit with this short form: `km`, `m²`, `mg/kg`.
pub(super) fn unit(short: &str) -> Option<Unit> {
    if let Some((above, below)) = short.split_once('/') {
        let (above, below) = (simple(above)?, simple(below)?);
        return Some(Unit {
            one: format!("{} per {}", above.one, below.one),
            many: format!("{} per {}", above.many, below.one),
        });
    }
    simple(short)
}

fn simple(short: &str) -> Option<Unit> {
    let powers = [('²', "square "), ('³', "cubic ")];
    let power = powers
        .iter()
        .find_map(|(sign, word)| Some((short.strip_suffix(*sign)?, *word)));
    let (base, word) = power.unwrap_or((short, ""));
    let (_, one, many) = UNITS.iter().find(|(unit, _, _)| *unit == base)?;
    Some(Unit {
        one: format!("{word}{one}"),
        many: format!("{word}{many}"),
    })
}
