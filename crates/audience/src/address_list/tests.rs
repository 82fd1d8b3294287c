use super::*;

/// What a list says: addresses, and the lines that are none with the reason.
fn read(list: &[u8], column: Option<&str>) -> Result<(Vec<String>, Vec<String>), ImportError> {
    let keys = Keyring::generate().unwrap();
    let mut list = AddressList::open(list, column)?;
    let (mut addresses, mut wrong) = (Vec::new(), Vec::new());
    while let Some((line, address)) = list.next(&keys)? {
        match address {
            Ok(address) => addresses.push(address.email_key),
            Err(reject) => wrong.push(format!("{line}: {}", reject.reason)),
        }
    }
    Ok((addresses, wrong))
}

#[test]
fn a_list_is_one_address_a_line_or_a_column_of_a_file() {
    let both = ["ann@x.org", "bob@xn--mnchen-3ya.example"];
    for list in [
        "ann@x.org\nbob@münchen.example\n",
        "\u{feff}Ann@X.org\r\nbob@MÜNCHEN.example",
        "\"ann@x.org\"\r\"bob@münchen.example\"\r\r",
        "email\nann@x.org\nbob@münchen.example\n",
        "Name;E-Mail\nAnn;ann@x.org\n;;\nBob;bob@münchen.example\n",
        "\"Name\";\"E-Mail\"\n\"Ann\";\"ann@x.org\"\n\"Bob\";\"bob@münchen.example\"\n",
        "sep=;\nE-Mail;status;status\nann@x.org;gone;1\nbob@münchen.example;;\n",
    ] {
        let (addresses, wrong) = read(list.as_bytes(), None).unwrap();
        assert_eq!((&addresses[..], wrong.len()), (&both.map(String::from)[..], 0), "{list:?}");
    }
}

#[test]
fn a_column_is_found_by_the_name_that_is_given() {
    let list = b"email,private\nann@x.org,ann@home.org\n";
    assert_eq!(read(list, Some("Private")).unwrap().0, ["ann@home.org"]);
    let unknown = read(list, Some("Mail")).unwrap_err().to_string();
    assert!(unknown.contains("email, private"), "{unknown}");
}

#[test]
fn a_line_that_is_no_address_is_told_by_its_number_and_never_repeated() {
    let list = b"ann@x.org\n\nAnn Example\nbob@x.org,Bob\neve@@x.org\n";
    let (addresses, wrong) = read(list, None).unwrap();
    assert_eq!(addresses, ["ann@x.org"]);
    let numbers: Vec<&str> = wrong.iter().filter_map(|it| it.split(':').next()).collect();
    assert_eq!(numbers, ["3", "4", "5"]);
    for words in ["Ann", "bob", "eve", "x.org"] {
        assert!(wrong.iter().all(|it| !it.contains(words)), "{wrong:?}");
    }
    let mut file = Vec::new();
    let why = Reject { column: "E-Mail".into(), reason: "it has no @".into() };
    reject(&mut file, 0, 3, &why).unwrap();
    reject(&mut file, 1, 9, &why).unwrap();
    let file = String::from_utf8(file).unwrap();
    assert_eq!(file, "line,column,reason\n3,E-Mail,it has no @\n9,E-Mail,it has no @\n");
}

#[test]
fn what_is_no_list_is_refused() {
    for (list, words) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04", ".xlsx"),
        (b"a\0n\0n\0@\0x\0.\0o\0r\0g\0", "UTF-16"),
        (b"\x1f\x8b", "gzip"),
        (b"ann@x.org,bob@x.org\n", "the first line has an address"),
        (b"name,city\nann,Rome\n", "no column is called email"),
    ] {
        let problem = read(list, None).unwrap_err().to_string();
        assert!(problem.contains(words), "{problem}");
    }
}
