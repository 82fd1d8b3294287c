//! A scripted relay: what it says to a command is a function of the command.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the relay does about a line.
pub(crate) enum Act {
    /// Sends these bytes.
    Say(&'static str),
    /// Sends what need not be text.
    Bytes(&'static [u8]),
    /// Sends the pieces one by one, waiting in between.
    Pieces(&'static [&'static str]),
    /// Sends these bytes and closes the connection.
    Leave(&'static str),
    /// Closes the connection.
    Close,
    /// Never answers.
    Stall,
}

/// Everything a relay was told and took.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) commands: Vec<String>,
    /// Recipients of whole messages.
    pub(crate) taken: Vec<String>,
    /// Messages that were a dot alone.
    pub(crate) lone_dots: usize,
    /// Connections that stand now.
    pub(crate) open: usize,
    /// Connections that were ever made.
    pub(crate) opened: usize,
}

impl Seen {
    /// How many commands began so.
    pub(crate) fn count(&self, beginning: &str) -> usize {
        self.commands.iter().filter(|command| command.starts_with(beginning)).count()
    }

    /// Who each message was from, in their order.
    pub(crate) fn senders(&self) -> Vec<String> {
        let senders = self.commands.iter().filter_map(|command| {
            command.strip_prefix("MAIL FROM:<")?.split('>').next().map(ToOwned::to_owned)
        });
        senders.collect()
    }
}

pub(crate) struct Fake {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

/// Called with each command (upper case up to the first space or colon is enough to match) and
/// with `"."` after a message; `None` is the usual answer.
pub(crate) type Script = fn(command: &str, seen: &Seen) -> Option<Act>;

impl Fake {
    pub(crate) fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let seen = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let counted = Arc::clone(&seen);
                    let change = |by: fn(&mut Seen)| by(&mut counted.lock().unwrap());
                    change(|seen| (seen.open, seen.opened) = (seen.open + 1, seen.opened + 1));
                    Talk::new(stream, script, seen).run();
                    change(|seen| seen.open -= 1);
                });
            }
        });
        Self { port, seen }
    }

    pub(crate) fn taken(&self) -> Vec<String> {
        self.seen.lock().unwrap().taken.clone()
    }
}

struct Talk {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    script: Script,
    seen: Arc<Mutex<Seen>>,
    recipient: Option<String>,
}

impl Talk {
    fn new(stream: TcpStream, script: Script, seen: Arc<Mutex<Seen>>) -> Self {
        stream.set_nodelay(true).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Self { reader, writer: stream, script, seen, recipient: None }
    }

    fn run(mut self) -> Option<()> {
        self.answer("CONNECT", "220 fake ESMTP\r\n")?;
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let command = line.trim_end().to_owned();
            self.seen.lock().unwrap().commands.push(command.clone());
            if let Some(rest) = command.strip_prefix("RCPT TO:<") {
                self.recipient = rest.strip_suffix('>').map(ToOwned::to_owned);
            }
            let usual = match command.split([' ', ':']).next()? {
                "EHLO" => "250-fake\r\n250-SIZE 1000000\r\n250 PIPELINING\r\n",
                "DATA" => "354 go on\r\n",
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            if self.answer(&command, usual)?.starts_with(b"354") {
                self.message()?;
            }
        }
    }

    fn message(&mut self) -> Option<()> {
        let mut lines = 0;
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            assert!(line.ends_with("\r\n"), "a bare line end");
            if line == ".\r\n" {
                break;
            }
            lines += 1;
        }
        {
            let mut seen = self.seen.lock().unwrap();
            if lines == 0 {
                seen.lone_dots += 1;
            } else if let Some(recipient) = self.recipient.take() {
                seen.taken.push(recipient);
            }
        }
        self.answer(".", "250 taken\r\n").map(drop)
    }

    fn answer(&mut self, command: &str, usual: &'static str) -> Option<&'static [u8]> {
        let act = (self.script)(command, &self.seen.lock().unwrap());
        match act.unwrap_or(Act::Say(usual)) {
            Act::Say(text) => {
                self.writer.write_all(text.as_bytes()).ok()?;
                Some(text.as_bytes())
            }
            Act::Bytes(bytes) => {
                self.writer.write_all(bytes).ok()?;
                Some(bytes)
            }
            Act::Leave(text) => {
                self.writer.write_all(text.as_bytes()).ok()?;
                None
            }
            Act::Pieces(pieces) => {
                for piece in pieces {
                    self.writer.write_all(piece.as_bytes()).ok()?;
                    // One segment each: nodelay is set, and the peer wakes up in between.
                    std::thread::yield_now();
                }
                pieces.first().map(|piece| piece.as_bytes())
            }
            Act::Close => None,
            Act::Stall => {
                // Until the other side gives up.
                let _ = std::io::copy(&mut self.reader, &mut std::io::sink());
                None
            }
        }
    }
}
