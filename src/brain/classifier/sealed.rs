//! Files that end with the SHA-256 of all that comes before: whether one is whole can be told.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use atomic_write_file::AtomicWriteFile;
use sha2::{Digest as _, Sha256};

const DIGEST_BYTES: usize = 32;

/// What was written to `path`; none if the file is damaged or has more than `most` bytes.
pub(super) fn read(path: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let most = (most + DIGEST_BYTES) as u64;
    let mut bytes = Vec::with_capacity(file.metadata()?.len().min(most) as usize);
    file.take(most + 1).read_to_end(&mut bytes)?;
    let Some((content, digest)) = bytes.split_last_chunk::<DIGEST_BYTES>() else {
        return Ok(None);
    };
    let whole = bytes.len() as u64 <= most && Sha256::digest(content).as_slice() == digest;
    bytes.truncate(bytes.len() - DIGEST_BYTES);
    Ok(whole.then_some(bytes))
}

/// Writes `bytes` to `path` and makes its folder if need be. A crash leaves the old file or the
/// new one.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = AtomicWriteFile::open(path)?;
    file.write_all(bytes)?;
    file.write_all(&Sha256::digest(bytes))?;
    file.commit()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_that_is_too_large_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, b"12345").unwrap();
        assert_eq!(read(&path, 5).unwrap().unwrap(), b"12345");
        assert_eq!(read(&path, 4).unwrap(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_change_is_noticed(
            bytes in prop::collection::vec(any::<u8>(), 0..100),
            at in any::<prop::sample::Index>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("folder/file");
            write(&path, &bytes).unwrap();
            prop_assert_eq!(read(&path, 100).unwrap(), Some(bytes));
            let whole = fs::read(&path).unwrap();
            let mut damaged = whole.clone();
            damaged[at.index(whole.len())] ^= 1;
            fs::write(&path, damaged).unwrap();
            prop_assert_eq!(read(&path, 100).unwrap(), None);
            fs::write(&path, &whole[..at.index(whole.len())]).unwrap();
            prop_assert_eq!(read(&path, 100).unwrap(), None);
        }
    }
}
