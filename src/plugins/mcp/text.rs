//! Text from a process: data to be shown and spoken, so nothing in it may steer a terminal.

/// Put where text was cut off.
const CUT: &str = "…";

/// `text` without control characters other than line breaks and tabs, cut to `limit` bytes at a
/// character's edge. Tells whether it was cut.
pub(super) fn plain(text: &str, limit: usize) -> (String, bool) {
    let mut kept = String::new();
    for c in text.chars().filter(|c| is_plain(*c)) {
        if kept.len() + c.len_utf8() > limit {
            return (kept, true);
        }
        kept.push(c);
    }
    (kept, false)
}

/// `text` on one line, cut to `limit` bytes and marked where it was.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut line, cut) = plain(&line, limit);
    if cut {
        line.push_str(CUT);
    }
    line
}

/// Control characters steer terminals; the directional ones show text in another order than it is.
fn is_plain(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    matches!(c, '\n' | '\t') || !(c.is_control() || turns)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_go_and_lines_stay() {
        let (text, cut) = plain("a\u{1b}[31mb\r\n\tc\u{202e}d\u{7}", 100);
        assert_eq!((text.as_str(), cut), ("a[31mb\n\tcd", false));
        assert_eq!(
            one_line(" two\n  lines\tof  words ", 100),
            "two lines of words"
        );
        assert_eq!(one_line("größer", 4), "grö…");
    }

    proptest! {
        #[test]
        fn any_text_fits_and_is_plain(text in any::<String>(), limit in 0_usize..64) {
            let (kept, cut) = plain(&text, limit);
            prop_assert!(kept.len() <= limit);
            prop_assert!(kept.chars().all(is_plain));
            let whole: String = text.chars().filter(|c| is_plain(*c)).collect();
            prop_assert!(whole.starts_with(&kept));
            prop_assert_eq!(cut, kept.len() < whole.len());
        }
    }
}
