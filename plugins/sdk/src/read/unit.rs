//! Units and quantities.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Cursor, number};

/// Words in the longest amount.
const MAX_AMOUNT_WORDS: usize = 12;

/// A unit of measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The name of one.
    pub one: &'static str,
    /// The name of several.
    pub many: &'static str,
    /// The name that calculators know it by.
    pub symbol: &'static str,
}

/// An amount of a unit: "5 miles", "a pound", "half an hour".
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// How many.
    pub amount: f64,
    /// Of what.
    pub unit: Unit,
}

/// One, several, the calculator's name, and other ways to say it.
const UNITS: &[(&str, &str, &str, &[&str])] = &[
    (
        "millimeter",
        "millimeters",
        "mm",
        &["mm", "millimetre", "millimetres"],
    ),
    (
        "centimeter",
        "centimeters",
        "cm",
        &["cm", "centimetre", "centimetres"],
    ),
    ("meter", "meters", "m", &["m", "metre", "metres"]),
    (
        "kilometer",
        "kilometers",
        "km",
        &["km", "kilometre", "kilometres", "k"],
    ),
    ("inch", "inches", "inch", &[]),
    ("foot", "feet", "foot", &["ft"]),
    ("yard", "yards", "yard", &[]),
    ("mile", "miles", "mile", &["mi"]),
    ("nautical mile", "nautical miles", "nautical_mile", &[]),
    (
        "light year",
        "light years",
        "light_year",
        &["lightyear", "lightyears"],
    ),
    ("milligram", "milligrams", "mg", &["mg"]),
    ("gram", "grams", "g", &["g", "gramme", "grammes"]),
    ("kilogram", "kilograms", "kg", &["kg", "kilo", "kilos"]),
    (
        "metric ton",
        "metric tons",
        "tonne",
        &["tonne", "tonnes", "ton", "tons"],
    ),
    ("ounce", "ounces", "ounce", &["oz"]),
    ("pound", "pounds", "pound", &["lb", "lbs"]),
    ("stone", "stone", "stone", &["stones"]),
    (
        "milliliter",
        "milliliters",
        "ml",
        &["ml", "millilitre", "millilitres"],
    ),
    ("liter", "liters", "liter", &["l", "litre", "litres"]),
    ("fluid ounce", "fluid ounces", "fluid_ounce", &["fl oz"]),
    ("teaspoon", "teaspoons", "teaspoon", &["tsp"]),
    ("tablespoon", "tablespoons", "tablespoon", &["tbsp"]),
    ("cup", "cups", "cup", &[]),
    ("pint", "pints", "pint", &[]),
    ("quart", "quarts", "quart", &[]),
    ("gallon", "gallons", "gallon", &[]),
    ("second", "seconds", "second", &["sec", "secs"]),
    ("minute", "minutes", "minute", &["min", "mins"]),
    ("hour", "hours", "hour", &["hr", "hrs"]),
    ("day", "days", "day", &[]),
    ("week", "weeks", "week", &[]),
    ("year", "years", "year", &[]),
    (
        "degree Celsius",
        "degrees Celsius",
        "celsius",
        &["celsius", "centigrade", "degrees centigrade", "degrees c"],
    ),
    (
        "degree Fahrenheit",
        "degrees Fahrenheit",
        "fahrenheit",
        &["fahrenheit", "degrees f"],
    ),
    ("kelvin", "kelvin", "kelvin", &["degrees kelvin"]),
    (
        "mile per hour",
        "miles per hour",
        "mph",
        &["mph", "miles an hour"],
    ),
    (
        "kilometer per hour",
        "kilometers per hour",
        "kph",
        &["kph", "kilometers an hour", "kilometres per hour"],
    ),
    (
        "meter per second",
        "meters per second",
        "m/s",
        &["metres per second", "meters a second"],
    ),
    ("knot", "knots", "knot", &[]),
    ("square foot", "square feet", "foot^2", &[]),
    (
        "square meter",
        "square meters",
        "m^2",
        &["square metre", "square metres"],
    ),
    ("square mile", "square miles", "mile^2", &[]),
    (
        "square kilometer",
        "square kilometers",
        "km^2",
        &["square kilometre", "square kilometres"],
    ),
    ("acre", "acres", "acre", &[]),
    ("hectare", "hectares", "hectare", &[]),
    ("kilobyte", "kilobytes", "kilobyte", &["kb"]),
    ("megabyte", "megabytes", "megabyte", &["mb", "megs"]),
    ("gigabyte", "gigabytes", "gigabyte", &["gb", "gigs"]),
    ("terabyte", "terabytes", "terabyte", &["tb"]),
    ("calorie", "calories", "calorie", &[]),
    ("kilocalorie", "kilocalories", "kilocalorie", &["kcal"]),
    ("joule", "joules", "joule", &[]),
    ("kilojoule", "kilojoules", "kilojoule", &["kj"]),
    ("kilowatt hour", "kilowatt hours", "kWh", &["kwh"]),
    ("watt", "watts", "watt", &[]),
    ("kilowatt", "kilowatts", "kilowatt", &["kw"]),
    ("horsepower", "horsepower", "horsepower", &["hp"]),
    ("degree", "degrees", "degree", &[]),
    ("radian", "radians", "radian", &[]),
];

static BY_WORDS: LazyLock<HashMap<String, Unit>> = LazyLock::new(|| {
    let all = UNITS.iter().flat_map(|(one, many, symbol, others)| {
        let unit = Unit { one, many, symbol };
        others
            .iter()
            .chain([one, many])
            .map(move |name| (super::normal(name), unit))
    });
    all.collect()
});

impl Unit {
    /// The unit that `words` name.
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        BY_WORDS.get(&words.join(" ")).copied()
    }

    /// Its name after `amount`.
    #[must_use]
    pub fn after(&self, amount: f64) -> &'static str {
        if amount == 1.0 { self.one } else { self.many }
    }
}

impl Quantity {
    /// `words` as an amount of a unit.
    #[must_use]
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut cursor = Cursor::new(words);
        let half = ["half a", "half an", "a half", "1 half"];
        let amount = if cursor.eat_any(&half).is_some() {
            0.5
        } else {
            let number = cursor.attempt(|c| c.longest(MAX_AMOUNT_WORDS, number));
            number.or_else(|| cursor.eat_any(&["a", "an"]).map(|_| 1.0))?
        };
        Some(Self {
            amount,
            unit: Unit::read(cursor.words)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::with_words;
    use super::*;

    #[test]
    fn quantities() {
        for (text, amount, unit) in [
            ("5 miles", 5.0, "mile"),
            ("a pound", 1.0, "pound"),
            ("half an hour", 0.5, "hour"),
            ("two and a half cups", 2.5, "cup"),
            ("100°F", 100.0, "degree Fahrenheit"),
            ("20 degrees Celsius", 20.0, "degree Celsius"),
            ("minus five degrees celsius", -5.0, "degree Celsius"),
            ("60 mph", 60.0, "mile per hour"),
            ("a dozen kilos", 12.0, "kilogram"),
            ("5km", 5.0, "kilometer"),
        ] {
            let read = with_words(text, Quantity::read).map(|q| (q.amount, q.unit.one));
            assert_eq!(read, Some((amount, unit)), "{text}");
        }
        for text in ["", "miles", "5", "5 dogs", "a"] {
            assert_eq!(with_words(text, Quantity::read), None, "{text}");
        }
    }

    #[test]
    fn every_name_is_one_unit() {
        let names: usize = UNITS
            .iter()
            .map(|(one, many, _, others)| others.len() + if one == many { 1 } else { 2 })
            .sum();
        assert_eq!(BY_WORDS.len(), names);
    }
}
