//! A user agent in a few words for people. Whoever sent it may have written anything.

/// Names in agents, the most telling first, and what people call them.
const PROGRAMS: [(&str, &str); 15] = [
    ("GoogleImageProxy", "Gmail’s image proxy"),
    ("YahooMailProxy", "Yahoo’s image proxy"),
    ("Thunderbird", "Thunderbird"),
    ("ms-office", "Outlook"),
    ("Microsoft Outlook", "Outlook"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("AppleWebKit", "Apple Mail"),
    ("curl/", "curl"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];
/// More of an unknown agent tells people nothing.
const SHOWN: usize = 60;

/// `Firefox on Linux`; an unknown one as it was written, shortened; None for an empty one.
pub(crate) fn client_words(agent: &[u8]) -> Option<String> {
    let agent = String::from_utf8_lossy(agent);
    let find = |known: &[(&str, &'static str)]| {
        known.iter().find(|(part, _)| agent.contains(part)).map(|(_, words)| *words)
    };
    match (find(&PROGRAMS), find(&SYSTEMS)) {
        (Some(program), _) if program.contains("proxy") => Some(program.to_owned()),
        (Some(program), Some(system)) => Some(format!("{program} on {system}")),
        (Some(program), None) => Some(program.to_owned()),
        (None, _) => unknown(&agent),
    }
}

fn unknown(agent: &str) -> Option<String> {
    let plain = |character: char| if character.is_control() { ' ' } else { character };
    let shown: String = agent.chars().map(plain).take(SHOWN).collect();
    let shown = shown.trim();
    (!shown.is_empty()).then(|| format!("a program called “{shown}”"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_told_in_words() {
        let firefox = b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(client_words(firefox).unwrap(), "Firefox on Linux");
        let gmail = b"Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
        assert_eq!(client_words(gmail).unwrap(), "Gmail’s image proxy");
        assert_eq!(client_words(b"\x00\n"), None);
        let long = client_words(&[b'x'; 900]).unwrap();
        assert_eq!(long, format!("a program called “{}”", "x".repeat(60)));
        assert_eq!(client_words(b"<b>\n\xff").unwrap(), "a program called “<b> \u{fffd}”");
    }
}
