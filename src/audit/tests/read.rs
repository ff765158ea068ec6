//! Reading: the end, one, what matches, all of it.

use fame_audit::{
    Format, Heard, Log, Reader, Record, Route, SEARCH_LIMIT, Search, Settings, Source, Via,
};

fn log(folder: &std::path::Path) -> Log {
    let log = Log::open(Settings {
        segment_bytes: 4096,
        ..Settings::new(folder)
    })
    .unwrap();
    for n in 0..120_u64 {
        let mut record = Record::before();
        record.session = Some(format!("s{}", n % 3));
        record.source = Some(Source {
            via: if n % 2 == 0 { Via::Voice } else { Via::Rest },
            id: None,
        });
        record.heard = Some(Heard {
            text: format!("Größe, number {n} \"x\""),
            confidence: None,
        });
        record.route = Some(Route {
            intent: Some(format!("i.{}", n % 5)),
            ..Route::default()
        });
        let before = log.append(record).unwrap();
        log.append(Record::after(before.seq)).unwrap();
    }
    log
}

#[test]
fn it_is_found_backwards_and_page_by_page() {
    let folder = tempfile::tempdir().unwrap();
    let log = log(folder.path());
    let reader = Reader::new(folder.path());
    let wanted = Search {
        text: Some("größe".into()),
        via: Some(Via::Voice),
        session: Some("s0".into()),
        limit: Some(7),
        ..Search::default()
    };
    let mut found = Vec::new();
    let mut search = wanted.clone();
    loop {
        let page = reader.search(&search).unwrap();
        assert!(page.entries.len() <= 7);
        found.extend(
            page.entries
                .iter()
                .map(|entry| entry.record.heard.clone().unwrap().text),
        );
        search.before = page.before;
        if page.before.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..120)
        .rev()
        .filter(|n| n % 6 == 0)
        .map(|n| format!("Größe, number {n} \"x\""))
        .collect();
    assert_eq!(found, expected);

    let all = reader
        .search(&Search {
            limit: Some(usize::MAX),
            ..Search::default()
        })
        .unwrap();
    assert!(all.entries.len() <= SEARCH_LIMIT && all.before.is_none());
    let middle = &all.entries[100];
    let count = |search: Search| reader.search(&search).unwrap().entries.len();
    assert_eq!(
        count(Search {
            until: Some(middle.time),
            ..Search::default()
        }) + count(Search {
            since: Some(middle.time),
            ..Search::default()
        }),
        all.entries.len()
    );
    assert_eq!(
        count(Search {
            intent: Some("i.3".into()),
            ..Search::default()
        }),
        24
    );
    assert_eq!(
        count(Search {
            event: Some("nothing".into()),
            ..Search::default()
        }),
        0
    );

    let tail = reader.tail(3).unwrap();
    assert!(tail.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
    let last = log.append(Record::note("last")).unwrap();
    assert_eq!(reader.tail(1).unwrap()[0].seq, last.seq);
    for seq in 1..=last.seq {
        assert_eq!(reader.show(seq).unwrap().unwrap().seq, seq);
    }
    assert_eq!(reader.show(last.seq + 1).unwrap(), None);
    assert_eq!(reader.show(0).unwrap(), None);
}

#[test]
fn it_is_exported_as_it_is_or_as_a_table() {
    let folder = tempfile::tempdir().unwrap();
    drop(log(folder.path()));
    let reader = Reader::new(folder.path());
    let export = |format, search| -> Vec<String> {
        reader
            .export(format, search)
            .unwrap()
            .map(|line| line.unwrap())
            .collect()
    };
    let lines = export(Format::JsonLines, Search::default());
    let mut segments: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    segments.sort();
    let raw: String = segments
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert_eq!(lines, raw.lines().collect::<Vec<_>>());

    let table = export(
        Format::Csv,
        Search {
            via: Some(Via::Rest),
            ..Search::default()
        },
    );
    assert_eq!(table.len(), 61);
    assert!(table[0].starts_with("seq,time,kind,"));
    assert!(
        table[1].contains(",before,,,s1,rest,,\"Größe, number 1 \"\"x\"\"\","),
        "{}",
        table[1]
    );
}
