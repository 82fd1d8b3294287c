//! A private Redis server. It keeps nothing on disk unless its options say so.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::server_folder::{self, ServerFolder};
use crate::{ports, wait};

const PACKAGE: &str = "redis-server";
const ATTEMPTS: usize = 5;

/// A private Redis server on loopback, without a password.
pub struct Redis {
    server_folder: ServerFolder,
    program: String,
    options: Vec<String>,
    port: u16,
}

impl Redis {
    /// Starts a server that forgets everything when it ends.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with more options, as on the command line: `&["--appendonly", "yes"]`.
    pub fn start_with(options: &[&str]) -> Self {
        Self::start_program("redis-server", options)
    }

    /// Starts another program that speaks Redis and takes its options, for example Valkey.
    pub fn start_program(program: &str, options: &[&str]) -> Self {
        let options = options.iter().map(ToString::to_string).collect();
        let server_folder = ServerFolder::new("redis");
        let mut server = Self { server_folder, program: program.to_owned(), options, port: 0 };
        for _ in 0..ATTEMPTS {
            server.port = ports::free_port();
            if server.comes_up() {
                return server;
            }
        }
        panic!("{program} did not start: {}", server.server_folder.log());
    }

    /// The server that the tests of one process share. Started at first use.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts the server; false when it ended before it answered.
    fn comes_up(&mut self) -> bool {
        let mut command = self.server_folder.command(&self.program);
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--save", ""]);
        command.args(&self.options);
        self.server_folder.serve(&mut command, PACKAGE);
        wait::until("Redis to answer", || {
            if self.server_folder.has_ended() {
                Some(false)
            } else {
                self.is_ready().then_some(true)
            }
        })
    }

    /// Whether it is our server that answers, and not one that took the port first. While it loads
    /// its data, it refuses PING.
    fn is_ready(&self) -> bool {
        let ours = self.server_folder.server_id().map(|id| format!("process_id:{id}"));
        let info = self.ask(&["info", "server"]);
        let info = String::from_utf8_lossy(&info.stdout);
        let said = info.lines().map(str::trim);
        said.map(str::to_owned).any(|line| Some(line) == ours)
            && self.ask(&["ping"]).stdout == b"PONG\n"
    }

    /// `redis://127.0.0.1:PORT/0`
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's folder, in which its `log` lies.
    pub fn folder(&self) -> &Path {
        self.server_folder.path()
    }

    /// Kills it with SIGKILL, as a crash would.
    pub fn kill(&mut self) {
        self.server_folder.kill();
    }

    /// Starts a killed server again on its port and waits until it answers.
    pub fn start_again(&mut self) {
        let up = (0..ATTEMPTS).any(|_| self.comes_up());
        assert!(up, "{} did not start again: {}", self.program, self.server_folder.log());
    }

    /// Runs one command through redis-cli and gives its answer as a pipe would get it: a line
    /// each, nothing for nil. An error that Redis answers is an answer, too.
    pub fn command(&self, words: &[&str]) -> String {
        let output = self.ask(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "redis-cli {words:?}: {said}");
        let answer = String::from_utf8_lossy(&output.stdout);
        answer.strip_suffix('\n').unwrap_or(&answer).to_owned()
    }

    fn ask(&self, words: &[&str]) -> Output {
        redis_cli(&["-p", &self.port.to_string()], words)
    }
}

pub(crate) fn redis_cli(options: &[&str], words: &[&str]) -> Output {
    let mut command = Command::new("redis-cli");
    command.args(["-h", "127.0.0.1"]).args(options).args(words);
    // A password or settings of the user who runs the tests would change the output.
    command.env_remove("REDISCLI_AUTH").env("REDISCLI_RCFILE", "/dev/null");
    command.stdin(std::process::Stdio::null());
    command.output().unwrap_or_else(|why| server_folder::missing(&command, PACKAGE, &why))
}
