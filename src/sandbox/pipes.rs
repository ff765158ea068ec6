//! Reads what a program of this machine writes, so that it never waits for a reader.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::capture::Capture;
use super::stream::Stream;

/// How long the rest of an output may take to come after the program's end.
pub(super) const OUTPUT_WITHIN: Duration = Duration::from_millis(500);

/// Read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Reads both outputs to their ends.
pub(super) async fn read_both(
    out: &mut (impl AsyncRead + Unpin),
    err: &mut (impl AsyncRead + Unpin),
    (stdout, stderr): &mut (Capture, Capture),
    stream: &mut Stream,
) {
    let mut out_piece = vec![0; PIECE_BYTES];
    let mut err_piece = vec![0; PIECE_BYTES];
    let (mut out_open, mut err_open) = (true, true);
    while out_open || err_open {
        // A pipe that breaks has ended.
        tokio::select! {
            read = out.read(&mut out_piece), if out_open => match read {
                Ok(length @ 1..) => {
                    stdout.push(&out_piece[..length]);
                    stream.stdout(&out_piece[..length]);
                }
                _ => out_open = false,
            },
            read = err.read(&mut err_piece), if err_open => match read {
                Ok(length @ 1..) => {
                    stderr.push(&err_piece[..length]);
                    stream.stderr(&err_piece[..length]);
                }
                _ => err_open = false,
            },
        }
    }
}
