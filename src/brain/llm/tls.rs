//! Encryption for servers on other machines.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto};
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::LlmError;

/// The TLS to use. Certificates are checked as the system does it, so that a company's or a home
/// network's own authority counts. Nothing is loaded where no address is encrypted: a machine
/// without certificates can still talk to itself.
pub(super) fn config(is_encrypted: bool) -> Result<ClientConfig, LlmError> {
    let failed = |error: rustls::Error| LlmError::Tls {
        reason: error.to_string(),
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let builder = if is_encrypted {
        builder.with_platform_verifier().map_err(failed)?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}
