//! Beyond this machine: only with TLS and a key.

use std::sync::Arc;

use fame_api::{ServeError, Server, Settings, TlsFiles};
use fame_auth::{Keys, Scope};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::{ASSETS, PATIENCE, Reply, SmallHouse, settings, start};

/// Makes a certificate for `localhost` in files of this folder.
fn certificate(folder: &tempfile::TempDir) -> (TlsFiles, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let files = TlsFiles {
        certificate: folder.path().join("certificate.pem"),
        key: folder.path().join("key.pem"),
    };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.der().clone())
}

async fn bind(settings: Settings, keys: &Arc<Keys>) -> Result<Server, ServeError> {
    let house = Arc::new(SmallHouse::default());
    Server::bind(settings, house, keys.clone(), ASSETS).await
}

#[tokio::test]
async fn it_does_not_show_itself_to_others_without_tls_and_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Arc::new(Keys::open(folder.path().join("keys.json")).unwrap());
    let (files, _) = certificate(&folder);
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:192.0.2.1]:0"] {
        let open = Settings {
            address: address.parse().unwrap(),
            ..settings()
        };
        let bound = bind(open.clone(), &keys).await;
        assert!(matches!(bound, Err(ServeError::NoTls(_))), "{address}");
        let with_tls = Settings {
            tls: Some(files.clone()),
            ..open
        };
        let bound = bind(with_tls, &keys).await;
        assert!(matches!(bound, Err(ServeError::NoKey(_))), "{address}");
    }
    assert!(
        bind(settings(), &keys).await.is_ok(),
        "alone it needs neither"
    );
    let made = keys.create("x", [Scope::Read].into(), None).unwrap();
    let all = Settings {
        address: ([0, 0, 0, 0], 0).into(),
        tls: Some(files.clone()),
        ..settings()
    };
    assert!(bind(all.clone(), &keys).await.is_ok());
    keys.revoke(&made.id).unwrap();
    assert!(matches!(
        bind(all.clone(), &keys).await,
        Err(ServeError::NoKey(_))
    ));

    let swapped = TlsFiles {
        certificate: files.key.clone(),
        key: files.certificate.clone(),
    };
    let local = Settings {
        tls: Some(swapped),
        ..settings()
    };
    assert!(matches!(bind(local, &keys).await, Err(ServeError::Tls(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_over_tls_are_answered_and_plain_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let (files, root) = certificate(&folder);
    let server = start(Settings {
        tls: Some(files),
        ..settings()
    })
    .await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(name, stream).await.unwrap();
    let request = "GET /status HTTP/1.1\r\nHost: localhost:{port}\r\n\
        Origin: https://localhost:{port}\r\nAuthorization: Bearer {read}\r\n\r\n";
    stream
        .write_all(server.fill(request).as_bytes())
        .await
        .unwrap();
    let reply = tokio::time::timeout(PATIENCE, Reply::read(&mut stream)).await;
    assert_eq!(reply.unwrap().status, 200);
    assert_eq!(server.raw(request).await.status, 0, "plain text");
}
