//! What a program asks of the proxy: the head of a request of HTTP/1 (RFC 9112).

use super::allow::Host;

/// Longest head.
pub(super) const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Most fields of a head.
const MAX_FIELDS: usize = 64;

/// Fields that are between a program and the proxy, and go no further.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "proxy-connection",
    "proxy-authorization",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "http2-settings",
    // Written anew, from what was checked.
    "host",
];

/// A request that is understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The host as it was asked for; none: it is no name.
    pub(super) host: Option<Host>,
    /// The same, for a report: never more than [`MAX_SHOWN`] characters, and no control characters.
    pub(super) shown: String,
    pub(super) port: u16,
    pub(super) kind: Kind,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `CONNECT`: bytes both ways.
    Tunnel,
    /// One request of plain HTTP: this head, and so many bytes of a body.
    Plain { head: Vec<u8>, body_bytes: u64 },
}

/// Longest name of a host in a report.
const MAX_SHOWN: usize = 120;

/// Why a request is answered with an error: a status and its words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) u16, pub(super) &'static str);

/// Where a head ends, if its end has come.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4)
}

/// Reads a whole head.
///
/// # Errors
/// What to answer when it is none, or asks for what is not done here.
pub(super) fn parse(head: &[u8]) -> Result<Asked, Refusal> {
    const NONE: Refusal = Refusal(400, "this is no request that a proxy understands");
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(NONE),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal(431, "the request has too many fields"));
        }
        Err(_) => return Err(NONE),
    }
    let (Some(method), Some(target), Some(version)) =
        (request.method, request.path, request.version)
    else {
        return Err(NONE);
    };
    if method == "CONNECT" {
        let (host, port) = target.rsplit_once(':').ok_or(NONE)?;
        let port = port.parse().map_err(|_| NONE)?;
        return Ok(asked(host, port, Kind::Tunnel));
    }
    let rest = target
        .get(.."http://".len())
        .filter(|scheme| scheme.eq_ignore_ascii_case("http://"))
        .and_then(|scheme| target.get(scheme.len()..))
        .ok_or(Refusal(400, "only `http://` and CONNECT are done here"))?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an address in brackets are its own.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().map_err(|_| NONE)?),
        _ => (authority, 80),
    };
    let body_bytes = body_bytes(request.headers)?;
    let mut forwarded = format!("{method} ").into_bytes();
    if !path.starts_with('/') {
        forwarded.push(b'/');
    }
    let path = path.split('#').next().unwrap_or_default();
    let named = match port {
        80 => host.to_owned(),
        port => format!("{host}:{port}"),
    };
    let line = format!("{path} HTTP/1.{version}\r\nHost: {named}\r\nConnection: close\r\n");
    forwarded.extend_from_slice(line.as_bytes());
    let connection = request
        .headers
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case("connection"))
        .filter_map(|field| std::str::from_utf8(field.value).ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect::<Vec<_>>();
    for field in request.headers.iter() {
        let is = |name: &&str| field.name.eq_ignore_ascii_case(name);
        if HOP_BY_HOP.iter().any(&is) || connection.iter().any(is) {
            continue;
        }
        forwarded.extend_from_slice(field.name.as_bytes());
        forwarded.extend_from_slice(b": ");
        forwarded.extend_from_slice(field.value);
        forwarded.extend_from_slice(b"\r\n");
    }
    forwarded.extend_from_slice(b"\r\n");
    let kind = Kind::Plain {
        head: forwarded,
        body_bytes,
    };
    Ok(asked(host, port, kind))
}

fn asked(host: &str, port: u16, kind: Kind) -> Asked {
    let parsed = Host::parse(host);
    let shown = match &parsed {
        Some(host) => host.as_str(),
        None => host,
    };
    Asked {
        shown: shown
            .chars()
            .filter(char::is_ascii_graphic)
            .take(MAX_SHOWN)
            .collect(),
        host: parsed,
        port,
        kind,
    }
}

/// A body has to say its length, and once: where it ends must mean the same to everyone.
fn body_bytes(fields: &[httparse::Header<'_>]) -> Result<u64, Refusal> {
    let named = |name: &'static str| {
        fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
    };
    if named("transfer-encoding").next().is_some() {
        return Err(Refusal(411, "a body needs a `Content-Length` here"));
    }
    let mut lengths = named("content-length");
    let Some(length) = lengths.next() else {
        return Ok(0);
    };
    let digits = std::str::from_utf8(length.value).unwrap_or_default();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(bytes) if is_number && lengths.next().is_none() => Ok(bytes),
        _ => Err(Refusal(400, "its `Content-Length` is no number")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> (String, u16, String, u64) {
        let asked = parse(text.as_bytes()).unwrap();
        match asked.kind {
            Kind::Plain { head, body_bytes } => (
                asked.shown,
                asked.port,
                String::from_utf8(head).unwrap(),
                body_bytes,
            ),
            Kind::Tunnel => panic!("{text}"),
        }
    }

    #[test]
    fn a_tunnel_names_host_and_port() {
        let asked = parse(b"CONNECT PyPI.org:443 HTTP/1.1\r\nHost: other.org\r\n\r\n").unwrap();
        assert_eq!((asked.shown.as_str(), asked.port), ("pypi.org", 443));
        assert_eq!(asked.kind, Kind::Tunnel);
        let asked = parse(b"CONNECT [::1]:443 HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!((asked.host, asked.shown.as_str()), (None, "[::1]"));
    }

    #[test]
    fn a_plain_request_is_forwarded_with_the_host_that_was_checked() {
        let (host, port, head, body) = plain(
            "POST http://A.org/x?y=1 HTTP/1.1\r\nHost: evil.org\r\nProxy-Authorization: x\r\n\
             Connection: keep-alive, X-Mine\r\nX-Mine: 1\r\nContent-Length: 3\r\nAccept: */*\r\n\r\n",
        );
        assert_eq!((host.as_str(), port, body), ("a.org", 80, 3));
        assert_eq!(
            head,
            "POST /x?y=1 HTTP/1.1\r\nHost: A.org\r\nConnection: close\r\n\
             Content-Length: 3\r\nAccept: */*\r\n\r\n"
        );
        let (_, port, head, _) = plain("GET http://a.org:8080?q#f HTTP/1.0\r\n\r\n");
        assert_eq!(port, 8080);
        assert!(
            head.starts_with("GET /?q HTTP/1.0\r\nHost: a.org:8080\r\n"),
            "{head}"
        );
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for (text, status) in [
            ("GET / HTTP/1.1\r\nHost: a.org\r\n\r\n", 400),
            ("GET ftp://a.org/ HTTP/1.1\r\n\r\n", 400),
            ("GET http://a.org:x/ HTTP/1.1\r\n\r\n", 400),
            ("CONNECT a.org HTTP/1.1\r\n\r\n", 400),
            ("CONNECT a.org:99999 HTTP/1.1\r\n\r\n", 400),
            (
                "PUT http://a.org/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
                411,
            ),
            (
                "PUT http://a.org/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                400,
            ),
            (
                "PUT http://a.org/ HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
                400,
            ),
            ("nonsense\r\n\r\n", 400),
        ] {
            let refusal = parse(text.as_bytes()).unwrap_err();
            assert_eq!(refusal.0, status, "{text}");
        }
        // A user's name before the host makes it no host.
        assert_eq!(
            parse(b"GET http://pypi.org@a.org/ HTTP/1.1\r\n\r\n")
                .unwrap()
                .host,
            None
        );
        assert_eq!(
            parse(b"GET http://[::1]/ HTTP/1.1\r\n\r\n").unwrap().host,
            None
        );
    }

    proptest! {
        #[test]
        fn any_head_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn a_forwarded_head_is_one_request(
            target in "http://[a-z.:@\\[\\]/?#%0-9]{0,30}",
            value in "[ -~]{0,20}",
        ) {
            let head = format!("GET {target} HTTP/1.1\r\nX: {value}\r\n\r\n");
            if let Ok(Asked { kind: Kind::Plain { head, .. }, .. }) = parse(head.as_bytes()) {
                prop_assert_eq!(end(&head), Some(head.len()));
                prop_assert!(head.starts_with(b"GET /"));
            }
        }
    }
}
