//! What a program leaves: packed on its side of the wall, read with suspicion on ours.
//!
//! Only the contents of an archive are read, in memory, and nothing is ever unpacked to a disk:
//! links, devices and names that lead elsewhere have nowhere to lead (the escapes of Judge0,
//! CVE-2024-28185 and -28189, went through unpacked links).

use std::collections::BTreeMap;
use std::io::{self, Read};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::limits::{MAX_FILE_BYTES, MAX_FILES, MAX_FILES_BYTES, MAX_NAME_BYTES};
use super::report::OutputFile;

/// Largest archive that is taken: all files, and for each a header, a long name and its padding.
pub(super) const MAX_ARCHIVE_BYTES: usize = MAX_FILES_BYTES as usize + MAX_FILES * 3_072;

/// The files of an archive.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) files: Vec<OutputFile>,
    /// Whether something was left out for its kind, name, size or number.
    pub(super) left_out: bool,
}

/// Reads the regular files of a tar archive; of two with one name, the later one. What is no
/// archive, or ends early, gives what came before.
pub(super) fn read(archive: &[u8]) -> Files {
    let mut found = BTreeMap::new();
    let mut left_out = archive.len() > MAX_ARCHIVE_BYTES;
    let mut total = 0;
    let mut archive = tar::Archive::new(&archive[..archive.len().min(MAX_ARCHIVE_BYTES)]);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(_) => {
            return Files {
                files: Vec::new(),
                left_out: true,
            };
        }
    };
    // Folders count, too: an archive of nothing else must end.
    for (index, entry) in entries.enumerate() {
        let Ok(entry) = entry else {
            left_out = true;
            break;
        };
        if index > 2 * MAX_FILES {
            left_out = true;
            break;
        }
        if entry.header().entry_type().is_dir() {
            continue;
        }
        match file(entry) {
            Ok(Some(file)) if found.len() < MAX_FILES && total + file.bytes <= MAX_FILES_BYTES => {
                total += file.bytes;
                found.insert(file.name.clone(), file);
            }
            Ok(_) => left_out = true,
            Err(_) => {
                left_out = true;
                break;
            }
        }
    }
    Files {
        files: found.into_values().collect(),
        left_out,
    }
}

/// A file, or none if it is none that may be taken.
fn file(mut entry: tar::Entry<'_, &[u8]>) -> io::Result<Option<OutputFile>> {
    let regular = entry.header().entry_type().is_file();
    let bytes = entry.size();
    let Some(name) = safe_name(&entry.path_bytes()) else {
        return Ok(None);
    };
    if !regular || bytes > MAX_FILE_BYTES {
        return Ok(None);
    }
    let mut content = Vec::new();
    entry
        .by_ref()
        .take(MAX_FILE_BYTES)
        .read_to_end(&mut content)?;
    if content.len() as u64 != bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(OutputFile {
        name,
        bytes,
        sha256: sha256(&content),
        content,
    }))
}

/// A name that says what it is: a path downwards of visible characters.
fn safe_name(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let name = name.strip_prefix("./").unwrap_or(name);
    let parts_fit = name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let fits = parts_fit
        && name.len() <= MAX_NAME_BYTES
        && !name.contains('\\')
        && super::text::safe(name.as_bytes()) == name
        && !name.contains(['\n', '\t']);
    fits.then(|| name.to_owned())
}

fn sha256(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use tar::{Builder, EntryType, Header};

    use super::*;

    fn entry(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &[u8], content: &[u8]) {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, content).unwrap();
    }

    fn archive(entries: &[(EntryType, &[u8], &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (kind, name, content) in entries {
            entry(&mut builder, *kind, name, content);
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_plain_file_is_taken_with_its_digest() {
        let files = read(&archive(&[
            (EntryType::Directory, b"./", b""),
            (EntryType::Regular, b"./plots/a.txt", b"abc"),
        ]));
        assert!(!files.left_out);
        assert_eq!(files.files[0].name, "plots/a.txt");
        assert_eq!(
            files.files[0].sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "FIPS 180-2, B.1"
        );
    }

    #[test]
    fn what_is_no_plain_file_or_leads_elsewhere_is_left_out() {
        let cases: [(EntryType, &[u8]); 14] = [
            (EntryType::Symlink, b"link"),
            (EntryType::Link, b"hard"),
            (EntryType::Fifo, b"fifo"),
            (EntryType::Char, b"null"),
            (EntryType::Block, b"disk"),
            (EntryType::Regular, b"../up"),
            (EntryType::Regular, b"/etc/passwd"),
            (EntryType::Regular, b"a/../../b"),
            (EntryType::Regular, b"a\nb"),
            (EntryType::Regular, b"a\x1b[2Jb"),
            (EntryType::Regular, "gpj\u{202e}.exe".as_bytes()),
            (EntryType::Regular, b"not\xffutf8"),
            (EntryType::Regular, b"a\\b"),
            (EntryType::Regular, b"./"),
        ];
        for (kind, name) in cases {
            let files = read(&archive(&[
                (kind, name, b""),
                (EntryType::Regular, b"good", b"1"),
            ]));
            assert!(files.left_out, "{:?}", name.escape_ascii().to_string());
            assert_eq!(files.files.len(), 1);
            assert_eq!(files.files[0].name, "good");
        }
    }

    #[test]
    fn number_and_size_are_bounded() {
        let mut builder = Builder::new(Vec::new());
        for index in 0..=MAX_FILES {
            entry(
                &mut builder,
                EntryType::Regular,
                format!("{index}").as_bytes(),
                b"",
            );
        }
        let files = read(&builder.into_inner().unwrap());
        assert_eq!((files.files.len(), files.left_out), (MAX_FILES, true));

        let large = vec![0; MAX_FILE_BYTES as usize + 1];
        let files = read(&archive(&[(EntryType::Regular, b"large", &large)]));
        assert_eq!((files.files.len(), files.left_out), (0, true));

        let part = vec![0; MAX_FILE_BYTES as usize];
        let parts: Vec<Vec<u8>> = (0..5).map(|part| format!("{part}").into_bytes()).collect();
        let entries: Vec<_> = parts
            .iter()
            .map(|name| (EntryType::Regular, name.as_slice(), part.as_slice()))
            .collect();
        let files = read(&archive(&entries));
        assert_eq!((files.files.len(), files.left_out), (4, true));
    }

    #[test]
    fn a_size_that_is_a_lie_takes_no_memory() {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(u64::MAX / 2);
        header.as_old_mut().name[..3].copy_from_slice(b"big");
        header.set_cksum();
        let files = read(header.as_bytes());
        assert_eq!((files.files.len(), files.left_out), (0, true));
    }

    #[test]
    fn of_two_with_one_name_the_later_counts() {
        let files = read(&archive(&[
            (EntryType::Regular, b"a", b"1"),
            (EntryType::Regular, b"a", b"22"),
        ]));
        assert_eq!(files.files.len(), 1);
        assert_eq!(files.files[0].content, b"22");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(
            flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        ) {
            let mut bytes = archive(&[
                (EntryType::Regular, b"a", b"one"),
                (EntryType::Symlink, b"b", b""),
                (EntryType::Regular, b"c/d", b"two"),
            ]);
            for (index, byte) in flips {
                let at = index.index(bytes.len());
                bytes[at] = byte;
            }
            for file in read(&bytes).files {
                prop_assert_eq!(safe_name(file.name.as_bytes()), Some(file.name));
            }
        }
    }
}
