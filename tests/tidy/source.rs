//! Reads one Rust file into the facts that the rules ask about. Test code says nothing and costs no
//! lines; paths inside macros and what a glob brings in are not seen.

use std::collections::BTreeMap;

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Ident, Item, ItemUse, Path, UseTree, Visibility};

/// What a file says outside its tests.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Paths and their lines, the first name resolved through the file's own imports.
    pub(crate) mentions: Vec<(String, usize)>,
    /// Names that a `use` lends to others, and what stands behind them.
    pub(crate) lent: BTreeMap<String, String>,
    /// Types and traits that it declares.
    pub(crate) types: Vec<String>,
    pub(crate) lines: usize,
    imports: BTreeMap<String, String>,
    test_lines: usize,
}

impl Source {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let file = syn::parse_file(text).map_err(|error| format!("does not parse: {error}"))?;
        let mut source = Self::default();
        source.visit_file(&file);
        source.lines = text.lines().count() - source.test_lines;
        for (path, _) in &mut source.mentions {
            let (first, rest) = path.split_once("::").unwrap_or((path.as_str(), ""));
            if let Some(full) = source.imports.get(first) {
                let tail = if rest.is_empty() { String::new() } else { format!("::{rest}") };
                *path = format!("{full}{tail}");
            }
        }
        Ok(source)
    }

    fn import(&mut self, prefix: &str, tree: &UseTree, lends: bool) {
        let joined = |name: &Ident| match prefix {
            "" => name.to_string(),
            _ => format!("{prefix}::{name}"),
        };
        let (name, path) = match tree {
            UseTree::Path(path) => return self.import(&joined(&path.ident), &path.tree, lends),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|item| self.import(prefix, item, lends));
            }
            UseTree::Glob(_) => return,
            UseTree::Name(name) if name.ident == "self" => (None, prefix.to_owned()),
            UseTree::Name(name) => (Some(name.ident.to_string()), joined(&name.ident)),
            UseTree::Rename(name) => (Some(name.rename.to_string()), joined(&name.ident)),
        };
        let own = || path.rsplit("::").next().unwrap_or(&path).to_owned();
        let name = name.unwrap_or_else(own);
        self.mentions.push((path.clone(), tree.span().start().line));
        if lends {
            self.lent.insert(name.clone(), path.clone());
        }
        // A path that begins with its own name would resolve to itself for ever.
        if path != name {
            self.imports.insert(name, path);
        }
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            _ => &[],
        };
        if attributes.iter().any(is_for_tests) {
            self.test_lines += item.span().end().line - item.span().start().line + 1;
            return;
        }
        match item {
            Item::Struct(item) => self.types.push(item.ident.to_string()),
            Item::Enum(item) => self.types.push(item.ident.to_string()),
            Item::Trait(item) => self.types.push(item.ident.to_string()),
            Item::Type(item) => self.types.push(item.ident.to_string()),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import("", &item.tree, !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !item.attrs.iter().any(is_for_tests) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let names: Vec<_> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        self.mentions.push((names.join("::"), path.span().start().line));
        visit::visit_path(self, path);
    }
}

/// `#[cfg(test)]`, or `#[cfg(all(test, ...))]`.
fn is_for_tests(attribute: &Attribute) -> bool {
    let Ok(list) = attribute.meta.require_list() else { return false };
    let first = list.tokens.to_string();
    list.path.is_ident("cfg") && (first == "test" || first.starts_with("all (test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_written_out_and_resolved_and_tests_say_nothing() {
        let text = "use std::{env, time::{self, Instant as Clock}};\nfn now() { Clock::now(); }\n\
            // std::fs\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        let source = Source::parse(text).unwrap();
        let paths: Vec<_> = source.mentions.iter().map(|(path, _)| path.as_str()).collect();
        let imported = ["std::env", "std::time", "std::time::Instant", "std::time::Instant::now"];
        assert_eq!(paths, imported);
        assert_eq!(source.lines, 3);
    }
}
