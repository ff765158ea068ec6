//! The same request sent twice is done once.
//!
//! A client that does not know whether its request arrived sends it again with the same
//! `Idempotency-Key`. The first one is worked on; the others get its answer, or are told that it is
//! still under way. A key belongs to whoever sent it, and to one request.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use fame_auth::Bearer;
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};

/// The header that names a request.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Requests that are remembered. The oldest answered one is forgotten for a new one.
const MAX_REMEMBERED: usize = 1_000;

/// Bytes of an answer that are remembered. Of a longer one, only that there was one.
const MAX_ANSWER: usize = 64 << 10;

/// How long an answer is remembered.
const LIFE: Duration = Duration::from_secs(600);

/// Characters of a key.
const MAX_KEY: usize = 64;

/// Whose request it is, and its name.
type Name = (String, String);

/// All remembered requests.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<State>);

#[derive(Default)]
struct State {
    requests: HashMap<Name, Entry>,
    /// In the order in which they came; names of forgotten ones included.
    order: VecDeque<(Name, u64)>,
    last: u64,
}

struct Entry {
    number: u64,
    fingerprint: [u8; 32],
    since: Instant,
    answer: Option<Answer>,
}

#[derive(Clone)]
struct Answer {
    status: StatusCode,
    kind: Option<HeaderValue>,
    body: Bytes,
}

/// What becomes of a request with a key.
pub(crate) enum Seen {
    /// It is new: work on it.
    New(Ticket),
    /// It was answered before.
    Answered(Box<Response>),
}

/// The right to answer a new request. Dropped without an answer, the request counts as never sent.
pub(crate) struct Ticket {
    all: Arc<Remembered>,
    name: Name,
    number: u64,
}

/// The request's idempotency key, if it has one.
pub(crate) fn key(parts: &Parts) -> Result<Option<&str>, Problem> {
    let mut keys = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
    let (first, more) = (keys.next(), keys.next());
    let Some(key) = first else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| {
        !key.is_empty() && key.len() <= MAX_KEY && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    match (key, more) {
        (Some(key), None) => Ok(Some(key)),
        _ => {
            let problem =
                format!("`Idempotency-Key` is one word of 1 to {MAX_KEY} visible characters.");
            Err(Problem::new(Code::Malformed, problem))
        }
    }
}

/// What makes two requests the same.
pub(crate) fn fingerprint(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let address = parts.uri.path_and_query().map_or("", |uri| uri.as_str());
    for part in [parts.method.as_str().as_bytes(), address.as_bytes(), body] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

impl Remembered {
    /// Looks the request up and, if it is new, remembers it.
    pub(crate) fn see(
        self: &Arc<Self>,
        bearer: &Bearer,
        key: &str,
        fingerprint: [u8; 32],
    ) -> Result<Seen, Problem> {
        self.see_at(bearer.id(), key, fingerprint, Instant::now())
    }

    fn see_at(
        self: &Arc<Self>,
        owner: &str,
        key: &str,
        fingerprint: [u8; 32],
        now: Instant,
    ) -> Result<Seen, Problem> {
        let name = (owner.to_owned(), key.to_owned());
        let mut state = self.lock();
        state.forget_old(now);
        if let Some(entry) = state.requests.get(&name) {
            if entry.fingerprint != fingerprint {
                let problem = "This idempotency key was used for another request.";
                return Err(Problem::new(Code::KeyReused, problem));
            }
            return match &entry.answer {
                Some(answer) => Ok(Seen::Answered(Box::new(answer.clone().again()))),
                None => Err(Problem::new(
                    Code::InFlight,
                    "This request is being worked on.",
                )),
            };
        }
        if state.requests.len() >= MAX_REMEMBERED && !state.forget_one() {
            let problem = "Too many requests with an idempotency key are being worked on.";
            return Err(Problem::new(Code::Busy, problem));
        }
        state.last += 1;
        let number = state.last;
        state.order.push_back((name.clone(), number));
        let entry = Entry {
            number,
            fingerprint,
            since: now,
            answer: None,
        };
        state.requests.insert(name.clone(), entry);
        Ok(Seen::New(Ticket {
            all: self.clone(),
            name,
            number,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change under this lock leaves a whole state, so a poisoned one is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_old(&mut self, now: Instant) {
        while let Some((name, number)) = self.order.front() {
            match self.requests.get(name).filter(|one| one.number == *number) {
                Some(entry) if now.duration_since(entry.since) < LIFE => break,
                // One that takes longer than that keeps its place until it is answered.
                Some(entry) if entry.answer.is_none() => break,
                Some(_) => {
                    self.requests.remove(name);
                }
                None => {}
            }
            self.order.pop_front();
        }
    }

    /// Forgets the oldest request that was answered.
    fn forget_one(&mut self) -> bool {
        let answered = self.order.iter().position(|(name, number)| {
            self.requests
                .get(name)
                .is_some_and(|entry| entry.number == *number && entry.answer.is_some())
        });
        let Some((name, _)) = answered.and_then(|place| self.order.remove(place)) else {
            return false;
        };
        self.requests.remove(&name);
        true
    }
}

impl Ticket {
    /// Remembers the answer.
    pub(crate) fn answer(self, status: StatusCode, kind: Option<HeaderValue>, body: &Bytes) {
        let answer = if body.len() <= MAX_ANSWER {
            Answer {
                status,
                kind,
                body: body.clone(),
            }
        } else {
            return self.too_long();
        };
        self.keep(answer);
    }

    fn too_long(self) {
        // It was done, and must not be done again for want of room.
        self.keep(Answer {
            status: StatusCode::CONFLICT,
            kind: None,
            body: Bytes::new(),
        });
    }

    fn keep(self, answer: Answer) {
        let mut state = self.all.lock();
        if let Some(entry) = state.requests.get_mut(&self.name) {
            entry.answer = Some(answer);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.all.lock();
        let mine = state
            .requests
            .get(&self.name)
            .is_some_and(|entry| entry.number == self.number && entry.answer.is_none());
        if mine {
            state.requests.remove(&self.name);
            state.order.retain(|(_, number)| *number != self.number);
        }
    }
}

impl Answer {
    fn again(self) -> Response {
        let mut response = match (self.status, self.body.is_empty()) {
            (StatusCode::CONFLICT, true) => {
                let problem = "This was done before; its answer was too long to be kept.";
                Problem::new(Code::Conflict, problem).into_response()
            }
            (status, _) => (status, Body::from(self.body)).into_response(),
        };
        let headers = response.headers_mut();
        if let Some(kind) = self.kind {
            headers.insert(header::CONTENT_TYPE, kind);
        }
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        response
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn new(all: &Arc<Remembered>, key: &str, print: u8, now: Instant) -> Ticket {
        match all.see_at("me", key, [print; 32], now).unwrap() {
            Seen::New(ticket) => ticket,
            Seen::Answered(_) => panic!("{key} was answered before"),
        }
    }

    fn done(ticket: Ticket, body: &'static str) {
        ticket.answer(StatusCode::OK, None, &Bytes::from_static(body.as_bytes()));
    }

    fn code(all: &Arc<Remembered>, key: &str, print: u8, now: Instant) -> Option<Code> {
        all.see_at("me", key, [print; 32], now)
            .err()
            .map(|problem| problem.code())
    }

    #[test]
    fn a_request_is_worked_on_once() {
        let all = Arc::new(Remembered::default());
        let now = Instant::now();
        let first = new(&all, "a", 1, now);
        assert_eq!(code(&all, "a", 1, now), Some(Code::InFlight));
        assert_eq!(code(&all, "a", 2, now), Some(Code::KeyReused));
        done(first, "x");
        let again = all.see_at("me", "a", [1; 32], now).unwrap();
        assert!(matches!(again, Seen::Answered(response) if response.status() == StatusCode::OK));
        assert_eq!(code(&all, "a", 2, now), Some(Code::KeyReused));
        let other = all.see_at("somebody else", "a", [2; 32], now);
        assert!(matches!(other, Ok(Seen::New(_))), "keys are one's own");
    }

    #[test]
    fn one_that_is_given_up_counts_as_never_sent() {
        let all = Arc::new(Remembered::default());
        let now = Instant::now();
        drop(new(&all, "a", 1, now));
        done(new(&all, "a", 2, now), "x");
        assert_eq!(all.lock().order.len(), 1);
    }

    #[test]
    fn answers_are_forgotten_in_time_and_for_new_ones() {
        let all = Arc::new(Remembered::default());
        let now = Instant::now();
        let held = new(&all, "held", 0, now);
        for number in 1..MAX_REMEMBERED {
            done(new(&all, &number.to_string(), 0, now), "x");
        }
        done(new(&all, "one more", 0, now), "x");
        assert_eq!(all.lock().requests.len(), MAX_REMEMBERED);
        assert_eq!(code(&all, "held", 0, now), Some(Code::InFlight));
        drop(new(&all, "1", 0, now));
        drop(held);
        let later = now + LIFE;
        drop(new(&all, "one more", 9, later));
        assert!(all.lock().requests.is_empty() && all.lock().order.is_empty());
    }

    #[test]
    fn those_under_way_are_never_pushed_out() {
        let all = Arc::new(Remembered::default());
        let now = Instant::now();
        let held: Vec<Ticket> = (0..MAX_REMEMBERED)
            .map(|number| new(&all, &number.to_string(), 0, now))
            .collect();
        assert_eq!(code(&all, "one more", 0, now), Some(Code::Busy));
        drop(held);
        assert!(all.lock().requests.is_empty());
    }

    #[test]
    fn of_a_long_answer_only_that_it_was_given_is_kept() {
        let all = Arc::new(Remembered::default());
        let now = Instant::now();
        let long = Bytes::from(vec![b'x'; MAX_ANSWER + 1]);
        new(&all, "a", 1, now).answer(StatusCode::OK, None, &long);
        let Ok(Seen::Answered(again)) = all.see_at("me", "a", [1; 32], now) else {
            panic!("it is worked on again");
        };
        assert_eq!(again.status(), StatusCode::CONFLICT);
    }
}
