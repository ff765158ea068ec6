//! Asks web services for plugins.
//!
//! A plugin reaches the hosts of its manifest and nothing else: not another host by a redirect,
//! not this machine or its neighbours by a name that somebody points there (DNS rebinding). The
//! addresses of a name are checked where the connection is made, so that there is no second
//! look-up that could say something else.

mod address;
mod request;
mod resolver;

use std::error::Error as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};
use fame_plugin::{Fetch, Fetched, HostError, Method};
use reqwest::{Client, RequestBuilder, Response, Url, redirect};
use rustls::{ClientConfig, RootCertStore, crypto};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use request::Access;
use request::{check, headers, too_much};
use resolver::CheckedResolver;

/// The largest answer, in bytes.
pub const FETCH_BYTES: usize = 4 * 1024 * 1024;

/// The most that may be sent, in bytes.
pub const POST_BYTES: usize = 1024 * 1024;

/// How long a connection, and the whole of a request, may take.
const CONNECT: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);

/// How much longer the runtime is waited for, should it be too busy to keep the time.
const GRACE: Duration = Duration::from_secs(5);

/// Redirects that are followed.
const REDIRECTS: usize = 5;

/// Requests at the same time, of all plugins. One more waits, within [`WHOLE`].
const AT_ONCE: usize = 8;

const WHAT: &str = "the network";

/// The client of all plugins.
pub struct Web {
    /// For what is not encrypted. It works on a machine without certificates.
    plain: Client,
    /// For the rest, made when it is first needed, or why it cannot be.
    encrypted: OnceLock<Result<Client, String>>,
    runtime: Handle,
    places: Arc<Semaphore>,
    whole: Duration,
}

impl Web {
    /// A client whose requests run on `runtime`. Nothing is sent yet.
    ///
    /// # Errors
    /// If the client cannot be made, which is a bug.
    pub fn new(runtime: Handle) -> Result<Self, HostError> {
        Self::with_limit(runtime, WHOLE)
    }

    fn with_limit(runtime: Handle, whole: Duration) -> Result<Self, HostError> {
        let failed = |reason| HostError::failed("preparing to ask web services", reason);
        Ok(Self {
            plain: plain().and_then(client).map_err(failed)?,
            encrypted: OnceLock::new(),
            runtime,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            whole,
        })
    }

    /// Sends `request` and waits for the answer, whatever its status is. Blocks; not for a thread
    /// that runs tasks.
    ///
    /// # Errors
    /// If the address is not within `access`, the service cannot be reached in time, or too much
    /// is sent or answered.
    pub fn fetch(&self, access: Access<'_>, request: Fetch) -> Result<Fetched, HostError> {
        let url = check(access, &request.url)?;
        if request.body.len() > POST_BYTES {
            return Err(too_much("what is sent", POST_BYTES));
        }
        let headers = headers(&request)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let client = self.client(&url)?;
        let prepared = match request.method {
            Method::Get => client.get(url),
            Method::Post => client.post(url).body(request.body),
        };
        let exchange = self.exchange(prepared.headers(headers));
        exchange.map_err(|trouble| {
            let failed = |reason| HostError::failed(format!("asking `{host}`"), reason);
            match trouble {
                Trouble::TooLarge => too_much(&format!("the answer of `{host}`"), FETCH_BYTES),
                Trouble::TooSlow => failed(format!(
                    "no answer within {} seconds; try again later",
                    self.whole.as_secs_f32()
                )),
                Trouble::Http(error) => failed(root(&error.without_url())),
                Trouble::Stopping => HostError::unavailable(WHAT, "FAME is stopping"),
            }
        })
    }

    fn client(&self, url: &Url) -> Result<&Client, HostError> {
        if url.scheme() == "http" {
            return Ok(&self.plain);
        }
        let made = self.encrypted.get_or_init(|| encrypted().and_then(client));
        made.as_ref().map_err(|reason| {
            let hint = format!("{reason}; install `ca-certificates` and restart FAME");
            HostError::unavailable("encryption", hint)
        })
    }

    fn exchange(&self, request: RequestBuilder) -> Result<Fetched, Trouble> {
        let (places, whole) = (self.places.clone(), self.whole);
        let (answer, answered) = bounded(1);
        self.runtime.spawn(async move {
            let exchange = async {
                let _place = places.acquire().await;
                read(request.send().await.map_err(Trouble::Http)?).await
            };
            let result = timeout(whole, exchange).await;
            // Nobody listens any more if the plugin's thread is gone.
            let _ = answer.send(result.unwrap_or(Err(Trouble::TooSlow)));
        });
        match answered.recv_timeout(whole + GRACE) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Err(Trouble::TooSlow),
            Err(RecvTimeoutError::Disconnected) => Err(Trouble::Stopping),
        }
    }
}

enum Trouble {
    TooLarge,
    TooSlow,
    Stopping,
    Http(reqwest::Error),
}

type TlsBuilder = rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>;

fn tls() -> Result<TlsBuilder, String> {
    ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())
}

/// No authority is trusted: nothing encrypted can be reached.
fn plain() -> Result<ClientConfig, String> {
    let trusting = tls()?.with_root_certificates(RootCertStore::empty());
    Ok(trusting.with_no_client_auth())
}

/// The authorities that the system trusts.
fn encrypted() -> Result<ClientConfig, String> {
    let trusting = tls()?.with_platform_verifier();
    let trusting = trusting.map_err(|error| error.to_string())?;
    Ok(trusting.with_no_client_auth())
}

fn client(tls: ClientConfig) -> Result<Client, String> {
    let same_place = redirect::Policy::custom(|attempt| {
        let first = attempt.previous().first();
        let same = first.is_some_and(|first| first.origin() == attempt.url().origin());
        if same && attempt.previous().len() <= REDIRECTS {
            attempt.follow()
        } else {
            let to = attempt.url().host_str().unwrap_or_default().to_owned();
            attempt.error(format!(
                "it redirects too often, or to another place, `{to}`"
            ))
        }
    });
    Client::builder()
        .user_agent(concat!("fame/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(same_place)
        .referer(false)
        // A proxy would look the name up by itself.
        .no_proxy()
        .dns_resolver(Arc::new(CheckedResolver))
        .tls_backend_preconfigured(tls)
        .build()
        .map_err(|error| root(&error))
}

/// The answer, as far as it fits.
async fn read(mut response: Response) -> Result<Fetched, Trouble> {
    let announced = response.content_length().unwrap_or(0);
    if announced > FETCH_BYTES as u64 {
        return Err(Trouble::TooLarge);
    }
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Trouble::Http)? {
        if body.len() + chunk.len() > FETCH_BYTES {
            return Err(Trouble::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Fetched { status, body })
}

/// The innermost reason: the outer ones only repeat what was asked.
fn root(error: &reqwest::Error) -> String {
    let mut reason = error.source();
    while let Some(inner) = reason.and_then(|reason| reason.source()) {
        reason = Some(inner);
    }
    reason.map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_does_not_answer_is_given_up() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let web = Web::with_limit(runtime.handle().clone(), Duration::from_millis(50)).unwrap();
        let access = Access {
            allow_network: false,
            hosts: &["127.0.0.1".to_owned()].into(),
        };
        let error = web.fetch(access, Fetch::get(&url)).unwrap_err();
        assert!(
            error.to_string().contains("no answer within 0.05"),
            "{error}"
        );
        drop(runtime);
        let error = web.fetch(access, Fetch::get(&url)).unwrap_err();
        assert!(error.to_string().contains("stopping"), "{error}");
    }
}
