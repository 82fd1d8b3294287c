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

/// What a script saw that walks through the pages at this address. Its pictures are kept for a look, and
/// for the README.
pub fn walk(script: &str, admin: &str, more: &[&str]) -> Value {
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/pictures");
    std::fs::create_dir_all(&pictures).expect("a folder for pictures");
    let mut arguments = vec![admin, pictures.to_str().expect("a path")];
    arguments.extend(more);
    run(script, &arguments)
}
