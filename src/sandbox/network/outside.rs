//! Where a name leads, and which addresses may be connected to: public ones only.
//!
//! What a name resolves to is checked, and that very address is connected to, so that a name cannot
//! mean one thing to the check and another to the connection.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;

/// What `resolve` gives.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// The network outside, as the proxy sees it.
pub trait Outside: Send + Sync + 'static {
    /// The addresses of a host.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a>;

    /// Whether a connection to `peer` may be made, and, once it is known from which address
    /// (`own`), used.
    fn may_connect(&self, peer: IpAddr, own: Option<IpAddr>) -> bool;
}

/// The real one: the system's resolver, and public addresses that are not this machine's own.
#[derive(Debug)]
pub(crate) struct Internet;

impl Outside for Internet {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }

    fn may_connect(&self, peer: IpAddr, own: Option<IpAddr>) -> bool {
        // A machine reaches its own public address from that same address.
        is_public(peer) && own != Some(peer)
    }
}

/// Blocks of IPv4 that are no one's public host (IANA's special-purpose registry), and one that a
/// cloud's own services use though it looks public.
const CLOSED_V4: [(Ipv4Addr, u32); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local: among them 169.254.169.254, where clouds keep a machine's keys.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// The only block of IPv6 from which public addresses are given out.
const OPEN_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Blocks within it that are not public, or that carry another address in them (Teredo, 6to4).
const CLOSED_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address is a public host's. One of IPv4 within IPv6 is not, whatever it carries.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !CLOSED_V4
            .iter()
            .any(|(block, bits)| same(address.to_bits().into(), block.to_bits().into(), 32 - bits)),
        IpAddr::V6(address) => {
            let within = |(block, bits): &(Ipv6Addr, u32)| {
                same(address.to_bits(), block.to_bits(), 128 - bits)
            };
            within(&OPEN_V6) && !CLOSED_V6.iter().any(within)
        }
    }
}

/// Whether two addresses are the same but for so many bits at their end.
fn same(one: u128, other: u128, free_bits: u32) -> bool {
    one >> free_bits == other >> free_bits
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for (address, public) in [
            ("1.1.1.1", true),
            ("151.101.0.223", true),
            ("2a04:4e42::223", true),
            ("2606:4700:4700::1111", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.100.100.200", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("168.63.129.16", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("198.19.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:1.1.1.1", false),
            ("64:ff9b::7f00:1", false),
            ("2002:7f00:1::", false),
            ("2001:0:1::1", false),
            ("2001:db8::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[test]
    fn a_machines_own_public_address_is_closed_once_it_is_known() {
        let own: IpAddr = "1.2.3.4".parse().unwrap();
        assert!(Internet.may_connect(own, None));
        assert!(!Internet.may_connect(own, Some(own)));
        assert!(Internet.may_connect(own, Some("10.0.0.1".parse().unwrap())));
    }

    #[tokio::test]
    async fn the_systems_resolver_is_asked() {
        let found = Internet.resolve("localhost", 80).await.unwrap();
        assert!(found.iter().all(|at| !Internet.may_connect(at.ip(), None)));
        assert!(!found.is_empty());
    }
}
