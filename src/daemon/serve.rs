//! Starts the REST API as the settings say.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::house::DaemonHouse;
use super::record;
use crate::api::{self, Rate, ServeError, Server, TlsFiles};
use crate::auth::{FileError, Keys};
use crate::config::Api;
use crate::ipc::protocol;

/// So many seconds' requests may come at once.
const BURST_SECONDS: u32 = 5;

/// Connections that there may be. Each takes some kilobytes while it rests.
const CONNECTIONS: usize = 16_384;

/// Descriptors that are not for connections: files, sockets, pipes of plugins.
const OTHER_DESCRIPTORS: u64 = 256;

/// Why there is no REST API.
#[derive(Debug, thiserror::Error)]
enum NoApi {
    #[error("`api.address` is no IP address: {0}; write \"127.0.0.1\"")]
    Address(std::net::AddrParseError),
    #[error(transparent)]
    Keys(#[from] FileError),
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Listens until `stop`. What keeps it from doing so is logged and told in the status; the rest of
/// FAME goes on.
pub(super) async fn start(
    settings: &Api,
    keys: &Path,
    house: DaemonHouse,
    stop: watch::Receiver<bool>,
) -> Option<JoinHandle<()>> {
    if !settings.enabled {
        return None;
    }
    let daemon = house.daemon.clone();
    let log = daemon.audit.clone();
    let told = |told: protocol::Api| {
        // Told once: this is the only place.
        let _ = daemon.api.set(told);
    };
    match bind(settings, keys, house).await {
        Ok((server, keys)) => {
            if let Some(log) = log {
                tokio::spawn(record::follow_keys(log, keys, stop.clone()));
            }
            let scheme = if settings.tls_certificate.is_some() {
                "https"
            } else {
                "http"
            };
            let address = format!("{scheme}://{}", server.address());
            tracing::info!(address, "the REST API listens");
            told(protocol::Api {
                address: Some(address),
                reason: None,
            });
            let mut stop = stop;
            Some(tokio::spawn(server.run(async move {
                // A sender that is gone means the end as well.
                let _ = stop.wait_for(|stop| *stop).await;
            })))
        }
        Err(error) => {
            tracing::error!(%error, "there is no REST API");
            told(protocol::Api {
                address: None,
                reason: Some(error.to_string()),
            });
            None
        }
    }
}

async fn bind(
    settings: &Api,
    keys: &Path,
    house: DaemonHouse,
) -> Result<(Server, Arc<Keys>), NoApi> {
    let address: IpAddr = settings.address.parse().map_err(NoApi::Address)?;
    let files = settings
        .tls_certificate
        .clone()
        .zip(settings.tls_key.clone());
    let rate = settings.requests_per_second;
    let usual = api::Settings::default();
    let settings = api::Settings {
        address: SocketAddr::new(address, settings.port),
        hosts: settings.hosts.clone(),
        origins: settings.origins.clone(),
        tls: files.map(|(certificate, key)| TlsFiles { certificate, key }),
        rate: Rate {
            burst: rate.saturating_mul(BURST_SECONDS),
            per_second: f64::from(rate),
        },
        room: api::Room {
            connections: connections(),
            ..usual.room
        },
        ..usual
    };
    let keys = Arc::new(Keys::open(keys)?);
    let server = Server::bind(settings, Arc::new(house), keys.clone(), api::DASHBOARD).await?;
    Ok((server, keys))
}

/// As many as the system lets us have, within bounds.
#[cfg(unix)]
fn connections() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "no more descriptors than usual");
    }
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = descriptors.saturating_sub(OTHER_DESCRIPTORS);
    usize::try_from(room)
        .unwrap_or(usize::MAX)
        .clamp(64, CONNECTIONS)
}

#[cfg(not(unix))]
fn connections() -> usize {
    CONNECTIONS
}
