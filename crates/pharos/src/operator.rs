//! The user of the operating system who runs a command, for the audit log.

/// Where systems keep the names of their users.
const USERS: &str = "/etc/passwd";

/// Such as `ann (command line)`, or `root, for ann (command line)` with sudo.
pub(crate) fn operator() -> String {
    let uid = rustix::process::getuid().as_raw();
    let users = std::fs::read_to_string(USERS).unwrap_or_default();
    let sudo = std::env::var_os("SUDO_USER").map(|name| name.to_string_lossy().into_owned());
    described(uid, &users, sudo.as_deref())
}

fn described(uid: u32, users: &str, sudo: Option<&str>) -> String {
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next(), fields.next()?);
        (id.parse() == Ok(uid)).then(|| name.to_owned())
    });
    // Users of a directory stand in no file.
    let name = named.unwrap_or_else(|| format!("user {uid}"));
    match sudo.filter(|sudo| !sudo.is_empty() && *sudo != name) {
        Some(sudo) => format!("{name}, for {sudo} (command line)"),
        None => format!("{name} (command line)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_called_by_name_else_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n";
        assert_eq!(described(1_000, users, None), "ann (command line)");
        assert_eq!(described(1_001, users, None), "user 1001 (command line)");
        assert_eq!(described(0, users, Some("ann")), "root, for ann (command line)");
        assert_eq!(described(0, users, Some("root")), "root (command line)");
        assert_eq!(described(0, "", Some("")), "user 0 (command line)");
    }
}
