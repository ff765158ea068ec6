//! Whether an act may be done. This is the one place that decides it.
//!
//! Four things have a say: what the intent does to the world, what the plugin was granted, who
//! asks, and the rules in the configuration. The strictest wins: deny beats ask beats allow.

use fame_plugin::{Risk, Source};

use crate::config::{Policy, Rule};

/// Who asks, as far as it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    /// How the request came in.
    pub source: Source,
    /// Whether it came with a key that may do admin acts.
    pub admin: bool,
}

/// What is to be done about an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Do it.
    Allow,
    /// Do it after a yes in the same conversation.
    Confirm,
    /// Do it once somebody has approved of it elsewhere.
    Approve,
    /// Do not do it; why, fit to follow "I can't do that: ".
    Deny(String),
}

impl Verdict {
    /// How the decision is told in events.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Confirm => "confirm",
            Self::Approve => "approve",
            Self::Deny(_) => "deny",
        }
    }
}

/// An act to be decided on.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// The intent's name.
    pub intent: &'a str,
    /// What it does to the world.
    pub risk: Risk,
    /// The plugin that does it.
    pub plugin: &'a str,
    /// Whether the user has granted the plugin what its manifest asks for.
    pub granted: bool,
}

/// Decides on `act` for `asker`.
#[must_use]
pub fn decide(rules: &Policy, asker: Asker, act: Act<'_>) -> Verdict {
    if !act.granted {
        return Verdict::Deny(format!(
            "{} waits for your permission, see `fame plugins grant {}`",
            act.plugin, act.plugin
        ));
    }
    let by_risk = match act.risk {
        Risk::Read => rules.read,
        Risk::Write => rules.write,
        Risk::Destructive => rules.destructive,
        Risk::Admin => rules.admin,
    };
    let named = [rules.intents.get(act.intent), rules.plugins.get(act.plugin)];
    let rule = named
        .into_iter()
        .flatten()
        .copied()
        .fold(by_risk, Rule::max);
    match (rule, act.risk, asker.source) {
        (Rule::Deny, _, _) => Verdict::Deny("the settings forbid it, see `[policy]`".into()),
        // A key with the scope for it is the confirmation.
        (_, Risk::Admin, Source::Rest) if asker.admin => Verdict::Allow,
        (_, Risk::Admin, Source::Rest) => {
            Verdict::Deny("it needs a key with the scope admin".into())
        }
        // A voice can be anybody's, and a program on the socket can be anything: a person has to
        // say so on the terminal.
        (_, Risk::Admin, Source::Voice | Source::Ipc | Source::Headless) => Verdict::Approve,
        (Rule::Confirm, Risk::Read | Risk::Write | Risk::Destructive, Source::Rest) => {
            Verdict::Approve
        }
        (
            Rule::Confirm,
            Risk::Read | Risk::Write | Risk::Destructive,
            Source::Voice | Source::Ipc | Source::Headless,
        ) => Verdict::Confirm,
        (Rule::Allow, Risk::Read | Risk::Write | Risk::Destructive, _) => Verdict::Allow,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const SOURCES: [Source; 4] = [Source::Voice, Source::Ipc, Source::Headless, Source::Rest];
    const RISKS: [Risk; 4] = [Risk::Read, Risk::Write, Risk::Destructive, Risk::Admin];

    fn decide_for(
        rules: &Policy,
        source: Source,
        admin: bool,
        risk: Risk,
        granted: bool,
    ) -> Verdict {
        let act = Act {
            intent: "wipe",
            risk,
            plugin: "disk",
            granted,
        };
        decide(rules, Asker { source, admin }, act)
    }

    #[test]
    fn by_default_reading_and_writing_go_through_and_the_rest_is_asked() {
        let verdict = |source, risk| decide_for(&Policy::default(), source, false, risk, true);
        for source in SOURCES {
            assert_eq!(verdict(source, Risk::Read), Verdict::Allow);
            assert_eq!(verdict(source, Risk::Write), Verdict::Allow);
        }
        assert_eq!(verdict(Source::Voice, Risk::Destructive), Verdict::Confirm);
        assert_eq!(verdict(Source::Rest, Risk::Destructive), Verdict::Approve);
    }

    #[test]
    fn admin_acts_never_go_by_voice_alone_whatever_the_rules_say() {
        let lax = Policy {
            admin: Rule::Allow,
            ..Policy::default()
        };
        let verdict = |source, admin| decide_for(&lax, source, admin, Risk::Admin, true);
        assert_eq!(verdict(Source::Voice, true), Verdict::Approve);
        assert_eq!(verdict(Source::Ipc, false), Verdict::Approve);
        assert_eq!(verdict(Source::Rest, true), Verdict::Allow);
        assert!(matches!(verdict(Source::Rest, false), Verdict::Deny(_)));
    }

    #[test]
    fn deny_beats_ask_beats_allow() {
        for (at, first) in [Rule::Allow, Rule::Confirm, Rule::Deny]
            .into_iter()
            .enumerate()
        {
            for second in [Rule::Allow, Rule::Confirm, Rule::Deny] {
                let rules = Policy {
                    write: Rule::Allow,
                    intents: BTreeMap::from([("wipe".into(), first)]),
                    plugins: BTreeMap::from([("disk".into(), second)]),
                    ..Policy::default()
                };
                let verdict = decide_for(&rules, Source::Voice, false, Risk::Write, true);
                let strictest = first.max(second);
                let expected = match strictest {
                    Rule::Allow => "allow",
                    Rule::Confirm => "confirm",
                    Rule::Deny => "deny",
                };
                assert_eq!(verdict.as_str(), expected, "{at}: {first:?} {second:?}");
            }
        }
    }

    #[test]
    fn nothing_is_done_for_a_plugin_without_a_grant() {
        for source in SOURCES {
            for risk in RISKS {
                let verdict = decide_for(&Policy::default(), source, true, risk, false);
                assert!(matches!(verdict, Verdict::Deny(_)), "{source:?} {risk:?}");
            }
        }
    }
}
