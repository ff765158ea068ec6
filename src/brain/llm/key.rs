//! Getting the key, and keeping it to ourselves.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use super::{KeySource, LlmError};

/// The longest key.
pub const MAX_KEY_BYTES: usize = 4 * 1024;

/// How long the keyring may take; it may be asking the user to unlock it.
pub const KEYRING_WAIT: Duration = Duration::from_secs(30);

/// Gets the key. May wait for the keyring, up to [`KEYRING_WAIT`].
pub(super) fn load(source: &KeySource) -> Result<Option<SecretString>, LlmError> {
    let (text, place) = match source {
        KeySource::None => return Ok(None),
        KeySource::Env(name) => (from_env(name)?, format!("the variable `{name}`")),
        KeySource::File(path) => (from_file(path)?, format!("`{}`", path.display())),
        KeySource::Keyring { service, user } => (
            from_keyring(service, user)?,
            format!("the keyring (service `{service}`, username `{user}`)"),
        ),
    };
    checked(&text, place).map(Some)
}

/// The key without the space around it, if it can stand in a header.
fn checked(text: &str, place: String) -> Result<SecretString, LlmError> {
    let key = text.trim();
    let problem = if key.is_empty() {
        "it is empty; put the key there"
    } else if key.len() > MAX_KEY_BYTES {
        "it is too long for a key; put nothing but the key there"
    } else if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        "it is not one word of plain letters, digits and signs; put nothing but the key there"
    } else {
        return Ok(SecretString::from(key));
    };
    Err(LlmError::Key {
        place,
        problem: problem.into(),
    })
}

fn from_env(name: &str) -> Result<Zeroizing<String>, LlmError> {
    std::env::var(name)
        .map(Zeroizing::new)
        // The error would hold the value where it is not Unicode.
        .map_err(|_| LlmError::Key {
            place: format!("the variable `{name}`"),
            problem: "it is not set, or not plain text; set it where the daemon is started".into(),
        })
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, LlmError> {
    let failed = |problem: String| LlmError::Key {
        place: format!("`{}`", path.display()),
        problem,
    };
    let unreadable = |error: std::io::Error| failed(format!("{error}; correct `llm.api_key`"));
    // Before it is opened: opening a pipe would wait for its other end.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(failed("it is not a file; correct `llm.api_key`".into()));
    }
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    only_its_owner_reads(path, &about)?;
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_KEY_BYTES as u64 + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    Ok(text)
}

#[cfg(unix)]
fn only_its_owner_reads(path: &Path, about: &std::fs::Metadata) -> Result<(), LlmError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(LlmError::OpenKeyFile {
        path: path.to_owned(),
        mode,
    })
}

/// Elsewhere a user's folder is closed to others by itself.
#[cfg(not(unix))]
fn only_its_owner_reads(_: &Path, _: &std::fs::Metadata) -> Result<(), LlmError> {
    Ok(())
}

/// Asks on a thread of its own: the keyring's client blocks, and for as long as the user needs
/// to unlock it.
fn from_keyring(service: &str, user: &str) -> Result<Zeroizing<String>, LlmError> {
    let failed = |problem: String| LlmError::Key {
        place: format!("the keyring (service `{service}`, username `{user}`)"),
        problem,
    };
    let (send, receive) = sync_channel(1);
    let (service_name, user_name) = (service.to_owned(), user.to_owned());
    thread::Builder::new()
        .name("fame-keyring".into())
        .spawn(move || {
            let _ = send.send(ask_keyring(&service_name, &user_name));
        })
        .map_err(|error| failed(format!("{error}; close other programs")))?;
    match receive.recv_timeout(KEYRING_WAIT) {
        Ok(answer) => answer.map_err(failed),
        Err(_) => Err(failed("it does not answer; unlock it and try again".into())),
    }
}

fn ask_keyring(service: &str, user: &str) -> Result<Zeroizing<String>, String> {
    use keyring::v1::{Entry, Error};
    if let Err(error) = Entry::store_status() {
        return Err(format!(
            "there is none here ({error}); start one, or keep the key in a file with mode 600"
        ));
    }
    let password = Entry::new(service, user).and_then(|entry| entry.get_password());
    password.map(Zeroizing::new).map_err(|error| match error {
        Error::NoEntry => format!(
            "it has no such entry; run `secret-tool store --label=FAME service {service} username {user}`"
        ),
        // Its bytes would be in the message.
        Error::BadEncoding(_) => "it is not plain text; store the key again".to_owned(),
        other => format!("{other}; unlock it and try again"),
    })
}

/// `text` with the key taken out, should a server repeat it.
pub(super) fn redact(text: &str, key: Option<&SecretString>) -> String {
    match key {
        Some(key) => text.replace(key.expose_secret(), "[key]"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[cfg(unix)]
    fn file(content: &[u8], mode: u32) -> tempfile::NamedTempFile {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    #[cfg(unix)]
    #[test]
    fn a_closed_file_gives_its_key() {
        for mode in [0o600, 0o400] {
            let file = file(b"  sk-secret\n", mode);
            let key = load(&KeySource::File(file.path().into())).unwrap().unwrap();
            assert_eq!(key.expose_secret(), "sk-secret");
            assert!(!format!("{key:?}").contains("secret-"), "{key:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_read_is_refused() {
        for mode in [0o640, 0o604, 0o644, 0o620, 0o601, 0o777] {
            let file = file(b"sk-secret", mode);
            let error = load(&KeySource::File(file.path().into())).unwrap_err();
            assert!(matches!(error, LlmError::OpenKeyFile { mode: m, .. } if m == mode));
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        let long = "k".repeat(MAX_KEY_BYTES + 1);
        for (content, part) in [
            (&b""[..], "empty"),
            (b" \n", "empty"),
            (b"sk-one\nsk-two", "nothing but the key"),
            ("sk-ключ".as_bytes(), "nothing but the key"),
            (b"sk-\xff", "UTF-8"),
            (long.as_bytes(), "too long"),
        ] {
            let file = file(content, 0o600);
            let error = load(&KeySource::File(file.path().into()))
                .unwrap_err()
                .to_string();
            assert!(error.contains(part), "{error}");
            assert!(!error.contains("sk-"), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let error = load(&KeySource::File(folder.path().into())).unwrap_err();
        assert!(error.to_string().contains("not a file"), "{error}");
        let error = load(&KeySource::File(folder.path().join("none"))).unwrap_err();
        assert!(error.to_string().contains("none"), "{error}");
    }

    #[test]
    fn variables_are_read() {
        // Set for every process there is; what it holds is a list of folders, and no key.
        let key = load(&KeySource::Env("PATH".into())).unwrap().unwrap();
        assert_eq!(key.expose_secret(), std::env::var("PATH").unwrap());
        let error = load(&KeySource::Env("FAME_NO_SUCH_VARIABLE".into())).unwrap_err();
        assert!(
            error.to_string().contains("FAME_NO_SUCH_VARIABLE"),
            "{error}"
        );
    }

    #[test]
    fn a_repeated_key_is_taken_out() {
        let key = SecretString::from("sk-secret");
        assert_eq!(redact("bad key sk-secret!", Some(&key)), "bad key [key]!");
        assert_eq!(redact("bad key", None), "bad key");
    }
}
