//! Words that sound the same.
//!
//! A recogniser writes what it hears: "right a program", "by milk". Where no sentence has the
//! word itself, one that has its homophone is what was meant.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Words of one sound, in most accents of English; common words only.
const GROUPS: &str = "\
    write right rite|by buy bye|for four fore|to two too|won one|ate eight|mail male|\
    weather whether|hour our|no know|new knew|here hear|there their|\
    sea see|be bee|son sun|some sum|whole hole|week weak|read red|read reed|meet meat|\
    not knot|night knight|which witch|where wear ware|wait weight|way weigh|would wood|\
    root route|road rode|sale sail|sent cent scent|site sight cite|tale tail|\
    through threw|time thyme|wine whine|war wore|waste waist|plain plane|\
    peace piece|pair pear pare|principal principle|role roll|scene seen|stair stare|steal steel|\
    made maid|main mane|maize maze|morning mourning|none nun|pause paws|cell sell|\
    cereal serial|check cheque|days daze|dear deer|fair fare|find fined|flour flower|\
    great grate|hi high|him hymn|in inn|key quay|led lead|loan lone|light lite|\
    mode mowed|past passed|poor pour pore|\
    tide tied|toe tow|allowed aloud|blew blue|\
    board bored|brake break|ceiling sealing|colour color|course coarse|do due dew|\
    guessed guest|heard herd|idle idol|mussel muscle|naval navel|rain reign rein|rap wrap|\
    ring wring|sweet suite|ad add|aid aide|air heir|aisle isle|bear bare|beat beet|\
    berry bury|cache cash|chews choose|die dye|feat feet|hair hare|heal heel|jam jamb|lesson lessen|\
    nose knows|oar or ore|profit prophet|sew so sow|sole soul|storey story|tea tee|tire tyre|vain vein";

static ALIKE: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut all: HashMap<&str, Vec<&str>> = HashMap::new();
    for group in GROUPS.split('|') {
        for word in group.split(' ') {
            let others = group.split(' ').filter(|other| *other != word);
            all.entry(word).or_default().extend(others);
        }
    }
    all
});

/// The words that sound like `word`, it left out.
pub(super) fn homophones(word: &str) -> &'static [&'static str] {
    ALIKE.get(word).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homophones_go_both_ways() {
        assert_eq!(homophones("right"), ["write", "rite"]);
        assert_eq!(homophones("read"), ["red", "reed"]);
        assert!(homophones("telephone").is_empty());
        for (word, others) in ALIKE.iter() {
            assert!(!word.is_empty() && !others.is_empty());
            for other in others {
                assert!(homophones(other).contains(word), "{word} {other}");
            }
        }
    }
}
