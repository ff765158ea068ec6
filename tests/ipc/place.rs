//! The socket as a file: who may have it and who may see it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use fame::ipc::{IpcError, Server};

use super::support::{Daemon, runtime};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Binds and lets go again.
fn bind(path: &Path) -> Result<(), IpcError> {
    runtime().block_on(async { Server::bind(path).map(drop) })
}

#[test]
fn only_the_user_can_reach_it_and_it_is_gone_afterwards() {
    let mut daemon = Daemon::start();
    assert_eq!(mode(&daemon.socket), 0o600);
    assert_eq!(mode(daemon.socket.parent().unwrap()), 0o700);
    daemon.stop();
    assert!(!daemon.socket.exists());
}

#[test]
fn a_folder_that_is_there_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    bind(&folder.path().join("famed.sock")).unwrap();
    assert_eq!(mode(folder.path()), 0o755);
}

#[test]
fn the_socket_of_a_daemon_that_died_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("famed.sock");
    // Dropping a listener of the standard library leaves the file, as a crash does.
    drop(UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    bind(&socket).unwrap();
    assert!(!socket.exists());
}

#[test]
fn a_living_daemon_is_respected() {
    let daemon = Daemon::start();
    match bind(&daemon.socket).unwrap_err() {
        IpcError::AlreadyRunning { socket, pid } => {
            assert_eq!(socket, daemon.socket);
            assert_eq!(pid, i32::try_from(std::process::id()).ok());
        }
        other => panic!("{other}"),
    }
    daemon.client();
}

#[test]
fn a_living_stranger_is_respected_too() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("famed.sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    assert!(matches!(
        bind(&socket),
        Err(IpcError::AlreadyRunning { .. })
    ));
    assert!(socket.exists());
}

#[test]
fn of_many_that_start_at_once_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("run/famed.sock");
    let runtime = runtime();
    let servers: Vec<_> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let _inside = runtime.enter();
                    Server::bind(&socket)
                })
            })
            .collect();
        starting
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    assert_eq!(servers.iter().filter(|server| server.is_ok()).count(), 1);
}

#[test]
fn a_file_that_is_no_socket_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("famed.sock");
    fs::write(&path, "precious").unwrap();
    assert!(matches!(bind(&path), Err(IpcError::NotASocket { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_path_too_long_for_the_system_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let error = bind(&folder.path().join("x".repeat(120))).unwrap_err();
    assert!(error.to_string().starts_with("cannot listen on"), "{error}");
    assert!(error.hint().contains("107 bytes"));
}

/// Where somebody else could put a socket of theirs in its place, there is none of ours.
#[test]
fn a_folder_that_others_may_write_to_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    let mode = |mode| fs::set_permissions(&open, fs::Permissions::from_mode(mode)).unwrap();
    for others in [0o777, 0o722, 0o770] {
        mode(others);
        let error = bind(&open.join("famed.sock")).unwrap_err();
        assert!(
            matches!(error, IpcError::Folder { .. }),
            "{others:o}: {error}"
        );
        assert!(error.hint().contains("chmod 700"));
    }
    for fine in [0o700, 0o755, 0o1777] {
        mode(fine);
        assert!(bind(&open.join("famed.sock")).is_ok(), "{fine:o}");
    }
}
