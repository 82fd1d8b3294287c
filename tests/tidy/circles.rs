//! Modules that need each other: of any two neighbours in a folder at most one may name the other,
//! directly or through what lies between. Parents and children may know each other.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// A module, from the crate's root down.
type Module = Vec<String>;

/// The circles of one crate, given its files by their path below `src`.
pub(crate) fn circles(files: &[(&str, &Source)]) -> Vec<String> {
    let modules: BTreeMap<Module, &Source> =
        files.iter().map(|(path, source)| (module(path), *source)).collect();
    // Who names whom among the children of one parent, and where.
    let mut names: BTreeMap<Module, BTreeMap<(String, String), String>> = BTreeMap::new();
    for (from, source) in &modules {
        for (path, line) in &source.mentions {
            let Some(to) = target(&modules, from, path, 4) else { continue };
            let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            if let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) {
                let place = format!("{}:{line} names {path}", from.join("/"));
                let edges = names.entry(from[..shared].to_vec()).or_default();
                edges.entry((one.clone(), other.clone())).or_insert(place);
            }
        }
    }
    names.values().flat_map(circles_among).collect()
}

/// Pairs that reach each other, with the place where one names the next.
fn circles_among(edges: &BTreeMap<(String, String), String>) -> Vec<String> {
    let reaches = |from: &String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(at) = next.pop() {
            for (_, to) in edges.keys().filter(|(one, _)| one == at) {
                if seen.insert(to) {
                    next.push(to);
                }
            }
        }
        seen
    };
    let back = edges.iter().filter(|((one, other), _)| reaches(other).contains(one));
    back.map(|((one, other), place)| format!("{one} needs {other} and is needed by it: {place}"))
        .collect()
}

fn module(path: &str) -> Module {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').filter(|name| !["lib", "main"].contains(name)).map(str::to_owned).collect()
}

/// The module of the same crate that a path leads to, also through names that modules lend.
fn target(
    modules: &BTreeMap<Module, &Source>,
    from: &Module,
    path: &str,
    depth: u8,
) -> Option<Module> {
    let mut words = path.split("::").peekable();
    let mut at: Module = match *words.peek()? {
        "crate" => Vec::new(),
        "self" | "super" => from.clone(),
        child => {
            let mut inside = from.clone();
            inside.push(child.to_owned());
            return modules.contains_key(&inside).then_some(inside);
        }
    };
    for word in words {
        match word {
            "crate" | "self" => {}
            "super" => at = at.get(..at.len().checked_sub(1)?)?.to_vec(),
            name => {
                let mut inside = at.clone();
                inside.push(name.to_owned());
                if modules.contains_key(&inside) {
                    at = inside;
                    continue;
                }
                let lent = modules.get(&at).and_then(|source| source.lent.get(name));
                let behind = lent.filter(|_| depth > 0).and_then(|path| {
                    // What another crate lends leads out of this one.
                    target(modules, &at, path, depth - 1)
                });
                return Some(behind.unwrap_or(at));
            }
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let parsed: Vec<_> =
            files.iter().map(|(path, text)| (*path, Source::parse(text).unwrap())).collect();
        circles(&parsed.iter().map(|(path, source)| (*path, source)).collect::<Vec<_>>())
    }

    #[test]
    fn neighbours_that_name_each_other_are_a_circle() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use b::B; pub struct Root;"),
            ("a.rs", "use crate::B; use crate::Root; pub struct A;"),
            ("b/mod.rs", "mod inner; pub struct B;"),
            ("b/inner.rs", "use super::B; fn f() -> crate::a::A { crate::a::A }"),
        ];
        let circles = found(&files);
        assert_eq!(circles.len(), 2, "{circles:?}");
        assert!(circles[0].contains("a:1 names crate::B"), "{circles:?}");
        assert!(circles[1].contains("b/inner:1 names crate::a::A"), "{circles:?}");
    }

    #[test]
    fn a_longer_way_round_is_a_circle_and_a_way_down_is_none() {
        let root = ("lib.rs", "mod a; mod b; mod c;");
        let (a, b) = (("a.rs", "use crate::b;"), ("b.rs", "use crate::c::C;"));
        assert_eq!(found(&[root, a, b, ("c.rs", "use crate::a::A;")]).len(), 3);
        assert_eq!(found(&[root, a, b, ("c.rs", "pub struct C;")]), Vec::<String>::new());
    }
}
