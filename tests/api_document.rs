//! Schemathesis over the OpenAPI document and the real server: what it makes up, allowed and not, is
//! answered as the document says, and never with a 5xx.

use std::path::Path;
use std::process::Command;

use harness::{Pharos, Sink};

/// Everything but the ownership.
const SCOPES: &[&str] = &[
    "announcements:read",
    "announcements:write",
    "campaigns:read",
    "campaigns:write",
    "campaigns:send",
    "contacts:read",
    "contacts:write",
    "deliveries:read",
    "inbox:read",
    "media:read",
    "media:write",
    "messages:send",
    "reports:read",
    "settings:read",
    "topics:read",
    "topics:write",
    "users:read",
    "users:write",
    "system:read",
    "audit:read",
];

/// What may be answered to data that fits the document: a cursor fits its pattern and is of no list, a
/// number fits and nothing has it. Zero bytes can't be described, and are refused. A request that is
/// repeated under its key is answered as before, also when what it made is deleted since.
const SETTINGS: &str = r#"
hooks = "removed_objects.py"

[generation]
allow-x00 = false

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "304", "400", "401", "403", "404", "409", "412", "422"]

[checks.missing_required_header]
expected-statuses = ["400", "401", "403", "428"]
"#;

/// Whatever a request has made must be there for the next one, unless it was removed in between. That
/// it was, schemathesis sees by a DELETE or by another request at the object's own address alone; our
/// drafts and announcements are removed by `POST .../delete`, pictures by `POST .../remove`.
const REMOVED_OBJECTS: &str = r#"
import schemathesis

REMOVED = set()


@schemathesis.hook
def after_call(context, case, response):
    path = case.formatted_path
    for act in ("/delete", "/remove"):
        if path.endswith(act) and 200 <= response.status_code < 300:
            REMOVED.add(path.removesuffix(act) + "/")


@schemathesis.hook
def filter_failure(context, failure, case, response):
    is_missing = type(failure).__name__ == "EnsureResourceAvailability"
    return not (is_missing and (case.formatted_path + "/").startswith(tuple(REMOVED)))
"#;

/// About a quarter of the operations, and so the next two.
const SENDING: &str = "^/api/v1/(announcements|campaigns|contacts|addresses)";
const OPERATING: &str = "^/api/v1/(users|tokens|audit|system|inbox|me$)";
const TELLING: &str = "^/api/v1/(events|reports|rule-sets|visitors|topics|tracking|jobs)";

#[test]
fn the_server_answers_as_its_document_says() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/schemathesis/bin/st");
    assert!(program.exists(), "{} is missing; scripts/test installs it", program.display());
    let mut pharos = Pharos::with(Sink::start().port, |text| {
        text.replace("api_requests_per_second = 20", "api_requests_per_second = 10000")
    });
    pharos.import_readers(5);
    pharos.create_campaign();
    let mut command = vec!["token", "create", "--name", "Schemathesis"];
    for scope in SCOPES {
        command.extend(["--scope", scope]);
    }
    let said = pharos.ok(&command);
    let token = said.split_whitespace().find(|it| it.starts_with("ph_live_")).expect("a token");
    pharos.write("schemathesis.toml", SETTINGS);
    pharos.write("removed_objects.py", REMOVED_OBJECTS);
    // In four parts, each against a server of its own: of requests without a good token a network may
    // send so many a minute, and all operations together are asked more often than that.
    let rest = format!("{SENDING}|{OPERATING}|{TELLING}");
    for part in [
        ["--include-path-regex", SENDING],
        ["--include-path-regex", OPERATING],
        ["--include-path-regex", TELLING],
        ["--exclude-path-regex", &rest],
    ] {
        pharos.serve();
        explore(&pharos, &program, token, &part);
        pharos.stop();
    }
}

/// Asks for everything that can be made up within these operations.
fn explore(pharos: &Pharos, program: &Path, token: &str, operations: &[&str]) {
    let said = Command::new(program)
        .current_dir(pharos.path("."))
        .args(["run", &format!("{}/api/v1/openapi.json", pharos.admin)])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        // The same cases each time, so that red comes from a change.
        .args(["--seed", "20241"])
        // Longer than it may ask to wait for an event.
        .args(["--request-timeout", "45"])
        .args(["--max-time", "30", "--continue-on-failure", "--no-color"])
        // It would end its own token.
        .args(["--exclude-operation-id", "token_revoke"])
        // It can't write lines of JSON, nor CSV; the tests of the API do.
        .args(["--exclude-operation-id", "contact_batch"])
        .args(["--exclude-operation-id", "import_create"])
        .args(["--exclude-operation-id", "erasure_create"])
        .args(operations)
        .output()
        .expect("schemathesis runs");
    let out = String::from_utf8_lossy(&said.stdout);
    let tail: Vec<&str> = out.lines().rev().take(200).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    assert!(
        said.status.success(),
        "{}\n{}",
        tail.join("\n"),
        String::from_utf8_lossy(&said.stderr)
    );
    let cases = out.lines().find(|line| line.contains(" generated, ")).unwrap_or_default();
    println!("schemathesis: {}", cases.trim());
}
