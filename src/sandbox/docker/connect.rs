//! Finds an engine that answers.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::call::{ANSWER_WITHIN, call};

/// Longest wait for an answer's beginning; bollard's own bound, beside those of `call`.
const HEADERS_WITHIN_S: u64 = 30;

/// The oldest interface that has all that the policy asks for (Docker 20.10).
const OLDEST_API: (usize, usize) = (1, 41);

/// Longest of Docker's own files that is read.
const MAX_CONTEXT_BYTES: u64 = 64 * 1024;

/// An engine that answers.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) docker: Docker,
    pub(super) address: String,
    /// Such as `20.10.24, API 1.41`.
    pub(super) version: String,
    /// Whether it lists gVisor's runtime.
    pub(super) has_runsc: bool,
    /// What the owner may want to know about how far it holds.
    pub(super) notes: Vec<String>,
}

/// Tries the addresses in their order.
///
/// # Errors
/// What each of them said.
pub(super) async fn find(configured: Option<&str>) -> Result<Found, String> {
    let mut said = Vec::new();
    for address in addresses(configured) {
        match greet(&address).await {
            Ok(found) => return Ok(found),
            Err(problem) => said.push(format!("{address}: {problem}")),
        }
    }
    if said.is_empty() {
        return Err("there is no socket of Docker or podman".into());
    }
    Err(said.join("; "))
}

/// Where an engine may be. One that is named on purpose stands alone.
fn addresses(configured: Option<&str>) -> Vec<String> {
    let variable = env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
    if let Some(named) = configured.map(str::to_owned).or(variable) {
        return vec![named];
    }
    let docker_dir = env::var_os("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".docker")));
    if let Some(host) = docker_dir.as_deref().and_then(context_host) {
        return vec![host];
    }
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let user = rustix::process::getuid().as_raw();
    let mut sockets: Vec<PathBuf> = Vec::new();
    if let Some(runtime) = runtime {
        sockets.push(runtime.join("docker.sock"));
        sockets.push(runtime.join("podman/podman.sock"));
    }
    sockets.push(format!("/run/user/{user}/podman/podman.sock").into());
    sockets.push("/var/run/docker.sock".into());
    sockets.push("/run/podman/podman.sock".into());
    let mut addresses: Vec<String> = sockets
        .into_iter()
        .filter(|socket| socket.exists())
        .map(|socket| format!("unix://{}", socket.display()))
        .collect();
    addresses.dedup();
    addresses
}

/// The host of Docker's current context: `contexts/meta/SHA-256-of-its-name/meta.json`.
fn context_host(docker_dir: &Path) -> Option<String> {
    let config = json(&docker_dir.join("config.json"))?;
    let chosen = env::var("DOCKER_CONTEXT").ok();
    let name = chosen.as_deref().or(config["currentContext"].as_str())?;
    if name.is_empty() || name == "default" {
        return None;
    }
    let digest = HEXLOWER.encode(&Sha256::digest(name));
    let meta = json(
        &docker_dir
            .join("contexts/meta")
            .join(digest)
            .join("meta.json"),
    )?;
    meta["Endpoints"]["docker"]["Host"]
        .as_str()
        .map(String::from)
}

fn json(path: &Path) -> Option<serde_json::Value> {
    let size = fs::metadata(path).ok()?.len();
    if size > MAX_CONTEXT_BYTES {
        return None;
    }
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Agrees on the interface's version with an engine and asks what it is.
async fn greet(address: &str) -> Result<Found, String> {
    let docker = open(address)?;
    let patience = ANSWER_WITHIN;
    let docker = call(
        "asking for its version",
        patience,
        docker.negotiate_version(),
    )
    .await
    .map_err(|error| error.to_string())?;
    let api = docker.client_version();
    if (api.major_version, api.minor_version) < OLDEST_API {
        return Err(format!(
            "its interface {api} is older than 1.41; install Docker 20.10 or newer"
        ));
    }
    let info = call("asking what it is", patience * 2, docker.info())
        .await
        .map_err(|error| error.to_string())?;
    let runtimes = info.runtimes.unwrap_or_default();
    let options = info.security_options.unwrap_or_default();
    let has = |name: &str| options.iter().any(|option| option.contains(name));
    let mut notes = Vec::new();
    if !has("name=seccomp") {
        return Err("it has no seccomp, with which system calls are filtered".into());
    }
    if info.memory_limit == Some(false) || info.pids_limit == Some(false) {
        return Err("it cannot limit memory or processes; it needs cgroups for that".into());
    }
    if !has("rootless") && !has("userns") {
        notes.push(
            "it runs as root, without user namespaces: a rootless engine holds better".into(),
        );
    }
    if let Some(runc) = info.runc_commit.and_then(|commit| commit.id) {
        notes.push(format!(
            "runc {runc}: 1.2.8 or newer has the repairs of 2025"
        ));
    }
    Ok(Found {
        address: address.to_owned(),
        version: format!("{}, API {api}", info.server_version.unwrap_or_default()),
        has_runsc: runtimes.contains_key("runsc"),
        notes,
        docker,
    })
}

fn open(address: &str) -> Result<Docker, String> {
    let version = API_DEFAULT_VERSION;
    let opened = match address.split_once("://") {
        Some(("unix", _)) => Docker::connect_with_unix(address, HEADERS_WITHIN_S, version),
        Some(("tcp" | "http", _)) if env::var_os("DOCKER_TLS_VERIFY").is_none() => {
            Docker::connect_with_http(address, HEADERS_WITHIN_S, version)
        }
        _ => return Err("only `unix://` and plain `tcp://` are spoken; forward a socket".into()),
    };
    let mut docker = opened.map_err(|error| error.to_string())?;
    docker.set_timeout(Duration::from_secs(HEADERS_WITHIN_S));
    Ok(docker)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn dockers_current_context_says_where_the_engine_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("config.json"),
            r#"{"currentContext":"rootless"}"#,
        )
        .unwrap();
        // `printf rootless | sha256sum`
        let digest = HEXLOWER.encode(&Sha256::digest("rootless"));
        let meta = dir.path().join("contexts/meta").join(digest);
        fs::create_dir_all(&meta).unwrap();
        fs::write(
            meta.join("meta.json"),
            r#"{"Name":"rootless","Endpoints":{"docker":{"Host":"unix:///run/user/7/docker.sock"}}}"#,
        )
        .unwrap();
        assert_eq!(
            context_host(dir.path()).unwrap(),
            "unix:///run/user/7/docker.sock"
        );
        fs::write(dir.path().join("config.json"), "{").unwrap();
        assert_eq!(context_host(dir.path()), None);
    }

    #[tokio::test]
    async fn an_address_that_is_not_spoken_is_told() {
        let problem = find(Some("ssh://elsewhere")).await.unwrap_err();
        assert!(problem.contains("forward a socket"), "{problem}");
    }
}
