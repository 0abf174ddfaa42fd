//! Files in a bucket of an S3-compatible service: a local one, and the server as a program, since where the service is stands in its
//! environment.

use std::process::{Command, Stdio};

use testkit::require;

use crate::clients_unchanged::installed;
use crate::packages_support::Package;

/// `$MOTO` and `$LISTEN` are addresses, `small.nupkg` and `large.nupkg` are there.
const WALK: &str = r#"
set -eu
trap 'kill $(jobs -p)' EXIT
moto_server -H 127.0.0.1 -p ${MOTO#*:} > moto.log 2>&1 &
until curl -sf -o answer -X PUT http://$MOTO/files; do sleep 0.1; done
export AWS_ENDPOINT=http://$MOTO AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_ALLOW_HTTP=true
export ORCHESTRION_BOOTSTRAP_CLIENT_ID=6d0f3f6e-9d5c-4b55-8f6c-0f9b3d0a7c11
export ORCHESTRION_BOOTSTRAP_CLIENT_SECRET=a-secret-of-the-tests-0123456789abcdef
orchestrion --listen $LISTEN --data data --blobs s3://files/packages > server.log 2>&1 &
until curl -sf -o answer http://$LISTEN/api/health/startup; do sleep 0.1; done
TOKEN=$(curl -s http://$LISTEN/identity_/connect/token -d grant_type=client_credentials -d scope=OR.Execution \
  -d client_id=$ORCHESTRION_BOOTSTRAP_CLIENT_ID -d client_secret=$ORCHESTRION_BOOTSTRAP_CLIENT_SECRET \
  | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
ODATA=http://$LISTEN/odata/Processes
api() { curl -s -H "Authorization: Bearer $TOKEN" "$@"; }
for size in small large; do
  api -F file=@$size.nupkg $ODATA/UiPath.Server.Configuration.OData.UploadPackage
  api -o $size.back "$ODATA/UiPath.Server.Configuration.OData.DownloadPackage(key='$size:1.0.0')"
  cmp $size.nupkg $size.back
done
test ! -e data/blobs
echo "objects: $(curl -s "http://$MOTO/files?list-type=2&prefix=packages/" | grep -o '<Key>' | wc -l)"
# A bucket that is away is told as what it is, and nothing is left half.
kill %1
api -o answer -w 'away: %{http_code}\n' --max-time 60 "$ODATA/UiPath.Server.Configuration.OData.DownloadPackage(key='small:1.0.0')"
"#;

#[test]
fn packages_lie_in_a_bucket() {
    let clients = installed();
    if !clients.join("venv/bin/moto_server").exists() {
        require::skipped("moto", "run crates/orchestrion/tests/clients/install first");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let noise: Vec<u8> = (0_u32..3_000_000)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let operate = r#"{"main":"m","targetRuntime":"command"}"#;
    for (name, content) in [("small", &noise[..1_000]), ("large", &noise[..])] {
        let package = Package::new(name, "1.0.0")
            .part("content/operate.json", operate)
            .part("content/noise", content);
        std::fs::write(directory.path().join(format!("{name}.nupkg")), package.build()).unwrap();
    }
    let free = || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_orchestrion"));
    let path = format!(
        "{}:{}:{}",
        program.parent().unwrap().display(),
        clients.join("venv/bin").display(),
        std::env::var("PATH").unwrap()
    );
    let done = Command::new("timeout")
        .args(["200", "bash", "-c", WALK])
        .current_dir(directory.path())
        .env("PATH", path)
        .env("MOTO", free())
        .env("LISTEN", free())
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    let log = |name: &str| std::fs::read_to_string(directory.path().join(name)).unwrap_or_default();
    let all = format!(
        "{said}\n{}\n{}",
        String::from_utf8_lossy(&done.stderr),
        log("server.log")
    );
    assert!(done.status.success(), "{all}");
    for expected in ["objects: 2", "away: 50"] {
        assert!(said.contains(expected), "{expected} is not in {all}");
    }
}
