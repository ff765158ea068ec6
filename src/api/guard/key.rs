//! Who asks: a key in `Authorization`, and nowhere else.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use axum::http::header;
use axum::http::request::Parts;
use fame_auth::{Bearer, Keys, Refused, TextError};

use super::host::one;
use super::rate::{Bucket, Clock};
use crate::house::{House, WrongKeys};
use crate::problem::{Code, Problem};
use crate::settings::Rate;

/// Names of query parameters in which people send keys.
const KEY_NAMES: [&str; 7] = [
    "key",
    "api_key",
    "apikey",
    "api-key",
    "token",
    "access_token",
    "authorization",
];

/// Addresses that are watched on their own. When there are more, the newest share one bucket.
const MAX_ADDRESSES: usize = 1_024;

/// Nanoseconds after which wrong keys are told again.
const TOLD_EVERY: u64 = 60_000_000_000;

/// The key that is shown, if it is good.
pub(crate) fn authenticate(parts: &Parts, keys: &Keys) -> Result<Bearer, Problem> {
    no_key_in_url(parts)?;
    let value = one(parts, &header::AUTHORIZATION).map_err(|()| {
        Problem::new(
            Code::KeyMalformed,
            "There is more than one `Authorization`.",
        )
    })?;
    let Some(value) = value else {
        return Err(Problem::new(Code::KeyMissing, "This needs a key."));
    };
    let key = value
        .to_str()
        .ok()
        .and_then(|value| value.split_at_checked("Bearer ".len()))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer "))
        .map(|(_, key)| key);
    let Some(key) = key else {
        let problem = "`Authorization` is not `Bearer` and a key.";
        return Err(Problem::new(Code::KeyMalformed, problem));
    };
    keys.authenticate(key).map_err(|refused| match refused {
        Refused::Text(TextError::Shape) => Problem::new(Code::KeyMalformed, "This is not a key."),
        Refused::Text(TextError::Checksum) => {
            Problem::new(Code::KeyMalformed, "The key has a mistake in it.")
        }
        Refused::Wrong => Problem::new(Code::KeyWrong, "The key is not known here."),
        Refused::Revoked => Problem::new(Code::KeyRevoked, "The key was revoked."),
        Refused::Expired => Problem::new(Code::KeyExpired, "The key has expired."),
    })
}

/// Addresses are logged, kept and passed on; a key in one is no secret any more.
fn no_key_in_url(parts: &Parts) -> Result<(), Problem> {
    let in_path = fame_auth::looks_like_key(parts.uri.path());
    let in_query = || {
        let query = parts.uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes()).any(|(name, value)| {
            KEY_NAMES.iter().any(|key| name.eq_ignore_ascii_case(key))
                || fame_auth::looks_like_key(&name)
                || fame_auth::looks_like_key(&value)
        })
    };
    if in_path || (parts.uri.query().is_some() && in_query()) {
        return Err(Problem::new(
            Code::KeyInUrl,
            "A key must not stand in the address.",
        ));
    }
    Ok(())
}

/// Counts wrong keys, for each address on its own.
pub(crate) struct WrongKeyWatch {
    rate: Rate,
    clock: Clock,
    addresses: Mutex<HashMap<IpAddr, Address>>,
}

struct Address {
    bucket: Bucket,
    untold: u64,
    told_at: Option<u64>,
}

impl WrongKeyWatch {
    pub(crate) fn new(rate: Rate, clock: Clock) -> Self {
        Self {
            rate,
            clock,
            addresses: Mutex::default(),
        }
    }

    /// What somebody with a wrong key is told: that it is wrong, or that they try too often. A good
    /// key never gets here, so nobody can lock its owner out.
    pub(crate) fn answer(&self, problem: Problem, peer: IpAddr, house: &dyn House) -> Problem {
        if !matches!(
            problem.code(),
            Code::KeyMalformed | Code::KeyWrong | Code::KeyRevoked | Code::KeyExpired
        ) {
            return problem;
        }
        let now = self.clock.now();
        let (wait, tell) = {
            // Only counted up and down under this lock, so a poisoned one is whole.
            let mut addresses = self
                .addresses
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let mut network = network(peer);
            if addresses.len() >= MAX_ADDRESSES && !addresses.contains_key(&network) {
                addresses.retain(|_, address| !address.bucket.is_full(now));
                if addresses.len() >= MAX_ADDRESSES {
                    network = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
                }
            }
            let address = addresses.entry(network).or_insert_with(|| Address {
                bucket: Bucket::new(self.rate),
                untold: 0,
                told_at: None,
            });
            address.untold += 1;
            let due = address
                .told_at
                .is_none_or(|told| now.saturating_sub(told) >= TOLD_EVERY);
            let tell = due.then(|| {
                address.told_at = Some(now);
                std::mem::take(&mut address.untold)
            });
            (address.bucket.take(now), tell)
        };
        if let Some(times) = tell {
            house.wrong_keys(WrongKeys { peer, times });
        }
        match wait {
            Ok(()) => problem,
            Err(seconds) => Problem::new(Code::TooManyKeys, "Too many wrong keys were shown.")
                .retry_after(seconds),
        }
    }
}

/// What one person has at least: an address, or a network of IPv6.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}
