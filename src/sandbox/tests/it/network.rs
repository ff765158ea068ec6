//! A profile with a network, and profiles without. (7, 48)

use std::collections::BTreeMap;

use fame_sandbox::{Contact, Sandbox, Settings, TierChoice};

use super::support::{Names, OPEN, run, start, web_server, with_network};

/// Both tiers; the second has the same network as the first.
const TIERS: [TierChoice; 2] = [TierChoice::A, TierChoice::B];

/// A program with `get(url)`: what comes, or the error's status.
const GET: &str = "import urllib.request, urllib.error\n\
    def get(url):\n\
    \x20   try: return urllib.request.urlopen(url, timeout=10).read().decode()\n\
    \x20   except urllib.error.HTTPError as error: return f'{error.code} {error.read().decode().strip()}'\n\
    \x20   except urllib.error.URLError as error: return f'failed {error.reason}'\n";

/// Has a check made on each tier, with names that lead to a server outside.
async fn on_each_tier(allow: &[&str], check: impl AsyncFn(&Sandbox, TierChoice)) {
    let open = web_server(OPEN).await;
    let inside = web_server("127.0.0.1").await;
    for tier in TIERS {
        let names = [
            ("allowed.test", vec![open]),
            ("a.below.test", vec![open]),
            ("below.test.evil.test", vec![open]),
            ("other.test", vec![open]),
            ("rebound.test", vec![inside]),
        ];
        let names = Names(names.into_iter().collect());
        if let Some(sandbox) = start(with_network(tier, allow), names).await {
            check(&sandbox, tier).await;
            sandbox.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_on_the_list_are_reached_and_others_are_not() {
    let allow = ["allowed.test", "*.below.test", "rebound.test"];
    on_each_tier(&allow, async |sandbox, tier| {
        assert_eq!(sandbox.status().networks, ["python"]);
        let code = format!(
            "{GET}\
            for url in ['http://allowed.test/x', 'http://a.below.test/', 'http://other.test/',\n\
            \x20           'http://below.test.evil.test/', 'http://rebound.test/', 'http://allowed.test:22/',\n\
            \x20           'http://169.254.169.254/', 'http://127.0.0.1:9/', 'https://other.test/']:\n\
            \x20   print(get(url))\n"
        );
        let report = run(sandbox, "python", &code).await;
        let lines: Vec<&str> = report.stdout.lines().collect();
        let expected = [
            "served GET /x HTTP/1.1",
            "served GET / HTTP/1.1",
            "403 `other.test:80` is not on",
            "403 `below.test.evil.test:80` is not on",
            "403 `rebound.test:80` leads to no public address",
            "403 `allowed.test:22` is not on",
            "403 `169.254.169.254:80` is no host's name",
            "403 `127.0.0.1:9` is no host's name",
            "failed Tunnel connection failed: 403",
        ];
        assert_eq!(lines.len(), expected.len(), "{tier:?}: {report:#?}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.starts_with(expected), "{tier:?}: {line}, not {expected}");
        }
        let network = report.network.unwrap();
        assert_eq!(network.contacts.len(), 9, "{network:#?}");
        let find = |host: &str| -> &Contact {
            let mut found = network.contacts.iter().filter(|contact| contact.host == host);
            found.next().unwrap()
        };
        let allowed = find("allowed.test");
        assert!(allowed.allowed && allowed.port == 80 && allowed.problem.is_none());
        assert!(allowed.sent_bytes > 20 && allowed.received_bytes > 20, "{allowed:?}");
        for host in ["other.test", "below.test.evil.test", "rebound.test"] {
            let refused = find(host);
            assert!(!refused.allowed && refused.problem.is_some(), "{refused:?}");
            assert_eq!((refused.sent_bytes, refused.received_bytes), (0, 0));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_carries_bytes_both_ways() {
    on_each_tier(&["allowed.test"], async |sandbox, tier| {
        let code = "import os, socket\n\
            host, port = os.environ['https_proxy'].removeprefix('http://').split(':')\n\
            way = socket.create_connection((host, int(port)), timeout=10)\n\
            way.sendall(b'CONNECT allowed.test:443 HTTP/1.1\\r\\n\\r\\n')\n\
            print(way.recv(100).split(b'\\r')[0].decode())\n\
            way.sendall(b'anything at all\\r\\n')\n\
            way.shutdown(socket.SHUT_WR)\n\
            print(way.makefile('rb').read().split(b'\\r\\n\\r\\n')[1].decode())\n";
        let report = run(sandbox, "python", code).await;
        assert_eq!(
            report.stdout, "HTTP/1.1 200 Connection established\nserved anything at all\n",
            "{tier:?}: {report:#?}"
        );
        let network = report.network.unwrap();
        assert_eq!(network.contacts[0].sent_bytes, 17, "{network:?}");
    })
    .await;
}

/// A program whose every line is something that it should not have been able to do.
const EGRESS: &str = "import socket, os\n\
    def tries(what, make):\n\
    \x20   try: make(); print(what)\n\
    \x20   except OSError: pass\n\
    tries('the host', lambda: socket.create_connection(('127.0.0.1', PORT), 2))\n\
    tries('the open server', lambda: socket.create_connection(('127.0.0.2', PORT), 2))\n\
    tries('the internet', lambda: socket.create_connection(('1.1.1.1', 443), 2))\n\
    tries('metadata', lambda: socket.create_connection(('169.254.169.254', 80), 2))\n\
    tries('UDP', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))\n\
    tries('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))\n\
    tries('SCTP', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132))\n\
    tries('MPTCP', lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262))\n\
    tries('IPv6', lambda: socket.socket(socket.AF_INET6, socket.SOCK_STREAM))\n\
    tries('netlink', lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))\n\
    tries('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))\n\
    tries('vsock', lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))\n\
    tries('a file beside the socket', lambda: open('/run/fame/x', 'w'))\n\
    tries('the socket gone', lambda: os.unlink('/run/fame/proxy'))\n\
    for line in open('/proc/net/dev').readlines()[2:] if os.path.exists('/proc/net/dev') else []:\n\
    \x20   if not line.strip().startswith('lo:'): print(line)\n\
    print('done')\n";

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_other_way_out() {
    let served = web_server(OPEN).await;
    on_each_tier(&["allowed.test"], async |sandbox, tier| {
        let code = EGRESS.replace("PORT", &served.port().to_string());
        let report = run(sandbox, "python", &code).await;
        // The two that Landlock or seccomp do not keep from being made are in an empty namespace.
        assert_eq!(report.stdout, "done\n", "{tier:?}: {report:#?}");
        assert!(report.network.unwrap().contacts.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_without_the_setting_is_as_it_always_was() {
    on_each_tier(&["allowed.test"], async |sandbox, tier| {
        let look = "env | grep -i proxy; ls /run/fame 2>/dev/null; ls -d /run/fame/proxy 2>/dev/null; echo done";
        let report = run(sandbox, "shell", look).await;
        assert_eq!(report.stdout, "done\n", "{tier:?}: {report:#?}");
        assert_eq!(report.network, None);
    })
    .await;
    for tier in TIERS {
        // Listed, but not switched on.
        let mut settings: Settings = with_network(tier, &["allowed.test"]);
        let off: BTreeMap<_, _> = std::mem::take(&mut settings.network)
            .into_iter()
            .map(|(name, mut network)| {
                network.allow_network = false;
                (name, network)
            })
            .collect();
        settings.network = off;
        let Some(sandbox) = start(settings, Names::default()).await else {
            continue;
        };
        let code = "import os, socket\n\
            try: socket.socket(socket.AF_INET, socket.SOCK_STREAM); print('TCP')\n\
            except OSError: pass\n\
            print([name for name in os.environ if 'proxy' in name.lower()])";
        let report = run(&sandbox, "python", code).await;
        assert_eq!(report.stdout, "[]\n", "{tier:?}: {report:#?}");
        assert_eq!(report.network, None);
        sandbox.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_network_is_left() {
    let base = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, Into::into);
    on_each_tier(&["allowed.test"], async |sandbox, tier| {
        // It leaves a connection open, and a process that would keep it.
        let code = "import os, socket, time\n\
            way = socket.create_connection(('127.0.0.1', 3128))\n\
            way.sendall(b'CONNECT allowed.test:443 HTTP/1.1\\r\\n\\r\\n')\n\
            way.recv(100)\n\
            if os.fork() == 0: time.sleep(100)\n";
        let report = run(sandbox, "python", code).await;
        assert!(report.ok, "{tier:?}: {report:#?}");
        assert_eq!(report.network.unwrap().contacts.len(), 1);
        let own = format!("fame-sandbox-{}-", std::process::id());
        let folders = || {
            let all = std::fs::read_dir(&base).unwrap().flatten();
            all.filter(|entry| entry.file_name().to_string_lossy().starts_with(&own))
                .count()
        };
        // Other tests of this process have theirs while they run.
        for _ in 0..600 {
            if folders() == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{tier:?}: {} folders are left", folders());
    })
    .await;
}
