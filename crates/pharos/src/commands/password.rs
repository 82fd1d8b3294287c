//! Passwords from a file, or asked for on the terminal without echo. Never from an argument, which
//! every user of the machine can read.

use std::path::Path;

use access::SecretText;
use anyhow::Context as _;

/// More than any password.
const FILE_BYTES: u64 = 4_096;

/// A password as it was typed.
pub(super) struct Asked(SecretText);

impl Asked {
    /// Reads it from the file, or asks twice.
    pub(super) fn new(file: Option<&Path>) -> anyhow::Result<Self> {
        let typed = match file {
            Some(path) => from_file(path)?,
            None => from_terminal()?,
        };
        Ok(Self(typed))
    }

    pub(super) fn text(&self) -> &str {
        self.0.reveal()
    }
}

/// One newline at the end belongs to the file.
fn from_file(path: &Path) -> anyhow::Result<SecretText> {
    use std::io::Read as _;
    let read = || {
        let mut text = String::new();
        std::fs::File::open(path)?.take(FILE_BYTES).read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    };
    let mut text =
        read().with_context(|| format!("can't read the password file {}", path.display()))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    anyhow::ensure!(
        !text.contains('\n'),
        "the password file {} has more than one line",
        path.display()
    );
    Ok(SecretText::from_typed(text))
}

fn from_terminal() -> anyhow::Result<SecretText> {
    let ask = |prompt: &str| {
        let typed = rpassword::prompt_password(prompt);
        typed
            .map(SecretText::from_typed)
            .context("there is no terminal to ask for the password on; use --password-file")
    };
    let typed = ask("Password: ")?;
    anyhow::ensure!(typed == ask("The same again: ")?, "the two differ; nothing was changed");
    Ok(typed)
}
