//! The house stays tidy: who may import whom, which room a driver lives in, how long files and
//! functions grow. Every rule says its reason when it fails; ARCHITECTURE.md says it at length.
//!
//! Looks at manifests and tokens only. What the compiler already refuses (naming a crate that is
//! not declared) is not checked again here.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't read its input fails")]

mod rules;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use rules::{Complaint, Excused, Manifest};
use source::Source;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The packages under `crates/`, with the text of their manifests.
fn crates() -> Vec<(Package, String)> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps();
    let packages = command.exec().unwrap().packages;
    packages
        .into_iter()
        .filter(|package| package.manifest_path.starts_with(root().join("crates")))
        .map(|package| {
            let text = fs::read_to_string(&package.manifest_path).unwrap();
            (package, text)
        })
        .collect()
}

fn manifest<'a>(package: &'a Package, text: &'a str) -> Manifest<'a> {
    let names = |dev: bool| {
        package
            .dependencies
            .iter()
            .filter(|dependency| (dependency.kind == DependencyKind::Development) == dev)
            .map(|dependency| dependency.name.as_str())
            .collect::<BTreeSet<_>>()
    };
    Manifest { name: &package.name, text, normal: names(false), dev: names(true) }
}

/// Every Rust file of the crates that is not test code, as (crate, path from the root, facts).
fn sources() -> Vec<(String, String, Source)> {
    let mut files = Vec::new();
    for entry in sorted(&root().join("crates")) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        collect(&entry, &mut files, &name);
    }
    files
}

fn collect(folder: &Path, files: &mut Vec<(String, String, Source)>, owner: &str) {
    for path in sorted(folder) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["tests", "benches", "examples", "fuzz", "target"].contains(&name.as_str()) {
                collect(&path, files, owner);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let short = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            let source = Source::parse(&text).unwrap_or_else(|why| panic!("{short}: {why}"));
            files.push((owner.to_owned(), short, source));
        }
    }
}

fn sorted(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[track_caller]
fn none(complaints: &[Complaint]) {
    let text: Vec<String> = complaints.iter().map(ToString::to_string).collect();
    assert!(complaints.is_empty(), "\n{}\n", text.join("\n"));
}

#[test]
fn crates_import_only_what_the_house_plan_allows() {
    let complaints: Vec<_> = crates()
        .iter()
        .flat_map(|(package, text)| rules::check_imports(&manifest(package, text)))
        .collect();
    none(&complaints);
}

#[test]
fn drivers_are_declared_only_where_they_live() {
    let complaints: Vec<_> = crates()
        .iter()
        .flat_map(|(package, text)| rules::check_declared_drivers(&manifest(package, text)))
        .collect();
    none(&complaints);
}

#[test]
fn drivers_are_named_only_where_they_live() {
    let complaints: Vec<_> = sources()
        .iter()
        .flat_map(|(owner, file, source)| rules::check_named_drivers(owner, file, source))
        .collect();
    none(&complaints);
}

#[test]
fn files_and_functions_stay_within_their_budget() {
    let mut excused = Excused::default();
    let mut complaints: Vec<_> = sources()
        .iter()
        .flat_map(|(_, file, source)| rules::check_budget(file, source, &mut excused))
        .collect();
    complaints.extend(excused.unneeded());
    none(&complaints);
}

#[test]
fn a_folder_bears_its_crates_name() {
    for (package, _) in crates() {
        let folder = package.manifest_path.parent().unwrap();
        assert_eq!(
            folder.file_name(),
            Some(package.name.as_str()),
            "{folder}: a folder's name is the crate's name, so that reading the tree is enough"
        );
    }
}
