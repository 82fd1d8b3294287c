//! Where the binary is. It is built first, so that no story is told by an old one.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The `pharos` binary of this workspace, in the profile that the tests were built with.
pub(crate) fn pharos() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows its own path");
        let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST").to_owned();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "-p", "pharos", "--manifest-path"]);
        build.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        build.arg("--target-dir").arg(profile.parent().expect("a target folder"));
        assert!(build.status().expect("cargo runs").success(), "the binary does not build");
        profile.join("pharos")
    })
}
