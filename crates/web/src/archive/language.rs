//! The language that a browser asks for (RFC 9110 section 12.5.4).

/// The longest header that is looked at, in bytes, and the most languages in it.
const MOST_BYTES: usize = 1_000;
const MOST_TAGS: usize = 20;

/// The first of `known` that the browser would rather have than what it gets without asking.
pub(super) fn preferred<'k>(accept: &str, known: &[&'k str]) -> Option<&'k str> {
    let accept = accept.get(..MOST_BYTES.min(accept.len()))?;
    let mut wanted: Vec<(&str, f32)> = accept.split(',').take(MOST_TAGS).map(range).collect();
    wanted.retain(|(tag, weight)| !tag.is_empty() && *weight > 0.0);
    wanted.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    wanted.iter().find_map(|(tag, _)| {
        let is = |known: &&&str| known.eq_ignore_ascii_case(tag);
        let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let is_close = |known: &&&str| base(known) == base(tag);
        known.iter().find(is).or_else(|| known.iter().find(is_close)).copied()
    })
}

/// `de-AT;q=0.8`
fn range(text: &str) -> (&str, f32) {
    let (tag, parameters) = text.split_once(';').unwrap_or((text, ""));
    let weight = parameters.trim().strip_prefix("q=").map(str::trim);
    (tag.trim(), weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_language_with_the_greatest_weight_is_taken() {
        let known = ["en", "de", "pt-BR"];
        for (accept, expect) in [
            ("de", Some("de")),
            ("fr, de-AT;q=0.7, en;q=0.8", Some("en")),
            ("de-AT", Some("de")),
            ("pt", Some("pt-BR")),
            ("DE;q=0.1,en;q=0", Some("de")),
            ("fr", None),
            ("*", None),
            ("", None),
            (";q=1,,de;q=x", None),
        ] {
            assert_eq!(preferred(accept, &known), expect, "{accept}");
        }
        assert_eq!(preferred(&"é".repeat(2_000), &known), None);
    }
}
