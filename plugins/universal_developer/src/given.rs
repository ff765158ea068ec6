//! The intent `run_code`: code that comes with the request.

use fame_plugin::{PluginError, Ran, Reply, Request};
use serde_json::{Value, json};

use crate::Parts;
use crate::check;
use crate::language::Language;
use crate::progress::Progress;
use crate::reply;
use crate::shelf::{Made, Origin};
use crate::source::Source;
use crate::spoken;

/// The longest code that is run, in bytes.
const MAX_CODE: usize = 64 * 1024;

/// The longest code that is also remembered for "run it again", in bytes.
const MAX_REMEMBERED: usize = 16 * 1024;

impl Parts {
    /// Runs what stands between backticks in the text, or what the client's context has as
    /// `code`, with `language` and `stdin` beside it.
    pub(crate) fn run_given(&self, request: &Request) -> Result<Reply, PluginError> {
        let client = |field: &str| {
            let value = request.context.client.as_ref()?.get(field)?;
            value.as_str().map(String::from)
        };
        let quoted = between_backticks(&request.text);
        let Some(code) = client("code").or(quoted) else {
            return Ok(Reply::say(
                "Send me the code between backticks, or as the code of the request, and I run it.",
            ));
        };
        let named = client("language");
        let named = named.as_deref().or(request.choice("language").ok());
        let Some(language) = named.map_or(Some(Language::Python), Language::named) else {
            return Ok(Reply::say(
                "I can run Python, JavaScript and shell. Send me one of those.",
            ));
        };
        if code.len() > MAX_CODE {
            return Ok(Reply::say(
                "That is more than 64 kilobytes of code. Send me less.",
            ));
        }
        let _progress = Progress::announce(&self.host, "It is still running.");
        let stdin = client("stdin").unwrap_or_default().into_bytes();
        let data = |ran: Option<&Ran>| json!({ "code": code, "language": language.profile(), "run": ran.map(run_data) });
        let ran = match check::run(&self.host, language, code.clone(), stdin) {
            Ok(ran) => ran,
            Err(error) => {
                return Ok(Reply::say(format!("I have not run it: {error}.")).data(data(None)));
            }
        };
        let speech = match (ran.ok, ran.stdout.trim()) {
            (false, _) => format!("It {}.", check::complaint(&ran).trim_end_matches('.')),
            (true, "") => "It ran and printed nothing.".into(),
            (true, printed) => format!("It printed {}.", spoken::short(printed)),
        };
        let output = format!("{}\n{}", ran.stdout.trim_end(), ran.stderr.trim_end());
        let shown = [
            reply::fenced(language.profile(), &code),
            reply::fenced("text", check::cut(output.trim())),
        ];
        let reply = Reply::say(speech)
            .display(shown.join("\n\n"))
            .data(data(Some(&ran)));
        if code.len() <= MAX_REMEMBERED {
            let made = Made {
                title: "do what you gave me".into(),
                name: None,
                entry: None,
                values: Vec::new(),
                origin: Origin::Given,
                source: Source {
                    language,
                    code,
                    tests: String::new(),
                    main: String::new(),
                },
                report: None,
                result: ran.ok.then(|| check::result(&ran)),
            };
            self.shelf.remember(&self.host, &request.session, made);
        }
        Ok(reply)
    }
}

/// How a run ended, for programs.
pub(crate) fn run_data(ran: &Ran) -> Value {
    json!({
        "ok": ran.ok,
        "exit_code": ran.exit_code,
        "timed_out": ran.timed_out,
        "stdout": check::cut(&ran.stdout),
        "stderr": check::cut(&ran.stderr),
    })
}

/// What stands between the first run of backticks in `text` and the next one of the same length,
/// without the language's name that a fenced block may begin with.
fn between_backticks(text: &str) -> Option<String> {
    let start = text.find('`')?;
    let rest = &text[start..];
    let fence = &rest[..rest.len() - rest.trim_start_matches('`').len()];
    let inner = &rest[fence.len()..];
    let inner = &inner[..inner.find(fence)?];
    let code = match inner.split_once('\n') {
        Some((first, code)) if fence.len() >= 3 && !first.contains(char::is_whitespace) => code,
        _ => inner,
    };
    (!code.trim().is_empty()).then(|| code.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_between_backticks() {
        for (text, code) in [
            ("Run this code: `print(6 * 7)`.", Some("print(6 * 7)")),
            ("Run ```python\nprint(`1`)\n```", Some("print(`1`)\n")),
            ("Run ``print('`')``", Some("print('`')")),
            ("Run ```print(1)```", Some("print(1)")),
            ("Run `print(1)", None),
            ("Run ``", None),
            ("Run this code.", None),
        ] {
            assert_eq!(between_backticks(text).as_deref(), code, "{text}");
        }
    }
}
