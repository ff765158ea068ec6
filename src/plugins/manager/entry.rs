//! What is known of one plugin, and what follows from it.

use std::path::Path;
use std::sync::Arc;

use super::Done;
use super::info::{PluginInfo, State};
use crate::plugins::content::ContentHash;
use crate::plugins::discovery::{Broken, Described};
use crate::plugins::grants::Grant;
use crate::plugins::{Loaded, Origin};

/// One plugin, from its being seen to its being gone.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) origin: Origin,
    /// What it is now.
    pub(super) described: Result<Described, Broken>,
    /// The fingerprint of the folder when that was read.
    pub(super) fingerprint: Option<u64>,
    pub(super) state: State,
    /// The version that answers.
    pub(super) loaded: Option<Arc<Loaded>>,
    /// The version that answered before, until it is known that the new one gets along with the
    /// other plugins.
    pub(super) earlier: Option<Arc<Loaded>>,
    /// Whether the version that answers is not part of any registry yet.
    pub(super) fresh: bool,
    /// The start that is under way.
    pub(super) starting: Option<Start>,
    /// What did not work.
    pub(super) failed: Option<Failure>,
    /// Whether it is to be started though nothing changed.
    pub(super) anew: bool,
    /// Who waits for the start to end.
    pub(super) waiting: Vec<Done>,
}

/// A start that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) number: u64,
    pub(super) hash: ContentHash,
}

/// A content that was tried and did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) hash: ContentHash,
    pub(super) broken: Broken,
    /// Whether another plugin was in its way, so that it may work once that one is gone.
    pub(super) clash: bool,
}

/// What the user has decided about a plugin.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Decided {
    pub(super) disabled: bool,
    pub(super) grant: Option<Grant>,
}

/// What follows for a plugin.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// What answers goes on.
    Stay(State),
    /// Nothing of it may answer.
    End(State),
    /// A start is needed; what answers goes on until then.
    Start,
}

impl Entry {
    pub(super) fn new(id: String, origin: Origin, described: Result<Described, Broken>) -> Self {
        Self {
            id,
            origin,
            described,
            fingerprint: None,
            state: State::Loading,
            loaded: None,
            earlier: None,
            fresh: false,
            starting: None,
            failed: None,
            anew: false,
            waiting: Vec::new(),
        }
    }

    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Builtin => None,
            Origin::Folder(folder) => Some(folder),
        }
    }

    /// What follows from what it is and from what the user decided.
    pub(super) fn next(&self, decided: &Decided) -> Next {
        if decided.disabled {
            return Next::End(State::Disabled);
        }
        let described = match &self.described {
            Ok(described) => described,
            Err(broken) => {
                let state = State::Broken(broken.clone());
                return match decided.grant {
                    Some(_) => Next::Stay(state),
                    None => Next::End(state),
                };
            }
        };
        if self.origin == Origin::Builtin {
            return self.next_version(described.hash);
        }
        let asked = &described.manifest.permissions;
        match &decided.grant {
            Some(grant) if grant.hash == described.hash && grant.permissions == *asked => {
                self.next_version(described.hash)
            }
            Some(grant) => {
                let new = asked.difference(&grant.permissions).copied().collect();
                Next::Stay(State::NeedsGrant { new })
            }
            None => Next::End(State::NeedsGrant { new: asked.clone() }),
        }
    }

    /// What follows for one that may run with the content `hash`.
    fn next_version(&self, hash: ContentHash) -> Next {
        if self.starting.is_some_and(|start| start.hash == hash) {
            return Next::Stay(State::Loading);
        }
        if self.anew {
            return Next::Start;
        }
        match (&self.failed, &self.loaded) {
            (Some(failure), _) if failure.hash == hash => {
                Next::Stay(State::Broken(failure.broken.clone()))
            }
            (_, Some(loaded)) if loaded.hash == hash => Next::Stay(State::Loaded),
            _ => Next::Start,
        }
    }

    /// A plugin did not get along with the others; the version before it answers again, if there
    /// was one. Tells whether there was.
    pub(super) fn reject(&mut self, failure: Failure) -> bool {
        self.failed = Some(failure);
        self.fresh = false;
        self.loaded = self.earlier.take();
        self.loaded.is_some()
    }

    pub(super) fn info(&self) -> PluginInfo {
        let mut info = PluginInfo::unknown(&self.id, &self.origin, self.state.clone());
        if let Ok(described) = &self.described {
            info.describe(&described.manifest, described.hash);
        }
        if let Some(loaded) = &self.loaded {
            info.answers = true;
            // With the tools that its manifest does not name.
            if self.described.is_err() || info.hash == loaded.hash.to_string() {
                info.describe(&loaded.manifest, loaded.hash);
            }
        }
        info
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use fame_plugin::{Manifest, Permission};

    use super::*;

    fn described(code: &str, permissions: &[Permission]) -> Described {
        let mut manifest = Manifest {
            id: "x".into(),
            ..Manifest::default()
        };
        manifest.permissions = permissions.iter().copied().collect();
        Described {
            manifest,
            text: String::new(),
            hash: ContentHash::of_text(code),
        }
    }

    fn entry(described: Result<Described, Broken>) -> Entry {
        Entry::new("x".into(), Origin::Folder("x".into()), described)
    }

    fn granted(described: &Described) -> Decided {
        Decided {
            disabled: false,
            grant: Some(Grant {
                hash: described.hash,
                permissions: described.manifest.permissions.clone(),
            }),
        }
    }

    #[test]
    fn foreign_code_waits_for_its_grant_even_without_permissions() {
        let waiting = entry(Ok(described("1", &[]))).next(&Decided::default());
        let new = BTreeSet::new();
        assert_eq!(waiting, Next::End(State::NeedsGrant { new }));
    }

    #[test]
    fn a_change_of_code_or_permissions_asks_again_and_leaves_what_answers() {
        let old = granted(&described("1", &[Permission::Store]));
        let same = entry(Ok(described("1", &[Permission::Store])));
        assert_eq!(same.next(&old), Next::Start);
        for (changed, new) in [
            (described("2", &[Permission::Store]), BTreeSet::new()),
            (described("1", &[]), BTreeSet::new()),
            (
                described("1", &[Permission::Store, Permission::Http]),
                BTreeSet::from([Permission::Http]),
            ),
        ] {
            let next = entry(Ok(changed)).next(&old);
            assert_eq!(next, Next::Stay(State::NeedsGrant { new }));
        }
    }

    #[test]
    fn a_broken_version_leaves_what_answers_unless_that_was_revoked() {
        let broken = Broken::folder(Path::new("x"), "no");
        let entry = entry(Err(broken.clone()));
        let state = State::Broken(broken);
        let decided = granted(&described("1", &[]));
        assert_eq!(entry.next(&decided), Next::Stay(state.clone()));
        assert_eq!(entry.next(&Decided::default()), Next::End(state));
    }

    #[test]
    fn what_failed_is_not_tried_again_until_it_changes_or_is_asked_for() {
        let one = described("1", &[]);
        let decided = granted(&one);
        let hash = one.hash;
        let mut entry = entry(Ok(one));
        let broken = Broken::folder(Path::new("x"), "no");
        entry.failed = Some(Failure {
            hash,
            broken: broken.clone(),
            clash: false,
        });
        assert_eq!(entry.next(&decided), Next::Stay(State::Broken(broken)));
        entry.anew = true;
        assert_eq!(entry.next(&decided), Next::Start);
        entry.starting = Some(Start { number: 1, hash });
        assert_eq!(entry.next(&decided), Next::Stay(State::Loading));
        let two = described("2", &[]);
        let decided = granted(&two);
        entry.described = Ok(two);
        assert_eq!(entry.next(&decided), Next::Start);
    }

    #[test]
    fn what_is_switched_off_does_not_answer() {
        let one = described("1", &[]);
        let decided = Decided {
            disabled: true,
            ..granted(&one)
        };
        assert_eq!(entry(Ok(one)).next(&decided), Next::End(State::Disabled));
    }
}
