//! The house stays tidy: who may import whom, which modules need each other, where a driver is
//! named, how long files grow. ARCHITECTURE.md gives the reasons at length.
//!
//! Looks at manifests and syntax only. What the compiler already refuses (naming a crate that is
//! not declared) is not checked again here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't read its input fails")]

mod circles;
mod rules;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use source::Source;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn crates() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps();
    let packages = command.exec().unwrap().packages.into_iter();
    packages.filter(|package| package.manifest_path.starts_with(root().join("crates"))).collect()
}

/// Every Rust file below a crate's `src` that is not test code, by crate and path.
fn sources() -> BTreeMap<String, Vec<(String, Source)>> {
    let read = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (src, mut files) = (folder.join("src"), Vec::new());
        collect(&src, &src, &mut files);
        (name, files)
    };
    sorted(&root().join("crates")).into_iter().map(read).collect()
}

fn collect(folder: &Path, src: &Path, files: &mut Vec<(String, Source)>) {
    for path in sorted(folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" {
                collect(&path, src, files);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let short = path.strip_prefix(src).unwrap().to_string_lossy().into_owned();
            let source = Source::parse(&fs::read_to_string(&path).unwrap());
            files.push((short, source.unwrap_or_else(|why| panic!("{}: {why}", path.display()))));
        }
    }
}

fn sorted(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[track_caller]
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// What a rule says of every file.
fn complaints<C: IntoIterator<Item = String>>(
    rule: impl Fn(&str, &str, &Source) -> C,
) -> Vec<String> {
    let sources = sources();
    let files = sources.iter().flat_map(|(owner, files)| files.iter().map(move |it| (owner, it)));
    files
        .flat_map(|(owner, (file, source))| rule(owner, &format!("{owner}/{file}"), source))
        .collect()
}

#[test]
fn crates_import_only_what_the_house_plan_allows() {
    let complaints: Vec<_> = crates()
        .iter()
        .flat_map(|package| {
            let declared = |dev: bool| {
                let kind = |it: &&cargo_metadata::Dependency| {
                    (it.kind == DependencyKind::Development) == dev
                };
                package
                    .dependencies
                    .iter()
                    .filter(kind)
                    .map(|it| it.name.as_str())
                    .collect::<Vec<_>>()
            };
            rules::imports(&package.name, &declared(false), &declared(true))
        })
        .collect();
    none(&complaints);
}

#[test]
fn modules_of_one_folder_form_no_circles() {
    let of = |(owner, files): (&String, &Vec<(String, Source)>)| {
        let files: Vec<_> = files.iter().map(|(path, source)| (path.as_str(), source)).collect();
        let found = circles::circles(&files).into_iter();
        found.map(|circle| format!("{owner}: {circle}")).collect::<Vec<_>>()
    };
    let sources = sources();
    none(&sources.iter().flat_map(of).collect::<Vec<_>>());
}

#[test]
fn drivers_clocks_and_the_environment_are_named_only_where_they_live() {
    none(&complaints(rules::misplaced));
}

#[test]
fn a_type_has_its_name_for_itself_in_its_crate() {
    let twice = |(owner, files): (&String, &Vec<(String, Source)>)| {
        let mut first = BTreeMap::new();
        let named =
            files.iter().flat_map(|(file, source)| source.types.iter().map(move |it| (it, file)));
        let again = named.filter_map(|(name, file)| Some((name, file, first.insert(name, file)?)));
        let said =
            again.map(|(name, file, other)| format!("{owner}: {name} in {other} and in {file}"));
        said.collect::<Vec<_>>()
    };
    none(&sources().iter().flat_map(twice).collect::<Vec<_>>());
}

#[test]
fn files_stay_within_their_budget() {
    none(&complaints(|_, file, source| rules::budget(file, source)));
}

#[test]
fn a_folder_bears_its_crates_name() {
    for package in crates() {
        let folder = package.manifest_path.parent().unwrap();
        assert_eq!(folder.file_name(), Some(package.name.as_str()), "reading the tree is enough");
    }
}
