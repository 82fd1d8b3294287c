//! Where the binary is, and how it is called. It is built first, so that no story is told by an
//! old one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The `pharos` binary of this workspace, in the profile that the tests were built with.
pub fn pharos() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows its own path");
        let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST").to_owned();
        let mut build = Command::new(env!("CARGO"));
        // As the tests were built: alone, it and all below it would be built again with fewer features.
        build.args(["build", "--quiet", "--workspace", "--bins", "--tests", "--manifest-path"]);
        build.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        build.arg("--target-dir").arg(profile.parent().expect("a target folder"));
        assert!(build.status().expect("cargo runs").success(), "the binary does not build");
        profile.join("pharos")
    })
}

/// A command of the binary, in an installation's folder.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(pharos());
    command.current_dir(folder).args(args);
    command
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Runs a command to its end.
    pub fn of(mut command: Command) -> Self {
        let output = command.output().expect("pharos runs");
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What it printed; it must have succeeded.
    pub fn succeeded(self, args: &[&str]) -> String {
        assert_eq!(self.code, 0, "pharos {args:?}: {} {}", self.out, self.err);
        self.out
    }
}
