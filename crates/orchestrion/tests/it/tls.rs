//! TLS with certificate files, seen by curl.

use std::path::Path;
use std::process::Command;

use testkit::{Server, require};

/// A self-signed certificate for loopback and its key; `false` where openssl is not installed.
fn certificate(certificate: &Path, key: &Path) -> bool {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ])
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(certificate)
        .output();
    made.is_ok_and(|output| output.status.success())
}

#[test]
fn the_server_speaks_tls_and_names_itself_by_https() {
    let place = tempfile::tempdir().unwrap();
    let (cert, key) = (place.path().join("cert.pem"), place.path().join("key.pem"));
    if !certificate(&cert, &key) {
        require::skipped("TLS", "openssl was not found");
        return;
    }
    let files = (cert.clone(), key);
    let server = Server::builder()
        .configure(move |config| config.tls = Some(files.clone()))
        .start()
        .unwrap();
    let address = format!(
        "https://localhost:{}/identity_/.well-known/openid-configuration",
        server.address().port()
    );
    for version in ["--http1.1", "--http2"] {
        let output = Command::new("curl")
            .args(["-sS", "-i", version, "--cacert"])
            .arg(&cert)
            .arg(&address)
            .output();
        let Ok(output) = output else {
            require::skipped("TLS", "curl was not found");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout).to_ascii_lowercase();
        assert!(
            output.status.success(),
            "{version}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            text.contains(&format!(
                "\"issuer\":\"https://localhost:{}/identity_\"",
                server.address().port()
            )),
            "{text}"
        );
        assert!(text.contains("strict-transport-security: max-age"), "{text}");
    }
}
