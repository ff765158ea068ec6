//! The only way out that a program may have: a proxy of FAME's own, to the hosts on a list.
//!
//! The owner may give one to a profile (`[sandbox.network.<profile>]`); no caller can, and none is
//! there unasked. The program's network namespace stays empty all the same: there is no interface but
//! its own loopback, where it finds a proxy for HTTP. What comes in there is served by FAME outside:
//!
//! - a name must be on the list, whole or below a `*.`, and the port, too;
//! - FAME resolves it, and connects to the very address that it checked: public ones only;
//! - no redirect is followed; the program may ask again;
//! - connections, bytes and times are bounded, and every decision is in the report.
//!
//! Within TLS nobody sees which of a server's hosts is asked for: who allows one host of a shared
//! server trusts that server.

mod allow;
mod door;
mod head;
mod ledger;
mod outside;
mod proxy;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::SandboxError;
use super::profile::Profile;

pub(super) use self::allow::AllowList;
pub(super) use self::door::{DOOR_DIR, Door};
pub(super) use self::outside::Internet;
pub(super) use self::proxy::{Listener, Proxy};

#[cfg(feature = "testing")]
pub use self::outside::Addresses;
pub use self::outside::Outside;

/// The proxy's port on the program's own loopback.
pub(super) const PORT: u16 = 3128;

/// The variables by which programs find it: both spellings are in use, and newer Node.js wants to be
/// told.
pub(super) const ENVIRONMENT: [(&str, &str); 5] = [
    ("http_proxy", "http://127.0.0.1:3128"),
    ("https_proxy", "http://127.0.0.1:3128"),
    ("HTTP_PROXY", "http://127.0.0.1:3128"),
    ("HTTPS_PROXY", "http://127.0.0.1:3128"),
    ("NODE_USE_ENV_PROXY", "1"),
];

/// `[sandbox.network.<profile>]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkSettings {
    /// Whether programs of this profile may reach the hosts of `allow`. Off by default.
    pub allow_network: bool,
    /// The hosts, 64 at most: `pypi.org` is that host, `*.example.org` every host below that name,
    /// both on the ports 80 and 443; `example.org:8443` is that port alone.
    pub allow: Vec<String>,
}

/// Checks the settings of all profiles.
///
/// # Errors
/// [`SandboxError::Setting`] for the first that is wrong.
pub(super) fn validate(settings: &BTreeMap<String, NetworkSettings>) -> Result<(), SandboxError> {
    let wrong = |problem, remedy| SandboxError::Setting {
        key: "sandbox.network",
        problem,
        remedy,
    };
    for (name, network) in settings {
        if name.parse::<Profile>().is_err() {
            let name = name.escape_debug();
            let remedy = format!("name one of {}", Profile::names());
            return Err(wrong(format!("there is no profile `{name}`"), remedy));
        }
        AllowList::parse(&network.allow).map_err(|problem| {
            let remedy = "write hosts such as \"pypi.org\", \"*.example.org\" or \"example.org:8443\", \
                          64 at most";
            wrong(format!("in `{name}.allow`, {problem}"), remedy.into())
        })?;
        if network.allow_network && network.allow.is_empty() {
            let remedy = format!("name them in `{name}.allow`, or turn `allow_network` off");
            return Err(wrong(
                format!("`{name}` has a network and no hosts"),
                remedy,
            ));
        }
    }
    Ok(())
}

/// What one profile's programs may reach.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) allow: Arc<AllowList>,
    pub(super) outside: Arc<dyn Outside>,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Way").field(&self.allow).finish()
    }
}

impl Way {
    /// One that leads nowhere, with which the walls are tried.
    pub(super) fn closed() -> Self {
        Self {
            allow: Arc::default(),
            outside: Arc::new(Internet),
        }
    }
}

/// The ways that the owner has given.
#[derive(Debug, Default)]
pub(super) struct Ways(HashMap<Profile, Way>);

impl Ways {
    /// Reads the settings, which have been checked; of one that is wrong there is no way.
    pub(super) fn new(
        settings: &BTreeMap<String, NetworkSettings>,
        outside: &Arc<dyn Outside>,
    ) -> Self {
        let ways = settings
            .iter()
            .filter(|(_, network)| network.allow_network)
            .filter_map(|(name, network)| {
                let way = Way {
                    allow: Arc::new(AllowList::parse(&network.allow).ok()?),
                    outside: Arc::clone(outside),
                };
                Some((name.parse().ok()?, way))
            });
        Self(ways.collect())
    }

    pub(super) fn of(&self, profile: Profile) -> Option<&Way> {
        self.0.get(&profile)
    }

    /// The profiles that have one, in their usual order.
    pub(super) fn profiles(&self) -> Vec<String> {
        let has = |profile: &Profile| self.0.contains_key(profile);
        let having = Profile::ALL.into_iter().filter(has);
        having.map(|profile| profile.name().into()).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn settings(text: &str) -> BTreeMap<String, NetworkSettings> {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn only_a_profile_that_the_owner_gave_one_has_a_way() {
        let given = settings(
            "[python]\nallow_network = true\nallow = [\"pypi.org\"]\n\
             [shell]\nallow = [\"pypi.org\"]",
        );
        validate(&given).unwrap();
        let ways = Ways::new(&given, &(Arc::new(Internet) as Arc<dyn Outside>));
        assert_eq!(ways.profiles(), ["python"]);
        assert!(ways.of(Profile::Shell).is_none() && ways.of(Profile::Rust).is_none());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_remedy() {
        for (text, word) in [
            ("[perl]\nallow = []", "`perl`"),
            ("[python]\nallow = [\"*\"]", "`*`"),
            ("[python]\nallow_network = true", "no hosts"),
        ] {
            let error = validate(&settings(text)).unwrap_err().to_string();
            assert!(
                error.contains("sandbox.network") && error.contains(word),
                "{error}"
            );
        }
    }

    #[test]
    fn programs_are_told_the_port_that_is_served() {
        let address = format!("http://127.0.0.1:{PORT}");
        assert_eq!(
            ENVIRONMENT
                .iter()
                .filter(|(_, value)| *value == address)
                .count(),
            4
        );
    }
}
