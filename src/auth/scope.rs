//! What a key is good for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One thing that a key may be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Asking and being answered.
    Query,
    /// Looking at everything that is kept: turns, audit, events, metrics.
    Read,
    /// Changing FAME: plugins, settings, evolution, approval of administrative acts.
    Admin,
}

impl Scope {
    /// All scopes, the weakest first.
    pub const ALL: [Self; 3] = [Self::Query, Self::Read, Self::Admin];

    /// Its name, as it is written in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Query => 1,
            Self::Read => 2,
            Self::Admin => 4,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A word that names no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope `{0}`; use `query`, `read` or `admin`")]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(word: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.name() == word)
            .ok_or_else(|| UnknownScope(word.chars().take(32).collect()))
    }
}

/// A set of scopes. In JSON a list of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct Scopes(u8);

impl Scopes {
    /// Whether a key with these scopes may do what `needed` allows. `admin` implies the others.
    pub fn allow(self, needed: Scope) -> bool {
        self.0 & (needed.bit() | Scope::Admin.bit()) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes that were given, without those that `admin` implies.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL
            .into_iter()
            .filter(move |scope| self.0 & scope.bit() != 0)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl<const N: usize> From<[Scope; N]> for Scopes {
    fn from(scopes: [Scope; N]) -> Self {
        scopes.into_iter().collect()
    }
}

impl From<Vec<Scope>> for Scopes {
    fn from(scopes: Vec<Scope>) -> Self {
        scopes.into_iter().collect()
    }
}

impl From<Scopes> for Vec<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.iter().collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.iter().enumerate() {
            if place > 0 {
                formatter.write_str(", ")?;
            }
            formatter.write_str(scope.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn admin_may_everything_and_the_others_only_their_own() {
        let admin = Scopes::from([Scope::Admin]);
        assert!(Scope::ALL.into_iter().all(|needed| admin.allow(needed)));
        for held in [Scope::Query, Scope::Read] {
            for needed in Scope::ALL {
                assert_eq!(Scopes::from([held]).allow(needed), held == needed);
            }
        }
        assert!(
            !Scope::ALL
                .into_iter()
                .any(|needed| Scopes::default().allow(needed))
        );
    }

    #[test]
    fn scopes_are_a_list_of_names() {
        let both = Scopes::from([Scope::Admin, Scope::Query, Scope::Query]);
        let json = serde_json::to_string(&both).unwrap();
        assert_eq!(json, r#"["query","admin"]"#);
        assert_eq!(serde_json::from_str::<Scopes>(&json).unwrap(), both);
        assert_eq!(both.to_string(), "query, admin");
        assert!(serde_json::from_str::<Scopes>(r#"["root"]"#).is_err());
        assert_eq!("read".parse(), Ok(Scope::Read));
        assert!("Read".parse::<Scope>().is_err());
    }
}
