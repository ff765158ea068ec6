//! Opens files and web addresses with the desktop's program for them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fame_plugin::HostError;
use reqwest::Url;

/// The longest address or path, in bytes.
const TARGET_BYTES: usize = 4096;

/// How long the opener is watched for a failure. One that still runs then has opened it.
const WATCH: Duration = Duration::from_secs(5);

const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Files that do something when they are opened. Opening is for looking, not for running.
const RUNNABLE: &[&str] = &[
    "appimage", "app", "bat", "cmd", "com", "command", "cpl", "desktop", "exe", "hta", "jar", "js",
    "jse", "lnk", "msi", "pif", "ps1", "py", "reg", "scf", "scr", "sh", "terminal", "url", "vb",
    "vbe", "vbs", "webloc", "workflow", "wsf", "wsh",
];

/// The desktop.
#[derive(Clone, Copy, Debug, Default)]
pub struct Desktop;

impl Desktop {
    /// Opens `target`: an address with `http`, `https` or `mailto`, or the whole path of a file or
    /// folder that exists and is no program. No shell sees it.
    ///
    /// # Errors
    /// For anything else, without a desktop session, or if the desktop's opener fails.
    pub fn open(self, target: &str) -> Result<(), HostError> {
        let target = check(target)?;
        if !has_session() {
            return Err(HostError::unavailable(
                "the desktop",
                "FAME does not run in a desktop session; start it from one",
            ));
        }
        open::that_detached_with_timeout(&target, WATCH).map_err(|error| {
            HostError::failed(
                format!("opening `{}`", target.display()),
                format!("{error}; install a program that opens it, and `xdg-utils` on Linux"),
            )
        })
    }
}

/// Without a display the opener would look for a program on a terminal that is not there.
fn has_session() -> bool {
    let linux = cfg!(all(unix, not(target_os = "macos")));
    let named = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    !linux || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

/// What is handed to the opener: an address as this program reads it, or a path without links.
fn check(target: &str) -> Result<PathBuf, HostError> {
    if target.len() > TARGET_BYTES {
        return Err(HostError::TooMuch {
            what: "an address or path".into(),
            limit: format!("{TARGET_BYTES} bytes"),
        });
    }
    let path = Path::new(target);
    if path.is_absolute() {
        return check_file(path);
    }
    let refused = |reason: &str| Err(HostError::failed(format!("opening `{target}`"), reason));
    match Url::parse(target) {
        Ok(url) if SCHEMES.contains(&url.scheme()) => Ok(String::from(url).into()),
        Ok(_) => refused("use an address with http, https or mailto, or the whole path of a file"),
        Err(_) => refused("it is no address and no whole path; begin with https:// or /"),
    }
}

fn check_file(path: &Path) -> Result<PathBuf, HostError> {
    let failed =
        |reason: String| HostError::failed(format!("opening `{}`", path.display()), reason);
    // The name that counts is that of the file, not that of a link to it.
    let path = fs::canonicalize(path).map_err(|error| failed(error.to_string()))?;
    let about = fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
    let ending = path.extension().map(|ending| ending.to_string_lossy());
    let ending = ending.unwrap_or_default().to_ascii_lowercase();
    if RUNNABLE.contains(&ending.as_str()) || is_program(&about) {
        return Err(failed(
            "it is a program; open a document or a folder".into(),
        ));
    }
    Ok(path)
}

#[cfg(unix)]
fn is_program(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    const ANY_EXECUTE: u32 = 0o111;
    about.is_file() && about.permissions().mode() & ANY_EXECUTE != 0
}

/// Elsewhere the name tells.
#[cfg(not(unix))]
fn is_program(_: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_have_a_known_scheme() {
        for (target, opened) in [
            ("https://example.org/a b", "https://example.org/a%20b"),
            ("HTTP://example.org", "http://example.org/"),
            ("mailto:someone@example.org", "mailto:someone@example.org"),
        ] {
            assert_eq!(check(target).unwrap(), Path::new(opened));
        }
        for target in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "ssh://example.org",
            "smb://example.org/x",
            "https://",
            "example.org",
            "--help",
            "",
            "notes.txt",
        ] {
            assert!(check(target).is_err(), "{target}");
        }
        let long = format!("https://example.org/{}", "a".repeat(TARGET_BYTES));
        assert!(matches!(check(&long), Err(HostError::TooMuch { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn files_exist_and_are_no_programs() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let file = |name: &str| {
            let path = root.join(name);
            fs::write(&path, "x").unwrap();
            path
        };
        let checked = |path: &Path| check(path.to_str().unwrap());
        let note = file("a note.txt");
        assert_eq!(checked(&note).unwrap(), note);
        assert_eq!(checked(&root).unwrap(), root);
        assert!(checked(&root.join("missing.txt")).is_err());
        let entry = file("game.Desktop");
        assert!(checked(&entry).is_err());
        let link = root.join("picture.png");
        symlink(&entry, &link).unwrap();
        assert!(checked(&link).is_err(), "a link to a program is one");
        fs::set_permissions(&note, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(checked(&note).is_err());
    }

    proptest! {
        #[test]
        fn what_is_opened_is_an_address_or_a_whole_path(target in "\\PC{0,40}|[a-z-]{0,6}:.{0,20}") {
            if let Ok(opened) = check(&target) {
                let opened = opened.to_str().unwrap().to_owned();
                let known = |scheme: &&str| opened.starts_with(&format!("{scheme}:"));
                prop_assert!(opened.starts_with('/') || SCHEMES.iter().any(known));
            }
        }
    }
}
