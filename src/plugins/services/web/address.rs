//! Where an address leads: this machine, its neighbours, or the public network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// A loopback address, or `localhost`.
    ThisMachine,
    /// An address that means something else, or nothing, elsewhere.
    Neighbour,
    /// A public address, or a name, whose addresses [`is_public`] tells when they are known.
    Public,
}

/// Where `url` leads by its host.
pub(super) fn reach(url: &Url) -> Reach {
    let host = url.host_str().unwrap_or_default();
    if is_localhost(host) {
        return Reach::ThisMachine;
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => Reach::ThisMachine,
        Ok(address) if !is_public(address) => Reach::Neighbour,
        _ => Reach::Public,
    }
}

/// The names that mean this machine whatever a name server says (RFC 6761, section 6.3).
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether `address` is one of the global network: not of this machine, a local network, or a
/// special purpose (IANA's registries of special-purpose addresses, RFC 6890).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        // 100.64.0.0/10: shared by a provider's customers.
        || (a == 100 && (64..128).contains(&b))
        // 192.0.0.0/24: protocols of the network itself; 192.88.99.0/24: once relays.
        || (a == 192 && ((b == 0 && c == 0) || (b == 88 && c == 99)))
        // 198.18.0.0/15: benchmarks.
        || (a == 198 && (18..20).contains(&b))
        // Multicast, reserved and broadcast.
        || a >= 224)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // 2000::/3 is all that is given out. Addresses with an IPv4 address inside (mapped, NAT64)
    // lie elsewhere, but for 6to4, 2002::/16.
    let given_out = segments[0] & 0xe000 == 0x2000;
    // 2001::/23: protocols of the network itself, tunnels included; 2001:db8::/32 and 3fff::/20:
    // documentation.
    let special = (segments[0] == 0x2001 && (segments[1] < 0x200 || segments[1] == 0xdb8))
        || segments[0] == 0x2002
        || (segments[0] == 0x3fff && segments[1] < 0x1000);
    given_out && !special
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_here_and_nowhere_are_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.5",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::a00:1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn other_spellings_of_an_address_are_the_address() {
        for (url, expected) in [
            ("http://localhost/", Reach::ThisMachine),
            ("http://LOCALHOST./", Reach::ThisMachine),
            ("http://a.localhost/", Reach::ThisMachine),
            ("http://2130706433/", Reach::ThisMachine),
            ("http://0x7f.1/", Reach::ThisMachine),
            ("http://[::1]/", Reach::ThisMachine),
            ("http://[::ffff:127.0.0.1]/", Reach::Neighbour),
            ("http://0/", Reach::Neighbour),
            ("http://192.168.1.1/", Reach::Neighbour),
            ("http://localhost.example.org/", Reach::Public),
            ("http://8.8.8.8/", Reach::Public),
        ] {
            assert_eq!(reach(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
