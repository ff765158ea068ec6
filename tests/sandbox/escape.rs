//! Programs that want out. (7 to 15)

use super::support::{expect_nothing, on_each_tier, run};

/// `call(what, number, …)` makes a system call and tells if it is allowed.
const SYSCALL: &str = "import ctypes, os\n\
    libc = ctypes.CDLL(None, use_errno=True)\n\
    def call(what, number, *arguments):\n\
    \x20   if libc.syscall(number, *arguments) != -1: print(what)\n";

#[tokio::test(flavor = "multi_thread")]
async fn there_is_nobody_to_talk_to() {
    // Something of this machine that could be reached.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    use std::os::linux::net::SocketAddrExt;
    let name = format!("fame-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let _abstract = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
    on_each_tier(async |sandbox| {
        let code = format!(
            "import socket\n\
             kinds = [(f, k) for f in (2, 10, 16, 17, 40) for k in (1, 2, 3)]\n\
             for family, kind in kinds:\n\
             \x20   try: socket.socket(family, kind); print('a socket', family, kind)\n\
             \x20   except OSError: pass\n\
             for host in ('127.0.0.1', '169.254.169.254', '1.1.1.1', '172.17.0.1'):\n\
             \x20   try: socket.create_connection((host, {port}), 1); print('reached', host)\n\
             \x20   except OSError: pass\n\
             try: socket.getaddrinfo('example.com', 80); print('a name')\n\
             except OSError: pass\n\
             try:\n\
             \x20   socket.socket(socket.AF_UNIX).connect('\\0{name}'); print('abstract')\n\
             except OSError: pass\n\
             for path in ('/run/docker.sock', '/var/run/docker.sock', '/run/dbus/system_bus_socket'):\n\
             \x20   try: socket.socket(socket.AF_UNIX).connect(path); print(path)\n\
             \x20   except OSError: pass\n"
        );
        expect_nothing(sandbox, &code).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kernel_does_only_what_programs_need() {
    on_each_tier(async |sandbox| {
        // Numbers of x86-64.
        let code = format!(
            "{SYSCALL}\
             call('ptrace', 101, 16, 1, 0, 0)\n\
             call('process_vm_readv', 310, 1, 0, 0, 0, 0, 0)\n\
             call('unshare', 272, 0x10000000)\n\
             call('clone', 56, 0x10000000 | 17, 0, 0, 0, 0)\n\
             call('setns', 308, 0, 0)\n\
             call('mount', 165, b'none', b'/tmp', b'tmpfs', 0, 0)\n\
             call('umount', 166, b'/tmp', 2)\n\
             call('pivot_root', 155, b'/tmp', b'/tmp')\n\
             call('chroot', 161, b'/tmp')\n\
             call('keyctl', 250, 0, -3, 0)\n\
             call('add_key', 248, b'user', b'x', b'y', 1, -3)\n\
             call('bpf', 321, 0, 0, 0)\n\
             call('perf_event_open', 298, 0, 0, -1, -1, 0)\n\
             call('userfaultfd', 323, 0)\n\
             call('io_uring_setup', 425, 1, ctypes.create_string_buffer(120))\n\
             call('kexec_load', 246, 0, 0, 0, 0)\n\
             call('swapon', 167, b'/tmp/x', 0)\n\
             call('reboot', 169, 0xfee1dead, 672274793, 0, 0)\n\
             call('init_module', 175, 0, 0, b'')\n\
             call('sethostname', 170, b'x', 1)\n\
             call('settimeofday', 164, 0, 0)\n\
             call('clock_settime', 227, 0, 0)\n\
             call('mknod', 133, b'/tmp/null', 0o20666, 0x103)\n\
             call('open_by_handle_at', 304, 0, 0, 0)\n\
             call('personality', 135, 0x0040000)\n\
             call('quotactl', 179, 0, 0, 0, 0)\n\
             call('syslog', 103, 2, ctypes.create_string_buffer(10), 10)\n\
             call('setuid', 105, 0)\n\
             call('capset', 126, 0, 0)\n\
             call('move_mount', 429, -100, b'/tmp', -100, b'/tmp', 0)\n\
             call('memfd_secret', 447, 0)\n\
             if libc.syscall(435, 0, 0) != -1 or ctypes.get_errno() != 38: print('clone3')\n"
        );
        expect_nothing(sandbox, &code).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_ways_to_call_the_kernel_end_the_program() {
    on_each_tier(async |sandbox| {
        let x32 = format!("{SYSCALL}libc.syscall(0x40000000 | 39)\nprint('x32')");
        // mov eax, 20; int 0x80; ret
        let i386 = "import ctypes, mmap\n\
            page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)\n\
            page.write(bytes.fromhex('b814000000cd80c3'))\n\
            start = ctypes.addressof(ctypes.c_char.from_buffer(page))\n\
            ctypes.CFUNCTYPE(ctypes.c_int)(start)()\n\
            print('i386')";
        for (code, signals) in [(x32.as_str(), [31, 31]), (i386, [31, 11])] {
            let report = run(sandbox, code, 10.0).await;
            // SIGSYS; or SIGSEGV, where the kernel knows no 32-bit calls at all.
            assert!(
                report
                    .signal
                    .is_some_and(|signal| signals.contains(&signal)),
                "{code}: {report:?}"
            );
            assert_eq!(report.stdout, "");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_the_host_is_not_there() {
    let secret = tempfile::tempdir().unwrap();
    let secret = secret.path().join("secret");
    std::fs::write(&secret, "the host's").unwrap();
    on_each_tier(async |sandbox| {
        let code = format!(
            "import os\n\
             def reads(path):\n\
             \x20   try:\n\
             \x20       with open(path, 'rb') as f: return bool(f.read(1))\n\
             \x20   except OSError: return False\n\
             def writes(path):\n\
             \x20   try:\n\
             \x20       with open(path, 'wb', buffering=0) as f: f.write(b'0')\n\
             \x20       return True\n\
             \x20   except OSError: return False\n\
             for path in ('{}', '/etc/shadow', '/proc/kcore', '/proc/kmsg', '/dev/mem', '/dev/kmsg',\n\
             \x20            '/dev/kvm', os.path.expanduser('~root') + '/.bashrc',\n\
             \x20            '/proc/1/mem', '/dev/sda', '/dev/vda'):\n\
             \x20   if reads(path): print('read', path)\n\
             for path in ('/proc/sysrq-trigger', '/proc/sys/kernel/core_pattern',\n\
             \x20            '/proc/sys/kernel/modprobe', '/proc/self/exe', '/sys/kernel/uevent_helper',\n\
             \x20            '/proc/self/attr/exec', '/dev/console',\n\
             \x20            '/usr/bin/python3', '/etc/passwd', '/bin/sh'):\n\
             \x20   if writes(path): print('wrote', path)\n\
             for folder in ('/sys/firmware', '/home', '/root', '/boot', '/mnt'):\n\
             \x20   try:\n\
             \x20       if os.listdir(folder): print('listed', folder)\n\
             \x20   except OSError: pass\n",
            secret.display()
        );
        expect_nothing(sandbox, &code).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_into_proc_lead_nowhere() {
    on_each_tier(async |sandbox| {
        let code = "import os\n\
            for target in ('/proc/1/root', '/proc/1/cwd', '/proc/self/root/../..', '/proc/1/fd/0'):\n\
            \x20   link = '/sandbox/out/' + target.replace('/', '_')\n\
            \x20   os.symlink(target, link)\n\
            \x20   for below in ('', '/root', '/home', '/etc/shadow'):\n\
            \x20       try:\n\
            \x20           names = os.listdir(link + below)\n\
            \x20           if 'work' in names or 'vmlinuz' in names: print(target, below)\n\
            \x20       except OSError: pass\n\
            for name in ('/dev/null', '/dev/console', '/dev/zero'):\n\
            \x20   try: os.remove(name); os.symlink('/proc/sys/kernel/core_pattern', name); print(name)\n\
            \x20   except OSError: pass\n";
        expect_nothing(sandbox, code).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_gives_rights_back() {
    on_each_tier(async |sandbox| {
        let code = "import os, subprocess\n\
            if os.getuid() != 65534 or os.getgid() != 65534: print(os.getuid(), os.getgid())\n\
            status = dict(line.split(':', 1) for line in open('/proc/self/status'))\n\
            for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):\n\
            \x20   if int(status[name], 16): print(name, status[name])\n\
            if int(status['NoNewPrivs']) != 1: print('privileges')\n\
            if int(status['Seccomp']) != 2: print('no filter')\n\
            for command in (['su', '-c', 'id'], ['sudo', '-n', 'id'], ['mount', '-t', 'tmpfs', 'x', '/tmp'],\n\
            \x20               ['unshare', '-Ur', 'id'], ['newgrp', 'root'], ['passwd', '-d', 'root']):\n\
            \x20   try:\n\
            \x20       done = subprocess.run(command, capture_output=True, timeout=5, stdin=subprocess.DEVNULL)\n\
            \x20       if done.returncode == 0: print(command)\n\
            \x20   except (OSError, subprocess.TimeoutExpired): pass\n\
            for folder in ('/tmp', '/sandbox/out'):\n\
            \x20   path = folder + '/tool'\n\
            \x20   with open(path, 'w') as f: f.write('#!/bin/sh\\necho ran')\n\
            \x20   os.chmod(path, 0o4755)\n\
            \x20   try: subprocess.run([path]); print('ran', path)\n\
            \x20   except OSError: pass\n";
        expect_nothing(sandbox, code).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_fames_is_handed_in() {
    // Not closed at exec, as a library of C may leave one.
    let file = tempfile::tempfile().unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    on_each_tier(async |sandbox| {
        let code = "import fcntl, os, termios\n\
            opened = [fd for fd in range(3, 1024) if os.path.exists(f'/proc/self/fd/{fd}')]\n\
            import errno\n\
            for fd in range(3, 1024):\n\
            \x20   try: os.fstat(fd); print('open', fd)\n\
            \x20   except OSError: pass\n\
            known = {'PATH', 'HOME', 'TMPDIR', 'LANG', 'PYTHONDONTWRITEBYTECODE', 'PYTHONUNBUFFERED',\n\
            \x20        'HOSTNAME', 'PWD', 'OLDPWD', 'LC_CTYPE', 'SHLVL', '_'}\n\
            for name in os.environ:\n\
            \x20   if name not in known: print('variable', name)\n\
            for fd in (0, 1, 2):\n\
            \x20   try: fcntl.ioctl(fd, termios.TIOCSTI, b'x'); print('typed')\n\
            \x20   except OSError: pass\n\
            try: os.open('/dev/tty', os.O_RDWR); print('a terminal')\n\
            except OSError: pass\n";
        expect_nothing(sandbox, code).await;
    })
    .await;
    drop(file);
}
