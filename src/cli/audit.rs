//! `fame audit`: the record of everything that FAME did. Reads the log itself, so it works with and
//! without a daemon.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ZonedDateTime};
use serde_json::json;

use super::Failure;
use super::context::Context;
use crate::audit::{
    AuditError, Entry, Format, Kind, Log, Options, PublicKey, Reader, Report, Search, Settings,
    Via, verify,
};
use crate::ipc::protocol::{Checkpointed, Request};

#[derive(Debug, Subcommand)]
pub(super) enum Verbs {
    /// Print the last records
    Tail(Tail),
    /// Print one record in full
    Show(Show),
    /// Print the records that match, newest first
    Search(SearchArgs),
    /// Write the records that match to a file or to stdout, oldest first
    Export(ExportArgs),
    /// Check that no record was changed, cut off or put in; the exit code says so
    Verify(VerifyArgs),
    /// Sign where the record has come to, now
    Checkpoint,
}

#[derive(Debug, Args)]
pub(super) struct Tail {
    /// How many
    #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    count: u16,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// The record's number
    seq: u64,
}

#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    #[command(flatten)]
    filter: Filter,
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    limit: u16,
}

#[derive(Debug, Args)]
pub(super) struct Filter {
    /// In any text of the record
    text: Option<String>,
    /// By which way it was asked
    #[arg(long, value_enum)]
    source: Option<ViaArg>,
    /// The intent
    #[arg(long)]
    intent: Option<String>,
    /// The plugin
    #[arg(long)]
    plugin: Option<String>,
    /// The conversation
    #[arg(long)]
    session: Option<String>,
    /// From then on: a day such as `2027-01-31`, a time, or so long ago, such as `2h`
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Before then
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Before the record of this number
    #[arg(long, value_name = "SEQ")]
    before: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ViaArg {
    Voice,
    Ipc,
    Rest,
    Routine,
    Plugin,
    System,
}

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    filter: Filter,
    /// How
    #[arg(long, value_enum, default_value_t = FormatArg::Json)]
    format: FormatArg,
    /// Where to, instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArg {
    /// One JSON object a line
    Json,
    /// A table
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The witness file, instead of the configured one
    #[arg(long, value_name = "FILE")]
    witness: Option<PathBuf>,
    /// The public key that the record is known to have had, as `fame audit verify` prints it
    #[arg(long, value_name = "KEY")]
    key: Option<PublicKey>,
    /// The folder of another record, such as a copy
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Verbs {
    pub(super) fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let reader =
            || -> Result<Reader, Failure> { Ok(Reader::new(Context::sources()?.paths.audit())) };
        match self {
            Self::Tail(tail) => list(&reader()?.tail(tail.count.into())?, context),
            Self::Show(show) => match reader()?.show(show.seq)? {
                Some(entry) => Ok(context.terminal.json(&entry)?),
                None => Err(Failure::other(
                    format!("there is no record {}", show.seq),
                    "`fame audit tail` prints the last ones",
                )),
            },
            Self::Search(search) => {
                let wanted = Search {
                    limit: Some(search.limit.into()),
                    ..search.filter.read()?
                };
                list(&reader()?.search(&wanted)?.entries, context)
            }
            Self::Export(export) => export.run(&reader()?, context),
            Self::Verify(verify) => verify.run(context),
            Self::Checkpoint => checkpoint(context),
        }
    }
}

impl Filter {
    fn read(self) -> Result<Search, Failure> {
        Ok(Search {
            text: self.text,
            via: self.source.map(|source| match source {
                ViaArg::Voice => Via::Voice,
                ViaArg::Ipc => Via::Ipc,
                ViaArg::Rest => Via::Rest,
                ViaArg::Routine => Via::Routine,
                ViaArg::Plugin => Via::Plugin,
                ViaArg::System => Via::System,
            }),
            intent: self.intent,
            plugin: self.plugin,
            session: self.session,
            since: self.since.as_deref().map(moment).transpose()?,
            until: self.until.as_deref().map(moment).transpose()?,
            before: self.before,
            ..Search::default()
        })
    }
}

impl ExportArgs {
    fn run(self, reader: &Reader, context: &mut Context<'_>) -> Result<(), Failure> {
        let format = match self.format {
            FormatArg::Json => Format::JsonLines,
            FormatArg::Csv => Format::Csv,
        };
        let lines = reader.export(format, self.filter.read()?)?;
        let Some(path) = self.output else {
            for line in lines {
                context.terminal.text(&line?)?;
            }
            return Ok(());
        };
        let mut file = BufWriter::new(File::create_new(&path).map_err(|error| {
            Failure::other(
                format!("cannot make {}: {error}", path.display()),
                "name a file that is not there yet",
            )
        })?);
        for line in lines {
            writeln!(file, "{}", line?)?;
        }
        file.flush()?;
        context
            .terminal
            .note(&format!("written to {}", path.display()));
        Ok(())
    }
}

impl VerifyArgs {
    fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let sources = Context::sources()?;
        let configured = sources.load().unwrap_or_default().audit.witness;
        // A copy has other witnesses than the record itself.
        let configured = configured.filter(|_| self.folder.is_none());
        let options = Options {
            witness: self.witness.or(configured),
            public_key: self.key,
        };
        let folder = self.folder.unwrap_or_else(|| sources.paths.audit());
        let report = verify(&folder, &options)?;
        if context.json {
            context.terminal.json(&report)?;
        } else if report.first_bad.is_none() {
            context
                .terminal
                .text(&whole(&report, options.witness.is_some()))?;
        }
        match report.first_bad {
            None => Ok(()),
            Some(bad) => Err(Failure::other(
                format!(
                    "record {} is not as it was written: {} ({}, line {})",
                    bad.seq,
                    bad.problem,
                    bad.segment.display(),
                    bad.line
                ),
                "what comes before it is as it was; keep a copy of the folder, and find out who wrote to it",
            )),
        }
    }
}

fn whole(report: &Report, witnessed: bool) -> String {
    let mut lines = vec![match (report.first, report.last) {
        (Some(first), Some(last)) => format!(
            "{} records, {first} to {last}, are as they were written; {} signed checkpoints",
            report.records, report.checkpoints
        ),
        _ => "nothing was recorded yet".into(),
    }];
    if let Some(pruned) = &report.pruned {
        lines.push(format!(
            "records up to {} were dropped for their age or size, signed",
            pruned.through
        ));
    }
    if report.unsealed > 0 {
        lines.push(format!(
            "the last {} have no signature yet",
            report.unsealed
        ));
    }
    lines.push(match witnessed {
        true => format!("{} checkpoints agree with the witness", report.witnessed),
        false => {
            "without a witness, a record cut off at its end cannot be told; set `audit.witness`"
                .into()
        }
    });
    let notices = report.notices.iter();
    lines.extend(notices.map(|notice| format!("at {}: {}", notice.seq, notice.what)));
    lines.join("\n")
}

/// Through the daemon where one writes the log.
fn checkpoint(context: &mut Context<'_>) -> Result<(), Failure> {
    let told = |checkpointed: &Checkpointed| format!("signed up to record {}", checkpointed.seq);
    match Log::open(Settings::new(Context::sources()?.paths.audit())) {
        Ok(log) => {
            let seq = log.checkpoint()?.seq;
            context.print("checkpoint", json!({ "seq": seq }), told)
        }
        Err(AuditError::InUse(_)) => context.call(&Request::Checkpoint, told),
        Err(error) => Err(error.into()),
    }
}

fn list(entries: &[Entry], context: &mut Context<'_>) -> Result<(), Failure> {
    if context.json {
        return Ok(context.terminal.json(&json!({ "records": entries }))?);
    }
    if entries.is_empty() {
        context.terminal.note("no record matches");
        return Ok(());
    }
    let lines: Vec<String> = entries.iter().map(line).collect();
    Ok(context.terminal.text(&lines.join("\n"))?)
}

fn line(entry: &Entry) -> String {
    let record = &entry.record;
    let at = entry
        .time
        .to_zoned_datetime(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S");
    let mut line = format!("{}  {at}  {}", entry.seq, kind(record.kind));
    let source = record.source.as_ref();
    let parts = [
        source.map(|source| match &source.id {
            Some(id) => format!("{}:{id}", via(source.via)),
            None => via(source.via).into(),
        }),
        record.event.clone(),
        record.route.as_ref().and_then(|route| route.intent.clone()),
        record.plugin.as_ref().map(|plugin| plugin.name.clone()),
        record
            .heard
            .as_ref()
            .map(|heard| format!("{:?}", heard.text)),
        record.outcome.as_ref().map(|outcome| {
            let text = outcome.text.as_deref().unwrap_or_default();
            format!(
                "{}: {text:?}",
                format!("{:?}", outcome.status).to_lowercase()
            )
        }),
        record
            .details
            .as_ref()
            .filter(|_| record.kind == Kind::Note)
            .map(ToString::to_string),
        record.of.map(|of| format!("(of {of})")),
    ];
    for part in parts.into_iter().flatten() {
        line.push_str("  ");
        line.push_str(&part);
    }
    line
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Before => "before",
        Kind::After => "after",
        Kind::Note => "note",
        Kind::Segment => "segment",
        Kind::Checkpoint => "checkpoint",
        Kind::Rotation => "rotation",
        Kind::Pruned => "pruned",
        Kind::Other => "other",
    }
}

fn via(via: Via) -> &'static str {
    match via {
        Via::Voice => "voice",
        Via::Ipc => "ipc",
        Via::Rest => "rest",
        Via::Routine => "routine",
        Via::Plugin => "plugin",
        Via::System => "system",
        Via::Other => "other",
    }
}

/// The moment that `text` tells: the beginning of a day, a time, or so long ago.
fn moment(text: &str) -> Result<Timestamp, Failure> {
    let wrong = || {
        Failure::other(
            format!("`{}` is no time", text.escape_debug()),
            "write a day such as `2027-01-31`, a time such as `2027-01-31T08:00:00Z`, or `2h` for so long ago",
        )
    };
    if let Ok(date) = text.parse::<Date>() {
        let begins = date
            .to_zoned_datetime(TimeZone::system())
            .map_err(|_| wrong())?;
        return Ok(begins.timestamp());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let span: Span = text.parse().map_err(|_| wrong())?;
    let at = ZonedDateTime::now()
        .checked_sub(span)
        .map_err(|_| wrong())?;
    Ok(at.timestamp())
}
