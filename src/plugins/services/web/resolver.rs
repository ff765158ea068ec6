//! Looks names up, and takes no answer that leads inside.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use super::address::{is_localhost, is_public};

/// The system's own resolver, its answers checked.
pub(super) struct CheckedResolver;

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = name.as_str();
            let addresses = if is_localhost(name) {
                this_machine()
            } else {
                // The port is that of the address asked for; 0 stands for it.
                let found: Vec<SocketAddr> = lookup_host((name, 0)).await?.collect();
                check(name, found)?
            };
            let addresses: Addrs = Box::new(addresses.into_iter());
            Ok(addresses)
        })
    }
}

fn this_machine() -> Vec<SocketAddr> {
    vec![
        (Ipv4Addr::LOCALHOST, 0).into(),
        (Ipv6Addr::LOCALHOST, 0).into(),
    ]
}

/// All of `found`, if all are public: a name that leads inside as well is not to be trusted.
fn check(name: &str, found: Vec<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let inside = found.iter().find(|address| !is_public(address.ip()));
    match inside {
        None => Ok(found),
        Some(address) => Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "`{name}` leads to {}, which is no public address; only public services may be asked",
                address.ip()
            ),
        )),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn sockets(addresses: &[&str]) -> Vec<SocketAddr> {
        let socket = |address: &&str| SocketAddr::new(address.parse().unwrap(), 0);
        addresses.iter().map(socket).collect()
    }

    #[test]
    fn a_name_that_leads_inside_is_refused_whole() {
        let public = sockets(&["1.1.1.1", "2606:4700::1111"]);
        assert_eq!(check("good.example", public.clone()).unwrap(), public);
        for inside in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1"] {
            let error = check("bad.example", sockets(&["1.1.1.1", inside])).unwrap_err();
            assert!(error.to_string().contains(inside), "{error}");
        }
    }

    #[tokio::test]
    async fn localhost_is_this_machine_without_a_look_up() {
        let name: Name = "a.localhost".parse().unwrap();
        let found: Vec<SocketAddr> = CheckedResolver.resolve(name).await.unwrap().collect();
        assert_eq!(found, sockets(&["127.0.0.1", "::1"]));
    }
}
