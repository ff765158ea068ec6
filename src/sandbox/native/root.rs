//! The file system inside: empty, but for what programs and interpreters are made of, read-only, and
//! two small places to write on, which vanish with the namespace.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive,
    mount_change, unmount,
};
use rustix::process::{chdir, pivot_root};

use super::order::{NoWall, step};
use crate::limits::{SCRATCH_BYTES, SCRATCH_INODES};

/// Where the new root is built. Any folder would do; it is covered, not changed.
const BASE: &str = "/tmp";

/// Where programs, interpreters and libraries are. Links (as on merged systems) are made again.
const SYSTEM: [&str; 7] = [
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
];

/// What programs need of `/etc`: where libraries are, and what links like `awk` mean.
const SETTINGS: [&str; 2] = ["/etc/ld.so.cache", "/etc/alternatives"];

/// The devices that are no hardware.
const DEVICES: [&str; 5] = ["null", "zero", "full", "random", "urandom"];

/// Builds it and makes it the root.
pub(super) fn build(executes_scratch: bool) -> Result<(), NoWall> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    step("parting from the host's mounts", mount_change("/", private))?;
    let small = MountFlags::NOSUID | MountFlags::NODEV;
    tmpfs(BASE, small, "mode=755,size=1m,nr_inodes=256")?;
    for path in SYSTEM.iter().chain(&SETTINGS) {
        step("showing the system", show(Path::new(path)))?;
    }
    step("making `/etc/passwd`", accounts())?;
    step("making `/dev`", devices())?;
    let scratch_flags = small
        | match executes_scratch {
            true => MountFlags::empty(),
            false => MountFlags::NOEXEC,
        };
    let options = format!("mode=700,size={SCRATCH_BYTES},nr_inodes={SCRATCH_INODES}");
    for (place, flags) in [
        ("/sandbox", scratch_flags),
        ("/tmp", small | MountFlags::NOEXEC),
    ] {
        let place = inside(place);
        step("making room to write", fs::create_dir(&place))?;
        tmpfs(&place, flags, &options)?;
    }
    let proc = inside("/proc");
    step("making `/proc`", fs::create_dir(&proc))?;
    let flags = small | MountFlags::NOEXEC;
    // Of processes only, and only of those that could be traced: not of this one.
    let options = c"subset=pid,hidepid=invisible";
    step(
        "making `/proc`",
        mount("proc", &proc, "proc", flags, Some(options)),
    )?;

    step("entering the new root", chdir(BASE))?;
    // Both at once: the old root comes to lie on the new one, and is taken off (pivot_root(2)).
    step("entering the new root", pivot_root(".", "."))?;
    step("leaving the old root", unmount(".", UnmountFlags::DETACH))?;
    step("entering the new root", chdir("/"))?;
    step("closing the new root", read_only("/", false))
}

fn inside(path: &str) -> String {
    format!("{BASE}{path}")
}

fn tmpfs(place: &str, flags: MountFlags, options: &str) -> Result<(), NoWall> {
    let options = step("making room", CString::new(options))?;
    step(
        "making room",
        mount("tmpfs", place, "tmpfs", flags, Some(options.as_c_str())),
    )
}

/// Shows a folder or a file of the host at the same place inside, read-only; what is not there is
/// not there.
fn show(path: &Path) -> io::Result<()> {
    let Ok(kind) = fs::symlink_metadata(path).map(|meta| meta.file_type()) else {
        return Ok(());
    };
    let place = inside(&path.to_string_lossy());
    if let Some(parent) = Path::new(&place).parent() {
        fs::create_dir_all(parent)?;
    }
    if kind.is_symlink() {
        return symlink(fs::read_link(path)?, place);
    }
    if kind.is_dir() {
        fs::create_dir(&place)?;
        // What is mounted in it has to come along: the kernel shows nothing that a mount hides.
        mount_bind_recursive(path, &place)?;
    } else {
        fs::write(&place, "")?;
        mount_bind(path, &place)?;
    }
    read_only(&place, true)
}

/// Makes a mount read-only and deaf to set-user bits and devices, with all that is mounted in it if
/// `devices_too`.
fn read_only(place: &str, recursive: bool) -> io::Result<()> {
    let place = CString::new(place)?;
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let flags = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path ends with a zero and the structure has the size that is told; both outlive
    // the call, which only reads them.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            place.as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The only user and group.
fn accounts() -> io::Result<()> {
    fs::create_dir_all(inside("/etc"))?;
    fs::write(
        inside("/etc/passwd"),
        "nobody:x:65534:65534:nobody:/sandbox/out:/bin/sh\n",
    )?;
    fs::write(inside("/etc/group"), "nogroup:x:65534:\n")
}

fn devices() -> io::Result<()> {
    fs::create_dir(inside("/dev"))?;
    for device in DEVICES {
        let place = inside(&format!("/dev/{device}"));
        fs::write(&place, "")?;
        mount_bind(format!("/dev/{device}"), &place)?;
    }
    for (name, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
        // POSIX semaphores and shared memory, within the same bounds.
        ("shm", "/tmp"),
    ] {
        symlink(target, inside(&format!("/dev/{name}")))?;
    }
    Ok(())
}
