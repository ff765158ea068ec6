//! Fetching a model: resumed where an earlier attempt stopped, verified before it is used.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::catalog::Entry;
use super::digest::CHUNK_BYTES;
use super::install::{InstallError, Partial, at, is_installed};

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are there, those of earlier attempts included.
    pub done: u64,
    /// Bytes of the whole file.
    pub total: u64,
}

/// How long a server may keep us waiting.
#[derive(Clone, Copy, Debug)]
pub struct PullLimits {
    /// For a connection, name lookup and TLS included.
    pub connect: Duration,
    /// Between two pieces of the answer.
    pub stall: Duration,
}

impl Default for PullLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            stall: Duration::from_secs(20),
        }
    }
}

/// Fetches a model of the catalogue into `folder` and gives its path.
///
/// What is there already and right is not fetched again. While it grows the file is called
/// `FILE.partial`; that one is kept when the transfer breaks off or `cancel` becomes true (looked
/// at between two pieces), and the next call goes on from there. Only a file with the catalogue's
/// size and SHA-256 gets its name.
pub fn pull(
    entry: &Entry,
    folder: &Path,
    limits: PullLimits,
    mut progress: impl FnMut(Progress),
    cancel: &AtomicBool,
) -> Result<PathBuf, InstallError> {
    let url = entry
        .url
        .as_deref()
        .ok_or_else(|| InstallError::Bundled(entry.name.clone()))?;
    let target = folder.join(&entry.file);
    if is_installed(&target, entry.bytes, &entry.sha256) {
        return Ok(target);
    }
    let mut transfer = Transfer {
        entry,
        url,
        limits,
        agent: agent(limits),
        partial: Partial::open(&target, entry.bytes)?,
        done: 0,
    };
    transfer.go_on_from_what_is_there()?;
    if transfer.done < entry.bytes {
        let answer = transfer.ask()?;
        transfer.receive(answer, &mut progress, cancel)?;
    }
    transfer.partial.finish(&entry.sha256)
}

fn agent(limits: PullLimits) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // Sizes and ranges are those of the file itself.
        .accept_encoding("identity")
        .user_agent(concat!("fame/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(limits.connect))
        .timeout_resolve(Some(limits.connect))
        .timeout_per_read(Some(limits.stall))
        .build();
    Agent::new_with_config(config)
}

/// One download under way.
struct Transfer<'a> {
    entry: &'a Entry,
    url: &'a str,
    limits: PullLimits,
    agent: Agent,
    partial: Partial,
    /// Bytes in the partial file that count; its write position.
    done: u64,
}

impl Transfer<'_> {
    fn go_on_from_what_is_there(&mut self) -> Result<(), InstallError> {
        let there = self.partial.file.seek(SeekFrom::End(0)).map_err(at(
            "read",
            &self.partial.path,
            self.entry.bytes,
        ))?;
        if there > self.entry.bytes {
            return self.start_over();
        }
        self.done = there;
        Ok(())
    }

    fn start_over(&mut self) -> Result<(), InstallError> {
        self.done = 0;
        self.partial
            .file
            .set_len(0)
            .and_then(|()| self.partial.file.rewind())
            .map_err(at("write", &self.partial.path, self.entry.bytes))
    }

    /// Asks for what is missing, and for the whole file if the server does not give just that.
    fn ask(&mut self) -> Result<Response<Body>, InstallError> {
        let mut answer = self.request()?;
        let is_rest = answer.status() == StatusCode::PARTIAL_CONTENT
            && content_range(&answer) == Some((self.done, self.entry.bytes));
        if self.done > 0 && !is_rest {
            self.start_over()?;
            if answer.status() != StatusCode::OK {
                answer = self.request()?;
            }
        }
        let wanted = if self.done > 0 {
            StatusCode::PARTIAL_CONTENT
        } else {
            StatusCode::OK
        };
        if answer.status() != wanted {
            let status = answer.status().as_u16();
            return Err(InstallError::Status {
                url: self.url.to_owned(),
                status,
            });
        }
        match answer.body().content_length() {
            Some(length) if self.done + length != self.entry.bytes => {
                Err(self.wrong_size(self.done + length))
            }
            _ => Ok(answer),
        }
    }

    fn request(&self) -> Result<Response<Body>, InstallError> {
        let mut request = self.agent.get(self.url);
        if self.done > 0 {
            request = request.header(header::RANGE, format!("bytes={}-", self.done));
        }
        request.call().map_err(|error| self.explain(error))
    }

    fn receive(
        &mut self,
        mut answer: Response<Body>,
        progress: &mut impl FnMut(Progress),
        cancel: &AtomicBool,
    ) -> Result<(), InstallError> {
        let total = self.entry.bytes;
        let mut body = answer.body_mut().as_reader();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            progress(Progress {
                done: self.done,
                total,
            });
            if cancel.load(Ordering::Relaxed) {
                return Err(InstallError::Cancelled {
                    done: self.done,
                    total,
                });
            }
            let n = match body.read(&mut chunk) {
                Ok(0) if self.done < total => {
                    return Err(self.broken_off("the answer ended".to_owned()));
                }
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.explain(error.into())),
            };
            if self.done + n as u64 > total {
                return Err(self.wrong_size(self.done + n as u64));
            }
            self.partial.file.write_all(&chunk[..n]).map_err(at(
                "write",
                &self.partial.path,
                total,
            ))?;
            self.done += n as u64;
        }
    }

    /// What the server has is not what the catalogue means: nothing of it is of use.
    fn wrong_size(&self, found: u64) -> InstallError {
        self.partial.discard();
        InstallError::WrongSize {
            url: self.url.to_owned(),
            found,
            expected: self.entry.bytes,
        }
    }

    fn broken_off(&self, reason: String) -> InstallError {
        let (host, done, total) = (self.host(), self.done, self.entry.bytes);
        InstallError::BrokenOff {
            host,
            done,
            total,
            reason,
        }
    }

    fn explain(&self, error: ureq::Error) -> InstallError {
        use ureq::{Error, Timeout};
        let (host, done, total) = (self.host(), self.done, self.entry.bytes);
        match error {
            Error::HostNotFound => InstallError::NoNetwork {
                host,
                reason: "its name is not found".to_owned(),
            },
            Error::Timeout(Timeout::PerRead) => InstallError::Stalled {
                host,
                seconds: self.limits.stall.as_secs(),
                done,
                total,
            },
            Error::Timeout(_) | Error::ConnectionFailed | Error::Tls(_) | Error::Rustls(_) => {
                InstallError::NoNetwork {
                    host,
                    reason: error.to_string(),
                }
            }
            Error::Io(ref io) if is_no_connection(io.kind()) => InstallError::NoNetwork {
                host,
                reason: io.to_string(),
            },
            other => self.broken_off(other.to_string()),
        }
    }

    fn host(&self) -> String {
        let rest = self
            .url
            .split_once("://")
            .map_or(self.url, |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest).to_owned()
    }
}

fn is_no_connection(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as K;
    matches!(
        kind,
        K::ConnectionRefused
            | K::HostUnreachable
            | K::NetworkUnreachable
            | K::NetworkDown
            | K::AddrNotAvailable
    )
}

/// First byte and whole size of `Content-Range: bytes FIRST-LAST/SIZE`.
fn content_range(answer: &Response<Body>) -> Option<(u64, u64)> {
    let range = answer.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (span, size) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = span.split_once('-')?;
    Some((first.trim().parse().ok()?, size.trim().parse().ok()?))
}
