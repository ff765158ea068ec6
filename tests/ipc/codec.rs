//! Frames do not depend on how their bytes arrive.

use fame::ipc::codec::{EncodeError, Frame, LineCodec, encode};
use fame::ipc::protocol::MAX_FRAME;
use proptest::prelude::*;
use tokio_util::bytes::{Bytes, BytesMut};

/// Short, so that a few bytes are too long.
const LIMIT: usize = 8;

/// What the bytes mean, told without a buffer.
fn reference(bytes: &[u8]) -> Vec<Frame> {
    let whole = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    let mut frames: Vec<Frame> = bytes[..whole]
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| &line[..line.len() - 1])
        .filter(|line| line.len() > LIMIT || !line.trim_ascii().is_empty())
        .map(|line| match line.len() {
            0..=LIMIT => Frame::Line(Bytes::copy_from_slice(line)),
            _ => Frame::TooLong,
        })
        .collect();
    // A line is known to be too long before its end.
    if bytes.len() - whole > LIMIT {
        frames.push(Frame::TooLong);
    }
    frames
}

fn cut(pieces: &[&[u8]]) -> Vec<Frame> {
    let mut codec = LineCodec::with_limit(LIMIT);
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        frames.extend(std::iter::from_fn(|| codec.next_frame(&mut buffer)));
        assert!(buffer.len() <= LIMIT, "more is kept than one line");
    }
    frames
}

proptest! {
    #[test]
    fn any_split_gives_the_same_frames(
        bytes in proptest::collection::vec(prop_oneof![3 => Just(b'x'), 1 => Just(b'\n'), 1 => Just(b' ')], 0..120),
        mut cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut ends: Vec<usize> = cuts.drain(..).map(|cut| cut.index(bytes.len() + 1)).collect();
        ends.push(bytes.len());
        ends.sort_unstable();
        let mut start = 0;
        let pieces: Vec<&[u8]> = ends
            .into_iter()
            .map(|end| &bytes[std::mem::replace(&mut start, end)..end])
            .collect();
        prop_assert_eq!(cut(&pieces), reference(&bytes));
    }
}

#[test]
fn what_is_written_is_one_line_that_fits() {
    assert_eq!(encode(&"two\nlines").unwrap(), "\"two\\nlines\"\n");
    let fits = "x".repeat(MAX_FRAME - 2);
    assert_eq!(encode(&fits).unwrap().len(), MAX_FRAME + 1);
    let error = encode(&(fits + "x")).unwrap_err();
    assert!(matches!(error, EncodeError::TooLong { bytes } if bytes == MAX_FRAME + 1));
}
