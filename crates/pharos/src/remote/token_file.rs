//! The file with the token: never an argument, which every user of the machine can read.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use access::SecretText;
use anyhow::Context as _;

/// More than any token.
const FILE_BYTES: u64 = 4_096;
/// What others than its owner may do with a file.
const OTHERS: u32 = 0o077;

/// Reads the token from its file, which nobody but its owner may be able to read.
pub(crate) fn read_token(path: &Path) -> anyhow::Result<SecretText> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("can't read the token file {name}"))?;
    let about = file.metadata().with_context(|| format!("can't read the token file {name}"))?;
    let mode = about.permissions().mode();
    anyhow::ensure!(
        !about.is_file() || mode & OTHERS == 0,
        "others may read the token file {name} (its mode is {:o}); mend it with: chmod 600 {name}",
        mode & 0o777
    );
    let mut text = String::new();
    file.take(FILE_BYTES)
        .read_to_string(&mut text)
        .with_context(|| format!("can't read the token file {name}"))?;
    let token = text.trim();
    let is_one = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    anyhow::ensure!(
        is_one,
        "the token file {name} should hold one token, as `pharos token create` prints it, and nothing \
         else"
    );
    Ok(SecretText::from_typed(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str, mode: u32) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let token = read_token(&path).map_err(|error| format!("{error:#}"))?;
        Ok(token.reveal().to_owned())
    }

    #[test]
    fn only_its_owner_may_be_able_to_read_it() {
        assert_eq!(read("ph_live_abc\n", 0o600).unwrap(), "ph_live_abc");
        assert_eq!(read("ph_live_abc", 0o400).unwrap(), "ph_live_abc");
        for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
            let said = read("ph_live_abc", mode).unwrap_err();
            assert!(said.contains("chmod 600") && !said.contains("ph_live_abc"), "{said}");
        }
    }

    #[test]
    fn it_holds_one_token() {
        for text in ["", "\n", "one two", "one\ntwo\n", "t\u{f6}ken"] {
            let said = read(text, 0o600).unwrap_err();
            assert!(said.contains("should hold one token"), "{text:?}: {said}");
        }
        assert!(read_token(Path::new("/nowhere")).is_err());
    }
}
