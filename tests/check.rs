//! `pharos check`: what is in place, what has to be mended and where, before anything starts.

use harness::{Pharos, Sink};

/// What it says of each thing: the word in front, what was looked at, the rest.
fn findings(pharos: &Pharos) -> (i32, Vec<(String, String, String)>, String) {
    let said = pharos.run(&["check"]);
    let finding = |line: &str| {
        let (mark, rest) = line.split_once(' ')?;
        let (what, text) = rest.trim_start().split_once(' ')?;
        let known = ["ok", "warn", "FAIL"].contains(&mark);
        known.then(|| (mark.to_owned(), what.to_owned(), text.trim().to_owned()))
    };
    (said.code, said.out.lines().filter_map(finding).collect(), said.err)
}

/// Changes the configuration, and asks what is to be mended now.
fn to_mend(pharos: &Pharos, old: &str, new: &str) -> Vec<(String, String)> {
    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    assert!(config.contains(old), "{old}: {config}");
    pharos.write("pharos.toml", config.replace(old, new));
    let (code, findings, err) = findings(pharos);
    pharos.write("pharos.toml", config);
    let bad = findings.iter().filter(|(mark, ..)| mark == "FAIL");
    let bad: Vec<_> = bad.map(|(_, what, text)| (what.clone(), text.clone())).collect();
    assert_eq!(code, i32::from(!bad.is_empty()), "{findings:?}");
    let count = format!("{} of {} checks", bad.len(), findings.len());
    assert!(err.contains(&count), "{count}: {err}");
    bad
}

fn names(folder: std::path::PathBuf) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries.map(|it| it.expect("an entry").file_name()).collect();
    names.sort();
    names
}

#[test]
fn what_is_in_place_is_said_and_nothing_is_changed() {
    let sink = Sink::start();
    let pharos = Pharos::new(sink.port);
    let before = names(pharos.path("pharos-data"));
    let (code, findings, err) = findings(&pharos);
    assert_eq!((code, err.as_str()), (0, ""), "{findings:?}");
    for what in
        ["config", "keys", "disk", "space", "ports", "beacon", "store", "bus", "relay", "names"]
    {
        assert!(findings.iter().any(|it| it.1 == what), "{what}: {findings:?}");
    }
    let of = |what: &str| findings.iter().find(|it| it.1 == what).expect("it is said").clone();
    let (mark, _, text) = of("relay");
    assert_eq!(mark, "ok");
    assert!(text.contains(&format!("127.0.0.1:{} answers", sink.port)), "{text}");
    let (mark, _, text) = of("store");
    assert!(mark == "ok" && text.contains("the first start creates its tables"), "{text}");
    assert_eq!(names(pharos.path("pharos-data")), before);
}

#[test]
fn what_is_wrong_is_named_one_thing_beside_the_other() {
    let sink = Sink::start();
    let pharos = Pharos::new(sink.port);
    let nobody = testkit::free_port();
    let relay = format!("port = {}\n", sink.port);
    let bad = to_mend(&pharos, &relay, &format!("port = {nobody}\n"));
    assert_eq!(bad.len(), 1, "{bad:?}");
    let (what, text) = &bad[0];
    assert!(what == "relay" && text.contains(&format!("127.0.0.1:{nobody}")), "{bad:?}");
    assert!(text.contains("can't connect"), "{text}");

    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    let line = |name: &str| {
        let line = config.lines().find(|line| line.starts_with(&format!("{name} = ")));
        line.expect("a setting").to_owned()
    };
    let (store, bus) = (line("store"), line("bus"));
    let (elsewhere, why) = if pharos.is_cluster() {
        (
            format!("store = \"postgres://nobody@127.0.0.1:{nobody}/none\""),
            "can't reach the database",
        )
    } else {
        ("store = \"sqlite:no-such-folder/pharos.sqlite\"".to_owned(), "no-such-folder")
    };
    let bad = to_mend(&pharos, &store, &elsewhere);
    assert!(bad.len() == 1 && bad[0].0 == "store" && bad[0].1.contains(why), "{bad:?}");
    let away = format!("bus = \"redis://127.0.0.1:{nobody}/\"");
    let bad = to_mend(&pharos, &bus, &away);
    assert!(bad.len() == 1 && bad[0].0 == "bus", "{bad:?}");
    assert!(bad[0].1.contains(&nobody.to_string()), "{bad:?}");

    std::fs::rename(pharos.path("pharos-data/keys"), pharos.path("keys")).expect("they are moved");
    let bad = to_mend(&pharos, &relay, &format!("port = {nobody}\n"));
    let looked_at: Vec<&str> = bad.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(looked_at, ["keys", "relay"], "the first trouble hides no other: {bad:?}");
    assert!(bad[0].1.contains("`pharos init` creates the first key file"), "{bad:?}");
}

#[test]
fn a_configuration_that_makes_no_sense_is_named_with_its_line() {
    let pharos = Pharos::with(1, |text| text.replace("port = 1\n", "port = \"smtp\"\n"));
    let said = pharos.fails(&["check"]);
    let line = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    let line = line.lines().position(|line| line == "port = \"smtp\"").expect("the line") + 1;
    assert!(said.contains(&format!("line {line}")) && said.contains("port"), "{said}");
}

#[test]
fn lists_of_networks_are_read_as_a_start_reads_them() {
    let sink = Sink::start();
    let pharos = Pharos::new(sink.port);
    std::fs::create_dir(pharos.path("networks")).expect("a folder");
    let list = "networks/network-gateway.txt";
    pharos.write(list, "198.51.100.0/24\nnot a network\n");
    let bad = to_mend(&pharos, "[report]\n", "[report]\nnetworks = \"networks\"\n");
    assert!(bad.len() == 1 && bad[0].0 == "networks", "{bad:?}");
    assert!(bad[0].1.contains("network-gateway.txt") && bad[0].1.contains('2'), "{bad:?}");

    pharos.write(list, "198.51.100.0/24\n2001:db8::/32\n");
    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    pharos
        .write("pharos.toml", config.replace("[report]\n", "[report]\nnetworks = \"networks\"\n"));
    let (code, findings, _) = findings(&pharos);
    let read = findings.iter().find(|it| it.1 == "networks").expect("it is said");
    assert_eq!((code, read.0.as_str()), (0, "ok"), "{findings:?}");
}
