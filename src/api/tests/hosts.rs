//! Who may knock: names, pages, keys, methods and kinds of body, to the letter.

use crate::support::{settings, start};

/// A request without its last empty line; what is answered; the problem's code.
type Case = (&'static str, u16, &'static str);

const HOST: &str = "Host: 127.0.0.1:{port}\r\n";
const KEY: &str = "Authorization: Bearer {admin}\r\n";

/// Headers of `GET /plugins HTTP/1.1` with a good key.
const HOSTS: &[Case] = &[
    ("Host: 127.0.0.1:{port}", 200, ""),
    ("Host: localhost:{port}", 200, ""),
    ("Host: [::1]:{port}", 200, ""),
    ("Host: fame.home:8000", 200, ""),
    ("Host: evil.com", 403, "host"),
    ("Host: evil.com:{port}", 403, "host"),
    ("Host: 127.0.0.1", 403, "host"),
    ("Host: localhost", 403, "host"),
    ("Host: 127.0.0.1:1", 403, "host"),
    ("Host: 127.0.0.1.evil.com:{port}", 403, "host"),
    ("Host: localhost.evil.com:{port}", 403, "host"),
    ("Host: LOCALHOST:{port}", 403, "host"),
    ("Host: localhost.:{port}", 403, "host"),
    ("Host: localhost:0{port}", 403, "host"),
    ("Host: user@localhost:{port}", 403, "host"),
    ("Host: [::ffff:127.0.0.1]:{port}", 403, "host"),
    ("Host: [0:0:0:0:0:0:0:1]:{port}", 403, "host"),
    ("Host: 2130706433:{port}", 403, "host"),
    ("Host: 0177.0.0.1:{port}", 403, "host"),
    ("Host: 0x7f.1:{port}", 403, "host"),
    ("Host: 127.1:{port}", 403, "host"),
    ("Host: 0.0.0.0:{port}", 403, "host"),
    ("Host: fame.home", 403, "host"),
    ("Host: fame.home:8000, localhost:{port}", 403, "host"),
    ("Host: ", 403, "host"),
    ("X-Forwarded-Host: localhost:{port}", 400, "malformed"),
    (
        "Host: 127.0.0.1:{port}\r\nHost: 127.0.0.1:{port}",
        400,
        "malformed",
    ),
    ("Host: 127.0.0.1:{port}\r\nHost: evil.com", 400, "malformed"),
    (
        "Host: evil.com\r\nX-Forwarded-Host: 127.0.0.1:{port}",
        403,
        "host",
    ),
];

/// More headers of the same with a good host and a good key.
const ORIGINS: &[Case] = &[
    ("Origin: http://127.0.0.1:{port}", 200, ""),
    ("Origin: http://localhost:{port}", 200, ""),
    ("Origin: https://panel.home", 200, ""),
    ("Origin: https://127.0.0.1:{port}", 403, "origin"),
    ("Origin: http://127.0.0.1:1", 403, "origin"),
    ("Origin: http://localhost", 403, "origin"),
    ("Origin: http://evil.com", 403, "origin"),
    ("Origin: http://panel.home", 403, "origin"),
    ("Origin: https://panel.home.evil.com", 403, "origin"),
    ("Origin: null", 403, "origin"),
    ("Origin: file://", 403, "origin"),
    ("Origin: app://fame", 403, "origin"),
    ("Origin: *", 403, "origin"),
    ("Origin: ", 403, "origin"),
    (
        "Origin: http://127.0.0.1:{port}\r\nOrigin: http://evil.com",
        403,
        "origin",
    ),
    ("Sec-Fetch-Site: none", 200, ""),
    ("Sec-Fetch-Site: same-origin", 200, ""),
    ("Sec-Fetch-Site: same-site", 403, "origin"),
    ("Sec-Fetch-Site: cross-site", 403, "origin"),
    ("Sec-Fetch-Site: Same-Origin", 403, "origin"),
    (
        "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: none",
        403,
        "origin",
    ),
    (
        "Origin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: cross-site",
        403,
        "origin",
    ),
    (
        "Origin: https://panel.home\r\nSec-Fetch-Site: cross-site",
        200,
        "",
    ),
    (
        "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://evil.com",
        403,
        "origin",
    ),
];

/// Headers of the same with a good host.
const KEYS: &[Case] = &[
    ("Authorization: Bearer {read}", 200, ""),
    ("Authorization: bearer {read}", 200, ""),
    ("authorization: Bearer {admin}", 200, ""),
    ("Authorization: Bearer {query}", 403, "scope"),
    ("Accept: */*", 401, "key_missing"),
    ("Cookie: key={admin}", 401, "key_missing"),
    ("X-Api-Key: {admin}", 401, "key_missing"),
    ("Authorization: {admin}", 401, "key_malformed"),
    ("Authorization: Basic {admin}", 401, "key_malformed"),
    ("Authorization: Bearer", 401, "key_malformed"),
    ("Authorization: Bearer ", 401, "key_malformed"),
    ("Authorization: Bearer  {admin}", 401, "key_malformed"),
    ("Authorization: Bearer {admin}x", 401, "key_malformed"),
    (
        "Authorization: Bearer {admin},{admin}",
        401,
        "key_malformed",
    ),
    ("Authorization: Bearer fame_", 401, "key_malformed"),
    ("Authorization: Bearer null", 401, "key_malformed"),
    (
        "Authorization: Bearer {admin}\r\nAuthorization: Bearer {admin}",
        401,
        "key_malformed",
    ),
    (
        "Authorization: Bearer fame_0123456789_0000000000000000000000000000000000000000000000000000000000000000aaaaaaaa",
        401,
        "key_malformed",
    ),
];

/// Whole requests after the method and before the end, with a good host and a good key.
const LINES: &[Case] = &[
    ("GET / HTTP/1.1", 200, ""),
    ("HEAD / HTTP/1.1", 200, ""),
    ("HEAD /status HTTP/1.1", 200, ""),
    ("GET /nothing HTTP/1.1", 404, "not_found"),
    ("GET /turns/1/why/ HTTP/1.1", 404, "not_found"),
    ("GET //status HTTP/1.1", 404, "not_found"),
    ("GET /STATUS HTTP/1.1", 404, "not_found"),
    ("GET /../etc/passwd HTTP/1.1", 404, "not_found"),
    ("GET /dashboard/../../etc/passwd HTTP/1.1", 404, "not_found"),
    ("GET /dashboard/%2e%2e/keys.json HTTP/1.1", 404, "not_found"),
    ("GET /turns/-1/why HTTP/1.1", 404, "not_found"),
    ("GET /turns/1%2f2/why HTTP/1.1", 404, "not_found"),
    ("GET /turns/%00/why HTTP/1.1", 404, "not_found"),
    ("GET /turns/%ff/why HTTP/1.1", 404, "not_found"),
    (
        "POST /plugins/..%2f..%2fclock/enable HTTP/1.1",
        404,
        "not_found",
    ),
    ("POST /plugins/clock%00/enable HTTP/1.1", 404, "not_found"),
    ("POST /plugins/clock/enable HTTP/1.1", 200, ""),
    ("POST /plugins/clock/remove HTTP/1.1", 404, "not_found"),
    ("GET /plugins/clock/enable HTTP/1.1", 405, "method"),
    ("DELETE /settings HTTP/1.1", 405, "method"),
    ("PUT /query HTTP/1.1", 405, "method"),
    ("GET /query HTTP/1.1", 405, "method"),
    ("TRACE /status HTTP/1.1", 405, "method"),
    ("OPTIONS /query HTTP/1.1", 405, "method"),
    ("BREW /query HTTP/1.1", 405, "method"),
    ("POST /query HTTP/1.1", 400, "malformed"),
    ("GET http://127.0.0.1:{port}/status HTTP/1.1", 200, ""),
    ("GET http://evil.com/status HTTP/1.1", 400, "malformed"),
    ("GET /turns?limit=1 HTTP/1.1", 200, ""),
    ("GET /turns?limit=0 HTTP/1.1", 422, "invalid"),
    ("GET /turns?limit=501 HTTP/1.1", 422, "invalid"),
    ("GET /turns?limit=x HTTP/1.1", 422, "invalid"),
    ("GET /turns?limit=1&limit=2 HTTP/1.1", 422, "invalid"),
    ("GET /turns?limits=1 HTTP/1.1", 422, "invalid"),
    ("GET /audit?text=%20 HTTP/1.1", 422, "invalid"),
    ("GET /status?api_key=x HTTP/1.1", 400, "key_in_url"),
    ("GET /status?Token=x HTTP/1.1", 400, "key_in_url"),
    ("GET /status?x={admin} HTTP/1.1", 400, "key_in_url"),
    ("GET /status?{admin} HTTP/1.1", 400, "key_in_url"),
    ("GET /{admin} HTTP/1.1", 400, "key_in_url"),
];

/// `POST /query` with these headers and a good body.
const BODIES: &[Case] = &[
    ("Content-Type: application/json", 200, ""),
    ("Content-Type: application/json; charset=utf-8", 200, ""),
    ("Content-Type: APPLICATION/JSON", 200, ""),
    ("Accept: */*", 415, "media_type"),
    ("Content-Type: text/plain", 415, "media_type"),
    (
        "Content-Type: text/plain; application/json",
        415,
        "media_type",
    ),
    ("Content-Type: application/jsonp", 415, "media_type"),
    ("Content-Type: application/x-json", 415, "media_type"),
    (
        "Content-Type: application/x-www-form-urlencoded",
        415,
        "media_type",
    ),
    (
        "Content-Type: multipart/form-data; boundary=x",
        415,
        "media_type",
    ),
    (
        "Content-Type: application/json\r\nContent-Type: text/plain",
        415,
        "media_type",
    ),
    (
        "Content-Type: application/json\r\nContent-Encoding: gzip",
        415,
        "media_type",
    ),
    (
        "Content-Type: application/json\r\nContent-Encoding: identity",
        200,
        "",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_answered_as_the_table_says() {
    let mut settings = settings();
    settings.hosts = vec!["fame.home:8000".into()];
    settings.origins = vec!["https://panel.home".into()];
    let server = start(settings).await;
    let body = r#"{"text":"hello"}"#;
    let length = body.len();
    let get = "GET /plugins HTTP/1.1\r\n";
    let mut requests = Vec::new();
    for (headers, status, code) in HOSTS {
        requests.push((format!("{get}{KEY}{headers}\r\n\r\n"), status, code));
    }
    for (headers, status, code) in ORIGINS {
        requests.push((format!("{get}{HOST}{KEY}{headers}\r\n\r\n"), status, code));
    }
    for (headers, status, code) in KEYS {
        requests.push((format!("{get}{HOST}{headers}\r\n\r\n"), status, code));
    }
    for (line, status, code) in LINES {
        // An answer to HEAD has a length and no body: only its end tells.
        let request = format!("{line}\r\n{HOST}{KEY}Connection: close\r\n\r\n");
        requests.push((request, status, code));
    }
    for (headers, status, code) in BODIES {
        let request = format!(
            "POST /query HTTP/1.1\r\n{HOST}{KEY}{headers}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        requests.push((request, status, code));
    }
    assert!(requests.len() >= 120, "{} cases", requests.len());
    for (request, status, code) in requests {
        let reply = server.raw(&request).await;
        if request.starts_with("HEAD") {
            assert_eq!(reply.status, *status, "{request}");
            continue;
        }
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (*status, *code),
            "{request}\n{reply:?}"
        );
        assert!(reply.header("x-request-id").is_some(), "{request}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        if *status == 405 {
            let allow = reply.header("allow").unwrap_or_default();
            assert!(!allow.is_empty(), "{request}: no `Allow`");
        }
        if *status == 401 {
            assert!(reply.header("www-authenticate").is_some(), "{request}");
        }
        let foreign = reply.header("access-control-allow-origin");
        let from_panel = request.contains("https://panel.home\r\n") && *status == 200;
        assert_eq!(
            foreign,
            from_panel.then_some("https://panel.home"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn only_an_allowed_page_is_told_what_it_may_ask() {
    let mut settings = settings();
    settings.origins = vec!["https://panel.home".into()];
    let server = start(settings).await;
    for (origin, status) in [
        ("https://panel.home", 204),
        ("http://evil.com", 403),
        ("http://127.0.0.1:{port}", 401),
    ] {
        let request = format!(
            "OPTIONS /query HTTP/1.1\r\n{HOST}Origin: {origin}\r\n\
             Access-Control-Request-Method: POST\r\n\r\n"
        );
        let reply = server.raw(&request).await;
        assert_eq!(reply.status, status, "{origin}");
        let allowed = reply.header("access-control-allow-origin");
        assert_eq!(allowed, (status == 204).then_some("https://panel.home"));
        assert_eq!(reply.header("access-control-allow-credentials"), None);
    }
}

#[tokio::test]
async fn without_a_key_there_is_health_and_the_empty_page_and_nothing_else() {
    let server = start(settings()).await;
    for path in ["/health", "/dashboard", "/dashboard/pages/live.js"] {
        let reply = server
            .raw(&format!("GET {path} HTTP/1.1\r\n{HOST}\r\n"))
            .await;
        assert_eq!(reply.status, 200, "{path}");
    }
    let page = server
        .raw(&format!("GET /dashboard HTTP/1.1\r\n{HOST}\r\n"))
        .await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"));
    let mut paths: Vec<String> = fame_api::document().paths.paths.into_keys().collect();
    paths.retain(|path| path != "/health");
    paths.extend(["/nothing".into(), "/keys.json".into(), "/healthz".into()]);
    for path in paths {
        for method in ["GET", "POST", "PATCH", "DELETE"] {
            let path = path.replace("{id}", "1");
            let reply = server
                .raw(&format!("{method} {path} HTTP/1.1\r\n{HOST}\r\n"))
                .await;
            assert_eq!(reply.status, 401, "{method} {path}");
        }
    }
}
