//! What something is called: in the library, and by its recipients.

/// The longest name in the library, and of an attachment.
const NAME_CHARS: usize = 80;

/// The name that announcements use: letters a to z, digits, hyphens, and the ending of its kind. Nothing
/// when no letter or digit is left.
pub(crate) fn library_name(file_name: &str, extension: &str) -> Option<String> {
    let stem = stem_of(file_name);
    let mut name = String::new();
    for c in stem.chars() {
        match plain(c) {
            Some(letters) => name.push_str(letters),
            None if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
            // What an accent of its own stands for, after its letter.
            None if matches!(c, '\u{300}'..='\u{36f}') => {}
            None if !name.is_empty() && !name.ends_with('-') => name.push('-'),
            None => {}
        }
    }
    let most = NAME_CHARS - extension.len() - 1;
    let name: String = name.chars().take(most).collect();
    let name = name.trim_end_matches('-');
    (!name.is_empty()).then(|| format!("{name}.{extension}"))
}

/// The name that recipients see: without a path, characters that steer a terminal, a header or the
/// direction of writing, and what no file system takes.
pub(crate) fn shown_name(file_name: &str, extension: &str) -> Option<String> {
    let stem: String = stem_of(file_name).chars().filter(|c| is_shown(*c)).collect();
    let words: Vec<&str> = stem.split_whitespace().collect();
    let stem: String = words.join(" ").chars().take(NAME_CHARS).collect();
    let stem = stem.trim_matches(['.', ' ']);
    (!stem.is_empty()).then(|| format!("{stem}.{extension}"))
}

fn is_shown(c: char) -> bool {
    let steers = matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}');
    !c.is_control() && !steers && !"\"\\/:*?<>|%;'".contains(c)
}

/// Without folders in front and the last ending.
fn stem_of(file_name: &str) -> &str {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// The ending of a file's name, in small letters.
pub(crate) fn extension_of(file_name: &str) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    name.rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_ascii_lowercase())
}

/// Letters of European languages as people write them without their keys.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' | 'À' | 'Á' | 'Â' | 'Ã' | 'Å' => {
            "a"
        }
        'ä' | 'æ' | 'Ä' | 'Æ' => "ae",
        'ç' | 'ć' | 'č' | 'Ç' | 'Ć' | 'Č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' | 'È' | 'É' | 'Ê' | 'Ë' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' | 'İ' => "i",
        'ł' | 'Ł' => "l",
        'ñ' | 'ń' | 'ň' | 'Ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ő' | 'Ò' | 'Ó' | 'Ô' | 'Õ' => "o",
        'ö' | 'ø' | 'œ' | 'Ö' | 'Ø' => "oe",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' | 'Š' | 'Ś' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' | 'Ù' | 'Ú' | 'Û' => "u",
        'ü' | 'Ü' => "ue",
        'ý' | 'ÿ' | 'Ý' => "y",
        'ź' | 'ż' | 'ž' | 'Ž' | 'Ż' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_library_name_is_what_one_can_type() {
        for (file, expect) in [
            ("Timeline.PNG", Some("timeline.png")),
            ("/tmp/Tagesordnung für Mai (final).pdf", Some("tagesordnung-fuer-mai-final.png")),
            ("C:\\Users\\ann\\Café de\u{301}.doc", Some("cafe-de.png")),
            ("archive.tar.gz", Some("archive-tar.png")),
            ("../../etc/passwd", Some("passwd.png")),
            ("a\r\nBcc: x@y.z.png", Some("a-bcc-x-y-z.png")),
            ("日本語.pdf", None),
            ("....", None),
            ("", None),
        ] {
            assert_eq!(library_name(file, "png").as_deref(), expect, "{file}");
        }
        assert_eq!(library_name(&"x".repeat(500), "png").unwrap().len(), NAME_CHARS);
    }

    #[test]
    fn recipients_see_the_name_without_what_could_harm() {
        for (file, expect) in [
            ("Tagesordnung für Mai.pdf", Some("Tagesordnung für Mai.pdf")),
            ("日本語 議事録.pdf", Some("日本語 議事録.pdf")),
            ("../../a\"b\r\nBcc: x.pdf", Some("abBcc x.pdf")),
            // Shown as "invoiceexe.pdf", and is something else.
            ("invoice\u{202e}fdp.exe", Some("invoicefdp.pdf")),
            ("\u{200b}.pdf", None),
            (".pdf", Some("pdf.pdf")),
        ] {
            assert_eq!(shown_name(file, "pdf").as_deref(), expect, "{file}");
        }
    }

    proptest! {
        #[test]
        fn no_name_breaks_out(file in "\\PC*|(?s).*") {
            if let Some(name) = library_name(&file, "pdf") {
                prop_assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)));
                prop_assert_eq!(name.matches('.').count(), 1);
                prop_assert_eq!(library_name(&name, "pdf"), Some(name), "stays as it is");
            }
            if let Some(name) = shown_name(&file, "pdf") {
                prop_assert!(!name.contains(['/', '\\', '"', '\r', '\n', '%', '\0']));
                prop_assert!(name.chars().count() <= NAME_CHARS + 4);
            }
        }
    }
}
