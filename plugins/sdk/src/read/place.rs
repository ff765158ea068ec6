//! Places that have a time.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Where a misheard name still counts as the place, 0 to 1. Names are short: one wrong letter of
/// six ("Tokio") passes, two do not.
const NEAREST: f64 = 0.78;

/// A city, country, state or time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name as it is spoken.
    pub name: &'static str,
    /// Its time zone's IANA name.
    pub zone: &'static str,
}

static PLACES: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("places.txt")));

struct Table {
    places: Vec<Place>,
    by_words: HashMap<String, usize>,
}

impl Table {
    fn parse(text: &'static str) -> Self {
        let mut table = Self {
            places: Vec::new(),
            by_words: HashMap::new(),
        };
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        for (zone, places) in lines.filter_map(|line| line.split_once(": ")) {
            for place in places.split(", ") {
                let mut names = place.split('=');
                let Some(name) = names.next() else { continue };
                for said in names.chain([name]) {
                    table
                        .by_words
                        .insert(super::normal(said), table.places.len());
                }
                table.places.push(Place { name, zone });
            }
        }
        table
    }
}

/// The place that `words` name.
#[must_use]
pub fn place(words: &[&str]) -> Option<Place> {
    let at = PLACES.by_words.get(&words.join(" "))?;
    Some(PLACES.places[*at])
}

/// The place whose name is nearest to `words`, if one is near: for names that were misheard.
#[must_use]
pub fn nearest_place(words: &[&str]) -> Option<Place> {
    let said = words.join(" ");
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(name, &said);
    let all = PLACES
        .by_words
        .iter()
        .map(|(name, at)| (likeness(name), name, *at));
    let near = all.filter(|(likeness, name, _)| *likeness >= NEAREST && name.len() > 3);
    // Equal likeness goes by name, so that the same words always give the same place.
    near.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, _, at)| PLACES.places[at])
}

/// All places, for help and tests.
#[must_use]
pub fn places() -> &'static [Place] {
    &PLACES.places
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::tz::TimeZone;

    use super::super::with_words;
    use super::*;

    #[test]
    fn every_zone_is_in_the_database() {
        for place in places() {
            TimeZone::get(place.zone).unwrap_or_else(|e| panic!("{}: {e}", place.name));
        }
        assert!(places().len() >= 250, "{}", places().len());
    }

    #[test]
    fn every_name_is_one_place() {
        let names: BTreeSet<_> = places()
            .iter()
            .map(|place| super::super::normal(place.name))
            .collect();
        assert_eq!(names.len(), places().len());
        for place in places() {
            assert_eq!(with_words(place.name, super::place), Some(*place));
        }
    }

    #[test]
    fn names_as_they_are_said() {
        for (text, name) in [
            ("Tokyo", "Tokyo"),
            ("new york city", "New York"),
            ("NYC", "New York"),
            ("L.A.", "Los Angeles"),
            ("São Paulo", "Sao Paulo"),
            ("Zürich", "Zurich"),
            ("the U.S.", "Washington DC"),
            ("the UK", "the United Kingdom"),
            ("St. Louis", "Saint Louis"),
            ("pacific time", "Pacific Time"),
        ] {
            assert_eq!(
                with_words(text, place).map(|p| p.name),
                Some(name),
                "{text}"
            );
        }
        assert_eq!(with_words("Gotham", place), None);
    }

    #[test]
    fn misheard_names_are_found_and_strange_ones_are_not() {
        let nearest = |text: &str| with_words(text, nearest_place).map(|p| p.name);
        assert_eq!(nearest("Tokio"), Some("Tokyo"));
        assert_eq!(nearest("Sidney"), Some("Sydney"));
        assert_eq!(nearest("Jo Hannesburg"), Some("Johannesburg"));
        assert_eq!(nearest("Gotham"), None);
        assert_eq!(nearest("the movie"), None);
    }
}
