//! Chromium, driven by the scripts in `tests/browser`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a script says as JSON of the pages in a folder.
pub fn browse(script: &str, folder: &Path) -> Value {
    run(script, &[&folder.to_string_lossy()])
}

/// What a script says as JSON that is started with these arguments.
pub fn run(script: &str, arguments: &[&str]) -> Value {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("node")
        .arg(here.join("browser").join(script))
        .args(arguments)
        .output()
        .expect("node runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}
