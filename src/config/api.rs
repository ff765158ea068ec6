//! `[api]`: the REST API, for programs on this machine, and beyond it for those who say so.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[api]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Api {
    /// Whether it is there.
    pub enabled: bool,
    /// The address to listen on, by number. Anything but this machine itself needs TLS and a key.
    pub address: String,
    /// The port (0: any that is free, which `fame status` tells).
    pub port: u16,
    /// The certificate for TLS with its chain, a PEM file.
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's private key, a PEM file.
    pub tls_key: Option<PathBuf>,
    /// Names under which it is reached, besides the address itself, such as `fame.example:8443`.
    pub hosts: Vec<String>,
    /// Pages of other origins that may use it, such as `https://home.example`. None: none.
    pub origins: Vec<String>,
    /// Requests a second that one key may make on average (1 to 100,000).
    pub requests_per_second: u32,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            enabled: true,
            address: "127.0.0.1".into(),
            port: 8_000,
            tls_certificate: None,
            tls_key: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            requests_per_second: 200,
        }
    }
}
