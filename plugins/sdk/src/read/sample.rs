//! Values to fill templates with.

use super::Reader;
use crate::SlotType;

impl Reader {
    /// Things that people say for this type, each of which it reads; a list's entries in the order
    /// of the alphabet. Empty for a dynamic list without entries.
    pub(crate) fn samples(&self) -> Vec<String> {
        let fixed: &[&str] = match &self.kind {
            SlotType::Number => &["7", "25", "three", "a hundred", "3.5", "12", "forty two"],
            SlotType::Ordinal => &["first", "2nd", "third", "10th", "twenty first"],
            SlotType::Duration => &[
                "ten minutes",
                "an hour",
                "30 seconds",
                "an hour and a half",
                "2 hours",
                "25 minutes",
            ],
            SlotType::Date => &[
                "tomorrow",
                "friday",
                "next monday",
                "the 3rd of may",
                "christmas",
                "december 1st",
                "today",
            ],
            SlotType::Time => &[
                "9 am",
                "half past nine",
                "noon",
                "7:30 pm",
                "quarter to six",
            ],
            SlotType::DateTime => &[
                "tomorrow at nine",
                "in ten minutes",
                "friday evening",
                "at 5 pm",
                "the 3rd of may at noon",
                "tonight",
            ],
            SlotType::Recurrence => &[
                "every day at nine",
                "every monday",
                "weekdays at 7 am",
                "twice a day",
                "every other week",
                "the first friday of each month",
            ],
            SlotType::Place => &["Tokyo", "New York", "London", "Berlin", "Sydney", "India"],
            SlotType::Sum => &[
                "23 plus 19",
                "15 percent of 80",
                "12 times 12",
                "100 divided by 8",
            ],
            SlotType::Unit => &["miles", "kilograms", "ounces", "celsius", "liters", "feet"],
            SlotType::Quantity => &[
                "5 miles",
                "a pound",
                "20 degrees celsius",
                "3 cups",
                "70 kilos",
            ],
            SlotType::Currency => &["$5", "20 euros", "five pounds fifty", "a hundred bucks"],
            SlotType::Color => &[
                "red",
                "light blue",
                "green",
                "warm white",
                "purple",
                "orange",
            ],
            SlotType::Text => &[
                "milk",
                "call mum",
                "the quarterly report",
                "water the plants",
                "bread and butter",
                "sort a list of names",
                "holiday photos",
                "Anna",
            ],
            SlotType::List(_) | SlotType::Dynamic(_) => {
                let mut said: Vec<String> = self.entries().keys().cloned().collect();
                said.sort_unstable();
                return said;
            }
        };
        fixed.iter().map(|&sample| sample.into()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::Lists;

    #[test]
    fn every_sample_is_read() {
        for kind in [
            SlotType::Number,
            SlotType::Ordinal,
            SlotType::Duration,
            SlotType::Date,
            SlotType::Time,
            SlotType::DateTime,
            SlotType::Recurrence,
            SlotType::Place,
            SlotType::Sum,
            SlotType::Unit,
            SlotType::Quantity,
            SlotType::Currency,
            SlotType::Color,
            SlotType::Text,
            SlotType::List([("tea".to_owned(), vec!["a cup of tea".to_owned()])].into()),
        ] {
            let reader = Reader::new(kind, "test", &Lists::default());
            assert!(reader.samples().len() > 1);
            for sample in reader.samples() {
                assert!(
                    reader.read_text(&sample).is_some(),
                    "{:?}: {sample}",
                    reader.kind()
                );
            }
        }
    }
}
