//! A FAME for tests whose sandbox is a plain process, with a language model that reads from a list.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use fame_plugin::sentence::{Lists, Sentences};
use fame_plugin::words::Words;
use fame_plugin::{
    Capability, Context, Host, HostError, HostRef, Manifest, Plugin, Program, Ran, Reply, Request,
    Slot, Source,
};
use jiff::ZonedDateTime;
use serde_json::Value;

use super::NOW;
use crate::Developer;

/// What the plugin's host knows and saw.
#[derive(Default)]
struct Inner {
    stored: Mutex<BTreeMap<String, Value>>,
    answers: Mutex<VecDeque<String>>,
    prompts: Mutex<Vec<String>>,
    published: Mutex<Vec<(String, Value)>>,
    ran: Mutex<Vec<Program>>,
    lists: Lists,
}

/// A host; clones are the same one.
#[derive(Clone, Default)]
struct World {
    inner: Arc<Inner>,
    sandbox: bool,
}

impl Host for World {
    fn now(&self) -> ZonedDateTime {
        NOW.parse().unwrap()
    }

    fn capabilities(&self) -> Vec<Capability> {
        Vec::new()
    }

    fn set_list(&self, list: &str, entries: Vec<(String, Vec<String>)>) -> Result<(), HostError> {
        self.inner.lists.set("universal_developer", list, entries);
        Ok(())
    }

    fn get(&self, key: &str) -> Result<Option<Value>, HostError> {
        Ok(self.inner.stored.lock().unwrap().get(key).cloned())
    }

    fn put(&self, key: &str, value: Value) -> Result<(), HostError> {
        self.inner.stored.lock().unwrap().insert(key.into(), value);
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<bool, HostError> {
        Ok(self.inner.stored.lock().unwrap().remove(key).is_some())
    }

    fn keys(&self, prefix: &str) -> Result<Vec<String>, HostError> {
        let stored = self.inner.stored.lock().unwrap();
        let keys = stored.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }

    fn speak(&self, _: &str) -> Result<(), HostError> {
        Ok(())
    }

    fn run(&self, program: Program) -> Result<Ran, HostError> {
        if !self.sandbox {
            return Err(HostError::unavailable("the sandbox", "start Docker"));
        }
        self.inner.ran.lock().unwrap().push(program.clone());
        Ok(process(&program))
    }

    fn complete(&self, prompt: &str) -> Result<String, HostError> {
        let answer = self.inner.answers.lock().unwrap().pop_front();
        let answer = answer
            .ok_or_else(|| HostError::unavailable("the language model", "none is configured"))?;
        self.inner.prompts.lock().unwrap().push(prompt.into());
        Ok(answer)
    }

    fn publish(&self, topic: &str, data: Value) -> Result<(), HostError> {
        self.inner
            .published
            .lock()
            .unwrap()
            .push((topic.into(), data));
        Ok(())
    }
}

/// Whether the machine has the interpreter `name`.
pub(super) fn has(name: &str) -> bool {
    let found = Command::new(name)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        eprintln!("skipped: there is no `{name}` on this machine");
    }
    found
}

/// Runs `program` in a folder of its own.
pub(super) fn process(program: &Program) -> Ran {
    let (interpreter, name) = match program.profile.as_str() {
        "python" => ("python3", "main.py"),
        "javascript" => ("node", "main.js"),
        "shell" => ("sh", "main.sh"),
        other => panic!("no profile {other}"),
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), &program.code).unwrap();
    let mut child = Command::new(interpreter)
        .arg(name)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program need not read it.
    let _ = child.stdin.take().unwrap().write_all(&program.stdin);
    let output = child.wait_with_output().unwrap();
    Ran {
        ok: output.status.success(),
        exit_code: output.status.code(),
        timed_out: false,
        stdout: String::from_utf8_lossy(&output.stdout).into(),
        stderr: String::from_utf8_lossy(&output.stderr).into(),
    }
}

/// The plugin with its sentences, follow-ups included.
pub(super) struct Bench {
    world: World,
    plugin: Developer,
    sentences: Sentences,
}

impl Bench {
    /// With a sandbox.
    pub(super) fn new() -> Self {
        Self::with(World {
            sandbox: true,
            ..World::default()
        })
    }

    pub(super) fn without_sandbox() -> Self {
        Self::with(World::default())
    }

    /// The same FAME after a restart.
    pub(super) fn restarted(&self) -> Self {
        Self::with(self.world.clone())
    }

    fn with(world: World) -> Self {
        let mut plugin = Developer::default();
        plugin.init(HostRef::new(world.clone())).unwrap();
        let mut manifest = Manifest::parse(plugin.manifest()).unwrap();
        for intent in &mut manifest.intents {
            let follow_ups = std::mem::take(&mut intent.follow_ups);
            intent.sentences.extend(follow_ups);
        }
        let sentences = Sentences::compile([&manifest], &world.inner.lists).unwrap();
        Self {
            world,
            plugin,
            sentences,
        }
    }

    /// What the language model answers next, in order.
    pub(super) fn answers(self, answers: &[&str]) -> Self {
        let next = answers.iter().map(|answer| (*answer).to_owned());
        self.world.inner.answers.lock().unwrap().extend(next);
        self
    }

    pub(super) fn ask(&self, text: &str) -> Reply {
        self.ask_with(text, None)
    }

    pub(super) fn ask_with(&self, text: &str, client: Option<Value>) -> Reply {
        let words = Words::new(text);
        let found = self.sentences.find(&words).into_iter().next();
        let found = found.unwrap_or_else(|| panic!("no sentence matches {text}"));
        let mut context = Context::new(1.0, None);
        context.client = client;
        let request = Request {
            text: text.into(),
            intent: found.intent.into(),
            slots: found.slots,
            session: "test".into(),
            user: None,
            source: Source::Headless,
            context,
        };
        self.plugin.handle(&request).unwrap()
    }

    /// `text` with a `name` that comes from what was said before.
    pub(super) fn ask_carrying(&self, text: &str, intent: &str, name: &str) -> Reply {
        let mut context = Context::new(1.0, None);
        context.carried = vec!["name".into()];
        let request = Request {
            text: text.into(),
            intent: intent.into(),
            slots: [("name".to_owned(), Slot::Text(name.into()))].into(),
            session: "test".into(),
            user: None,
            source: Source::Headless,
            context,
        };
        self.plugin.handle(&request).unwrap()
    }

    pub(super) fn undo(&self, reply: &Reply) -> Reply {
        self.plugin.undo(reply.undo.as_deref().unwrap()).unwrap()
    }

    pub(super) fn prompts(&self) -> Vec<String> {
        self.world.inner.prompts.lock().unwrap().clone()
    }

    pub(super) fn published(&self) -> Vec<(String, Value)> {
        self.world.inner.published.lock().unwrap().clone()
    }

    pub(super) fn ran(&self) -> Vec<Program> {
        self.world.inner.ran.lock().unwrap().clone()
    }
}

/// The data of `reply` at `pointer`, a JSON pointer.
pub(super) fn at<'a>(reply: &'a Reply, pointer: &str) -> &'a Value {
    reply
        .data
        .as_ref()
        .and_then(|data| data.pointer(pointer))
        .unwrap_or_else(|| panic!("no {pointer} in {:?}", reply.data))
}
