//! What a process starts with: its program, its folders, its variables.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::error::Problem;
use super::spec::Spec;

/// Where programs are looked for if FAME itself was started without a `PATH`.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The language if FAME itself was started without one: UTF-8, no translation.
const LANG: &str = "C.UTF-8";

/// The program to start: a file of the plugin's folder, or else a bare name for `PATH`.
pub(super) fn program(dir: &Path, name: &str) -> Result<PathBuf, Problem> {
    let own = dir.join(name);
    if own.is_file() {
        return Ok(own);
    }
    let bare = matches!(Path::new(name).components().collect::<Vec<_>>()[..], [Component::Normal(part)] if part == name);
    if bare {
        Ok(PathBuf::from(name))
    } else {
        let program = name.to_owned();
        Err(Problem::Missing { program })
    }
}

/// All variables of the process. FAME's own are not passed on: they may hold keys.
pub(super) fn variables(spec: &Spec) -> Vec<(OsString, OsString)> {
    let own = |name: &str, otherwise: &str| env::var_os(name).unwrap_or_else(|| otherwise.into());
    let mut variables = vec![
        ("PATH".into(), own("PATH", PATH)),
        ("LANG".into(), own("LANG", LANG)),
        ("TMPDIR".into(), env::temp_dir().into_os_string()),
        ("HOME".into(), spec.data_dir.clone().into_os_string()),
    ];
    // Set later, so that a manifest may choose another value.
    variables.extend(
        spec.env
            .iter()
            .map(|(name, value)| (name.into(), value.into())),
    );
    variables
}

/// Makes the data folder, for its user only.
pub(super) fn make_data_dir(path: &Path) -> Result<(), Problem> {
    create(path).map_err(|source| Problem::DataDir {
        path: path.to_owned(),
        source,
    })
}

fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_plugins_folder_comes_before_the_path() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("server");
        fs::write(&own, "").unwrap();
        assert_eq!(program(dir.path(), "server").unwrap(), own);
        assert_eq!(
            program(dir.path(), "python3").unwrap(),
            Path::new("python3")
        );
        for missing in ["./python3", "bin/python3", "/no/such/program", "", "."] {
            let error = program(dir.path(), missing).unwrap_err();
            assert!(
                matches!(error, Problem::Missing { .. }),
                "{missing}: {error}"
            );
        }
    }
}
