//! `fame keys`: who may use the REST API. Works with and without a daemon.

use std::path::Path;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, ZonedDateTime};
use secrecy::ExposeSecret;
use serde_json::json;

use super::Failure;
use super::context::Context;
use crate::audit::Record;
use crate::auth::{Created, KeyInfo, Keys, Scope, Scopes};

/// How long a replaced key stays good unless something else is said.
const OVERLAP: &str = "24h";

#[derive(Debug, Subcommand)]
pub(super) enum Verbs {
    /// Make a key; it is shown this once
    Create(Create),
    /// List keys, without the keys themselves
    List,
    /// End a key at once
    Revoke(Which),
    /// Make a key in the place of another
    Rotate(Rotate),
}

#[derive(Debug, Args)]
pub(super) struct Create {
    /// What it is for
    #[arg(long)]
    name: String,
    /// What it may do: `query` (ask), `read` (look at everything), `admin` (change FAME)
    #[arg(long, value_delimiter = ',', required = true, value_name = "SCOPES")]
    scopes: Vec<String>,
    /// When it ends: a time from now such as `30d`, or a day such as `2027-01-31`
    #[arg(long, value_name = "D")]
    expires: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its id, as `fame keys list` tells
    id: String,
}

#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// The old key's id, as `fame keys list` tells
    id: String,
    /// How long the old key stays good, such as `1h`
    #[arg(long, value_name = "TIME", default_value = OVERLAP)]
    overlap: String,
}

impl Verbs {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let paths = Context::sources()?.paths;
        make_private(&paths.data).map_err(|error| {
            Failure::other(
                format!("cannot make the folder {}: {error}", paths.data.display()),
                "make it yours",
            )
        })?;
        let keys = Keys::open(paths.keys())?;
        match self {
            Self::Create(create) => create.run(&keys, context),
            Self::List => list(&keys, context),
            Self::Revoke(which) => {
                keys.revoke(&which.id)?;
                context.note_in_audit(changed("key.revoked", &which.id));
                if context.json {
                    return Ok(context.terminal.json(&json!({ "id": which.id }))?);
                }
                Ok(context
                    .terminal
                    .text(&format!("{} opens nothing any more", which.id))?)
            }
            Self::Rotate(rotate) => rotate.run(&keys, context),
        }
    }
}

impl Create {
    fn run(self, keys: &Keys, context: &mut Context<'_>) -> Result<(), Failure> {
        let scopes: Result<Vec<Scope>, _> =
            self.scopes.iter().map(|word| word.trim().parse()).collect();
        let scopes = Scopes::from(scopes.map_err(|error| {
            Failure::other(error.to_string(), "write them as in `--scopes query,read`")
        })?);
        let expires = self.expires.as_deref().map(end).transpose()?;
        let created = keys.create(&self.name, scopes, expires)?;
        context.note_in_audit(changed("key.created", &created.id));
        show(&created, context)
    }
}

impl Rotate {
    fn run(self, keys: &Keys, context: &mut Context<'_>) -> Result<(), Failure> {
        let overlap = length(&self.overlap)?;
        let created = keys.rotate(&self.id, overlap)?;
        context.note_in_audit(changed("key.rotated", &self.id));
        show(&created, context)
    }
}

/// Makes the folder for its user alone, if it is not there.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn changed(event: &str, id: &str) -> Record {
    let mut record = Record::note(event);
    record.details = Some(json!({ "key": id, "by": "the command line" }));
    record
}

fn show(created: &Created, context: &mut Context<'_>) -> Result<(), Failure> {
    let key = created.key.expose_secret();
    if context.json {
        return Ok(context.terminal.json(&json!({
            "id": created.id,
            "key": key,
            "name": created.name,
            "scopes": created.scopes,
            "expires": created.expires,
        }))?);
    }
    context
        .terminal
        .note("this is the only time that the key is shown; keep it where passwords are kept");
    Ok(context.terminal.text(key)?)
}

fn list(keys: &Keys, context: &mut Context<'_>) -> Result<(), Failure> {
    if let Some(problem) = keys.problem() {
        context.terminal.warning(&problem);
    }
    let all = keys.list();
    if context.json {
        return Ok(context.terminal.json(&json!({ "keys": all }))?);
    }
    if all.is_empty() {
        context
            .terminal
            .note("there are no keys; make one with `fame keys create --name NAME --scopes query`");
        return Ok(());
    }
    let now = Timestamp::now();
    let lines: Vec<String> = all.iter().map(|info| line(info, now)).collect();
    Ok(context.terminal.text(&lines.join("\n"))?)
}

fn line(info: &KeyInfo, now: Timestamp) -> String {
    let scopes: Vec<String> = Vec::<Scope>::from(info.scopes)
        .iter()
        .map(ToString::to_string)
        .collect();
    let state = match (&info.revoked, &info.expires) {
        (Some(at), _) => format!("revoked {}", day(*at)),
        (None, Some(at)) if !info.good(now) => format!("expired {}", day(*at)),
        (None, Some(at)) => format!("until {}", day(*at)),
        (None, None) => "without end".into(),
    };
    let used = info
        .last_used
        .map_or_else(|| "never used".into(), |at| format!("used {}", day(at)));
    format!(
        "{}  {}  {}  {state}, {used}",
        info.id,
        scopes.join(","),
        info.name
    )
}

fn day(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// The end that `text` tells: so long from now, or the end of that day.
fn end(text: &str) -> Result<Timestamp, Failure> {
    if let Ok(date) = text.parse::<Date>() {
        let next = date
            .tomorrow()
            .and_then(|day| day.to_zoned_datetime(TimeZone::system()));
        return next.map(|day| day.timestamp()).map_err(|_| no_end(text));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let span: Span = text.parse().map_err(|_| no_end(text))?;
    let at = ZonedDateTime::now()
        .checked_add(span)
        .map_err(|_| no_end(text))?;
    Ok(at.timestamp())
}

fn no_end(text: &str) -> Failure {
    Failure::other(
        format!("`{}` is no end for a key", text.escape_debug()),
        "write a time from now such as `30d` or `1y`, or a day such as `2027-01-31`",
    )
}

fn length(text: &str) -> Result<SignedDuration, Failure> {
    let span: Result<Span, _> = text.parse();
    let length = span.and_then(|span| span.to_duration(&ZonedDateTime::now()));
    match length {
        Ok(length) if !length.is_negative() => Ok(length),
        _ => Err(Failure::other(
            format!("`{}` is no time", text.escape_debug()),
            "write for example `1h` or `2d`",
        )),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_as_people_write_them() {
        let hours = |text: &str| {
            let left = end(text).unwrap().duration_since(Timestamp::now());
            left.as_hours()
        };
        assert!((29 * 24..=30 * 24 + 1).contains(&hours("30d")));
        assert!((8_700..=8_800).contains(&hours("1y")));
        assert_eq!(
            end("2030-01-01T00:00:00Z").unwrap().to_string(),
            "2030-01-01T00:00:00Z"
        );
        assert!(end("2099-12-31").is_ok());
        for bad in ["", "soon", "30", "2027-13-01", "99999999y"] {
            assert!(end(bad).is_err(), "{bad}");
        }
        assert!(length("-1h").is_err());
        assert_eq!(length("90m").unwrap().as_secs(), 5_400);
    }
}
