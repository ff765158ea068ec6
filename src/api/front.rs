//! What every request goes through, from its head to its answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, Request, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use tokio_util::task::TaskTracker;
use tower_service::Service;

use crate::act::Act;
use crate::api::Api;
use crate::body;
use crate::guard::content;
use crate::guard::host::Hosts;
use crate::guard::key::{self, WrongKeyWatch};
use crate::guard::origin::{From, Origins};
use crate::guard::rate::{Clock, Rates};
use crate::house::{Caller, Observed, RequestId};
use crate::idempotency::{self, Remembered, Seen, Ticket};
use crate::problem::{Code, Problem};
use crate::settings::MAX_BODY;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is counted for addresses that there are not.
const OTHER: &str = "other";

/// Answers requests.
pub(crate) struct Front {
    api: Arc<Api>,
    router: Router,
    /// The routes as they are written in the document, by address.
    routes: matchit::Router<Arc<str>>,
    hosts: Hosts,
    origins: Origins,
    rates: Rates,
    wrong_keys: WrongKeyWatch,
    remembered: Arc<Remembered>,
    /// What changes something and may outlive its client.
    work: TaskTracker,
    last_request: AtomicU64,
}

impl Front {
    /// `paths` are those of the document.
    pub(crate) fn new<'a>(
        api: Arc<Api>,
        router: Router,
        hosts: Hosts,
        paths: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut routes = matchit::Router::new();
        for path in paths {
            // A path that clashes with another was refused by the router already.
            let _ = routes.insert(path, Arc::from(path));
        }
        for path in ["/dashboard", "/dashboard/{*file}"] {
            let _ = routes.insert(path, Arc::from(path));
        }
        let settings = &api.settings;
        let clock = Clock::start();
        let mut random = [0; 8];
        // Only so that two starts do not give the same names; it works without.
        let _ = getrandom::fill(&mut random);
        Self {
            origins: Origins::new(&hosts, settings.tls.is_some(), &settings.origins),
            rates: Rates::new(settings.rate, clock),
            wrong_keys: WrongKeyWatch::new(settings.wrong_keys, clock),
            remembered: Arc::default(),
            work: TaskTracker::new(),
            last_request: AtomicU64::new(u64::from_le_bytes(random)),
            api,
            router,
            routes,
            hosts,
        }
    }

    /// Waits until nothing changes anything any more.
    pub(crate) async fn finished(&self) {
        self.work.close();
        self.work.wait().await;
    }

    /// Answers one request. Dropped when the client leaves.
    pub(crate) async fn answer(&self, request: Request<Body>, peer: IpAddr) -> Response {
        let began = Instant::now();
        let id = RequestId(self.last_request.fetch_add(1, Ordering::Relaxed));
        let (parts, body) = request.into_parts();
        let method = parts.method.clone();
        let route = match self.routes.at(parts.uri.path()) {
            Ok(found) => found.value.clone(),
            Err(_) => Arc::from(OTHER),
        };
        let page = route.starts_with("/dashboard");
        let (response, from) = match self.let_in(&parts) {
            Ok(from) => {
                let response = match from.preflight(&parts) {
                    Some(preflight) => preflight,
                    None => self
                        .serve(parts, body, &route, id, peer)
                        .await
                        .unwrap_or_else(IntoResponse::into_response),
                };
                (response, from)
            }
            Err(problem) => (problem.into_response(), From::Here),
        };
        let mut response = plain_problem(response);
        dress(&mut response, id, page);
        from.mark(&mut response);
        self.api.house.observed(Observed {
            method: &method,
            route: &route,
            status: response.status().as_u16(),
            took: began.elapsed(),
        });
        response
    }

    /// What a stranger may try.
    fn let_in(&self, parts: &Parts) -> Result<From, Problem> {
        self.hosts.check(parts)?;
        self.origins.check(parts)
    }

    async fn serve(
        &self,
        mut parts: Parts,
        body: Body,
        route: &str,
        id: RequestId,
        peer: IpAddr,
    ) -> Result<Response, Problem> {
        if is_public(route) {
            content::check(&parts, route)?;
            return Ok(self.route(Request::from_parts(parts, body)).await);
        }
        let key = key::authenticate(&parts, &self.api.keys)
            .map_err(|problem| self.wrong_keys.answer(problem, peer, &*self.api.house))?;
        self.rates.check(&key, &parts.method)?;
        content::check(&parts, route)?;
        let caller = Caller { key, request: id };
        parts.extensions.insert(caller.clone());
        let changes = matches!(parts.method, Method::POST | Method::PATCH);
        if !changes {
            let answer = self.route(Request::from_parts(parts, body));
            return tokio::time::timeout(self.api.settings.waits.answer, answer)
                .await
                .map_err(|_| too_slow());
        }
        let named = match route == content::RECORDINGS {
            true => None,
            false => idempotency::key(&parts)?.map(str::to_owned),
        };
        let Some(name) = named else {
            return self.work_on(parts, body, None).await;
        };
        let wait = self.api.settings.waits.body;
        let bytes = body::read(body, MAX_BODY, wait, || content::too_large(route)).await?;
        let fingerprint = idempotency::fingerprint(&parts, &bytes);
        match self.remembered.see(&caller.key, &name, fingerprint)? {
            Seen::Answered(response) => Ok(*response),
            Seen::New(ticket) => self.work_on(parts, Body::from(bytes), Some(ticket)).await,
        }
    }

    /// Works on a request that changes something, in a task of its own: when the client leaves, it
    /// is dropped if it has not begun to act, and runs to its end if it has.
    async fn work_on(
        &self,
        mut parts: Parts,
        body: Body,
        ticket: Option<Ticket>,
    ) -> Result<Response, Problem> {
        let act = Act::default();
        parts.extensions.insert(act.clone());
        let mut router = self.router.clone();
        let begun = act.clone();
        let task = self.work.spawn(async move {
            let request = Request::from_parts(parts, body);
            let response = router.call(request).await.into_response();
            match ticket {
                None => response,
                Some(ticket) => remember(response, ticket, &begun).await,
            }
        });
        let _leaving = Leaving {
            act,
            task: task.abort_handle(),
        };
        match tokio::time::timeout(self.api.settings.waits.answer, task).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(failure)) => Err(Problem::internal(&format!("a request: {failure}"))),
            Err(_) => Err(too_slow()),
        }
    }

    async fn route(&self, request: Request<Body>) -> Response {
        // The router's own error cannot happen.
        self.router.clone().call(request).await.into_response()
    }
}

/// Whether the route needs no key: what says that the server is there, and the dashboard's files.
fn is_public(route: &str) -> bool {
    route == "/health" || route.starts_with("/dashboard")
}

/// Drops the work of a client that leaves, unless it has begun to act.
struct Leaving {
    act: Act,
    task: tokio::task::AbortHandle,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if self.act.leave() {
            self.task.abort();
        }
    }
}

fn too_slow() -> Problem {
    Problem::new(Code::Timeout, "This takes too long.")
        .hint("What has begun goes on: look before you try again.")
}

/// Keeps the answer for those who ask again: if something was done, or nothing went wrong.
async fn remember(response: Response, ticket: Ticket, act: &Act) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return Problem::internal("an answer cannot be read").into_response();
    };
    let body = body.to_bytes();
    if act.has_begun() || parts.status.is_success() {
        let kind = parts.headers.get(header::CONTENT_TYPE).cloned();
        ticket.answer(parts.status, kind, &body);
    }
    Response::from_parts(parts, Body::from(body))
}

/// The router's own errors, in our words.
fn plain_problem(response: Response) -> Response {
    let code = match response.status().as_u16() {
        404 => Code::NotFound,
        405 => Code::Method,
        _ => return response,
    };
    if response.headers().contains_key(header::CONTENT_TYPE) {
        return response;
    }
    let detail = match code {
        Code::Method => "This address does not know that method.",
        _ => "There is nothing at this address.",
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut response = Problem::new(code, detail).into_response();
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// What a browser has to know about every answer.
fn dress(response: &mut Response, id: RequestId, page: bool) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        headers.insert(X_REQUEST_ID, id);
    }
    let policy = match page {
        true => {
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        }
        false => "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    };
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
