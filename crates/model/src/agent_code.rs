//! User agents in few bytes: what nearly all of them have in common is one byte each.
//!
//! Invariants: what is packed is unpacked as it was, whatever its bytes; a phrase keeps its place for good,
//! because journals of every release are read by it: phrases may be added, at the end.

use std::sync::LazyLock;

/// The byte of the first phrase; those below stand for themselves.
const FIRST: u8 = 0x80;
/// The next byte stands for itself, whatever it is.
const LITERAL: u8 = 0xff;

/// At most 127.
const PHRASES: [&str; 106] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/5.0 (iPhone; CPU iPhone OS ",
    "Mozilla/5.0 (iPad; CPU OS ",
    " like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    " Mobile/15E148",
    " Safari/604.1",
    " Safari/537.36",
    ".0.0.0 Safari/537.36",
    ".0.0.0 Mobile Safari/537.36",
    ".0.0.0 Safari/537.36 Edg/",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:",
    "Mozilla/5.0 (X11; Linux x86_64; rv:",
    ".0) Gecko/20100101 Firefox/",
    ".0) Gecko/20100101 Thunderbird/",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; ",
    "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "; .NET4.0C; .NET4.0E; .NET CLR 2.0.50727; .NET CLR 3.0.30729; .NET CLR 3.5.30729; ",
    "Microsoft Outlook 16.0.",
    "ms-office; MSOffice 16)",
    "; Pro)",
    "Mozilla/5.0 (compatible; ",
    "Mozilla/5.0 (Linux; Android ",
    "Mozilla/5.0 (Windows NT ",
    "Mozilla/5.0 (Macintosh; ",
    "Mozilla/5.0 (",
    "Mozilla/5.0",
    "Mozilla/4.0 (",
    ") AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
    ") AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "AppleWebKit/",
    " (KHTML, like Gecko)",
    "Googlebot/2.1; +http://www.google.com/bot.html)",
    "bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "BingPreview/1.0b",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Barracuda Sentinel (EE)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mimecast",
    "proofpoint",
    "SafeLinks",
    "Outlook-iOS/",
    "Outlook-Android/",
    "Outlook/",
    "Thunderbird/",
    "SamsungBrowser/",
    " Version/",
    " Chrome/",
    " Safari/",
    " Firefox/",
    " Mobile",
    " CriOS/",
    " FxiOS/",
    " GSA/",
    " EdgA/",
    " EdgiOS/",
    " Edg/",
    " OPR/",
    " YaBrowser/",
    " Gecko/20100101 ",
    " Gecko",
    " Build/",
    "; wv)",
    " Electron/",
    "HeadlessChrome/",
    "; SM-",
    "; Pixel ",
    "Android ",
    "Windows NT 10.0",
    "Windows NT 6.1",
    "Win64; x64",
    "WOW64",
    "X11; ",
    "Ubuntu; ",
    "Linux x86_64",
    "Linux ",
    "Intel Mac OS X ",
    "10_15_7",
    "python-requests/",
    "python-urllib3/",
    "aiohttp/",
    "Go-http-client/",
    "Apache-HttpClient/",
    "okhttp/",
    "curl/",
    "Wget/",
    "axios/",
    "node-fetch",
    "Java/",
    "https://",
    "http://",
    "compatible; ",
    "(compatible)",
    "+https://",
    ".html)",
    ".0.0.0",
    "26.",
    "_0",
    "/20",
];

/// A phrase, and the byte that stands for it.
type CodedPhrase = (&'static [u8], u8);

/// Phrases by their first byte, the longest first.
static BY_FIRST: LazyLock<[Vec<CodedPhrase>; 128]> = LazyLock::new(|| {
    let mut all = [const { Vec::new() }; 128];
    for (code, phrase) in (FIRST..LITERAL).zip(PHRASES) {
        let first = phrase.bytes().next().map_or(0, usize::from);
        if let Some(list) = all.get_mut(first) {
            list.push((phrase.as_bytes(), code));
        }
    }
    for list in &mut all {
        list.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
    }
    all
});

/// Appends the agent in few bytes; false, and nothing appended, when that takes no fewer.
pub(crate) fn pack(agent: &[u8], out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let mut rest = agent;
    while let Some((&first, after)) = rest.split_first() {
        let fitting = BY_FIRST.get(usize::from(first)).into_iter().flatten();
        match fitting.into_iter().find(|(phrase, _)| rest.starts_with(phrase)) {
            Some((phrase, code)) => {
                out.push(*code);
                rest = rest.get(phrase.len()..).unwrap_or_default();
            }
            None => {
                if first >= FIRST {
                    out.push(LITERAL);
                }
                out.push(first);
                rest = after;
            }
        }
    }
    let is_shorter = out.len() - start < agent.len();
    if !is_shorter {
        out.truncate(start);
    }
    is_shorter
}

/// What was packed; nothing when that is not what these bytes are, or it has more than `most`.
pub(crate) fn unpack(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut agent = Vec::with_capacity(most.min(128));
    let mut bytes = packed.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            LITERAL => agent.push(*bytes.next()?),
            FIRST.. => agent.extend_from_slice(PHRASES.get(usize::from(byte - FIRST))?.as_bytes()),
            plain => agent.push(plain),
        }
        if agent.len() > most {
            return None;
        }
    }
    Some(agent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(agent: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        assert!(pack(agent, &mut out), "{}", String::from_utf8_lossy(agent));
        assert_eq!(unpack(&out, 255).as_deref(), Some(agent));
        out
    }

    #[test]
    fn usual_agents_take_few_bytes() {
        let usual = [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/142.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
             Gecko) Mobile/15E148",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0",
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            "Mozilla/5.0",
            "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
        ];
        for agent in usual {
            assert!(packed(agent.as_bytes()).len() <= 16, "{agent}");
        }
    }

    /// Journals that were written before are read by these places.
    #[test]
    fn phrases_keep_their_places() {
        let places = [(0, 88), (7, 35), (32, 13), (69, 5), (105, 3)];
        for (at, length) in places {
            assert_eq!(PHRASES[at].len(), length, "{at}: {:?}", PHRASES[at]);
        }
        let sum = |sum: u32, byte: u8| sum.wrapping_mul(31).wrapping_add(u32::from(byte));
        let all = PHRASES.join("\n").bytes().fold(7, sum);
        assert_eq!(all, 4_217_950_435, "a phrase that was changed makes journals unreadable");
    }

    #[test]
    fn phrases_are_ascii_and_stand_once() {
        let mut sorted = PHRASES.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), PHRASES.len());
        assert!(PHRASES.len() <= usize::from(LITERAL - FIRST));
        assert!(PHRASES.iter().all(|it| it.is_ascii() && it.len() > 1));
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked_as_it_was(
            parts in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(PHRASES.to_vec()).prop_map(|it| it.as_bytes().to_vec()),
                    prop::collection::vec(any::<u8>(), 0..6),
                ],
                0..6,
            ),
        ) {
            let agent = parts.concat();
            let mut out = vec![7];
            match pack(&agent, &mut out) {
                true => {
                    prop_assert!(out.len() <= agent.len());
                    prop_assert_eq!(unpack(&out[1..], agent.len()), Some(agent.clone()));
                    prop_assert_eq!(unpack(&out[1..], agent.len() - 1), None);
                }
                false => prop_assert_eq!(out, [7]),
            }
        }

        #[test]
        fn no_bytes_unpack_to_more_than_is_allowed(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            most in 0_usize..300,
        ) {
            prop_assert!(unpack(&bytes, most).is_none_or(|agent| agent.len() <= most));
        }
    }
}
