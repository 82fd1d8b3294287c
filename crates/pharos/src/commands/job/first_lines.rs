//! The first lines of a file, as somewhere to write it to.

use std::io::{self, Write};

use crate::telemetry::say;

/// Lines that are shown.
const SHOWN: usize = 10;
/// Bytes that are kept: more than those lines usually have.
const KEPT_BYTES: usize = 4 << 10;

/// Keeps the beginning of what is written to it.
#[derive(Default)]
pub(super) struct FirstLines {
    kept: Vec<u8>,
    lines: usize,
}

impl Write for FirstLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        let room = KEPT_BYTES - self.kept.len();
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl FirstLines {
    /// Shows them, and how many more there are.
    pub(super) fn tell(&self) {
        let text = String::from_utf8_lossy(&self.kept);
        let shown = text.lines().take(SHOWN + 1);
        let mut told = 0;
        for line in shown {
            say(format_args!("  {line}"));
            told += 1;
        }
        if self.lines > told {
            say(format_args!("  and {} more", self.lines - told));
        }
    }
}
