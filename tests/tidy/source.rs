//! Reads one Rust file into the facts that the rules ask about: which paths it names, how long its
//! functions are, which lines are test code.
//!
//! Works on tokens, so comments and strings never count as code and paths inside macros do. Names
//! are resolved through the file's own `use` lines; what a glob import brings in is not seen.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path as it stands in the file, its first name resolved through the file's imports.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) path: String,
    pub(crate) line: usize,
}

/// A function and the lines from `fn` to its closing brace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// What a file says outside its tests.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) mentions: Vec<Mention>,
    pub(crate) functions: Vec<Function>,
    pub(crate) lines: usize,
}

impl Source {
    /// Reads the text of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let tokens: TokenStream = text.parse().map_err(|error| format!("does not lex: {error}"))?;
        let mut reader = Reader::default();
        reader.read(&tokens.into_iter().collect::<Vec<_>>());
        let test_lines: usize = reader.tests.iter().map(|range| range.clone().count()).sum();
        let Reader { imports, mut mentions, functions, .. } = reader;
        for mention in &mut mentions {
            let (first, rest) = mention.path.split_once("::").unwrap_or((&mention.path, ""));
            if let Some(full) = imports.get(first) {
                let tail = if rest.is_empty() { String::new() } else { format!("::{rest}") };
                mention.path = format!("{full}{tail}");
            }
        }
        Ok(Self { mentions, functions, lines: text.lines().count() - test_lines })
    }
}

#[derive(Default)]
struct Reader {
    imports: BTreeMap<String, String>,
    mentions: Vec<Mention>,
    functions: Vec<Function>,
    tests: Vec<RangeInclusive<usize>>,
}

impl Reader {
    fn read(&mut self, tokens: &[TokenTree]) {
        let mut at = 0;
        while at < tokens.len() {
            at = match &tokens[at] {
                TokenTree::Punct(punct) if punct.as_char() == '#' && is_cfg_test(tokens, at) => {
                    self.skip_item(tokens, at)
                }
                TokenTree::Ident(word) if word == "use" => self.read_use(tokens, at + 1),
                TokenTree::Ident(word) if word == "fn" => {
                    self.read_function(tokens, at);
                    at + 1
                }
                TokenTree::Ident(_) => self.read_path(tokens, at),
                TokenTree::Group(group) => {
                    self.read(&inner(group));
                    at + 1
                }
                _ => at + 1,
            };
        }
    }

    /// Notes the lines of the item that begins with `#[cfg(test)]` and passes over it.
    fn skip_item(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let mut at = start;
        while at < tokens.len() && !ends_item(&tokens[at]) {
            at += 1;
        }
        let last = at.min(tokens.len() - 1);
        self.tests.push(tokens[start].span().start().line..=tokens[last].span().end().line);
        at + 1
    }

    /// Reads the tree after `use`, from `at` to its semicolon.
    fn read_use(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let end = tokens[at..]
            .iter()
            .position(|token| is_punct(token, ';'))
            .map_or(tokens.len(), |length| at + length);
        self.read_use_tree("", &tokens[at..end]);
        end + 1
    }

    fn read_use_tree(&mut self, prefix: &str, tree: &[TokenTree]) {
        for branch in tree.split(|token| is_punct(token, ',')) {
            let mut path = prefix.to_owned();
            let mut words = branch.iter();
            let mut line = None;
            let mut renamed = None;
            let mut branches = None;
            while let Some(token) = words.next() {
                match token {
                    TokenTree::Ident(word) if word == "as" => {
                        renamed = words.next().map(ToString::to_string);
                    }
                    // `use a::{self}` imports `a` itself.
                    TokenTree::Ident(word) if word == "self" && !prefix.is_empty() => {
                        line = Some(word.span().start().line);
                    }
                    TokenTree::Ident(word) => {
                        line = line.or(Some(word.span().start().line));
                        path = joined(&path, &word.to_string());
                    }
                    TokenTree::Group(group) => branches = Some(group),
                    _ => {}
                }
            }
            if let Some(group) = branches {
                self.read_use_tree(&path, &inner(group));
            } else if let Some(line) = line {
                let last = path.rsplit("::").next().unwrap_or(&path).to_owned();
                // A path that begins with its own name would resolve to itself for ever.
                if path != last {
                    self.imports.insert(renamed.unwrap_or(last), path.clone());
                }
                self.mentions.push(Mention { path, line });
            }
        }
    }

    fn read_function(&mut self, tokens: &[TokenTree], at: usize) {
        let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else { return };
        let body = tokens[at..].iter().find(|token| ends_item(token));
        if let Some(TokenTree::Group(body)) = body {
            let line = tokens[at].span().start().line;
            let lines = body.span().end().line - line + 1;
            self.functions.push(Function { name: name.to_string(), line, lines });
        }
    }

    /// Reads `a::b::c` from its first name on; a lone name counts, too: it may be an import.
    fn read_path(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let line = tokens[start].span().start().line;
        let mut path = tokens[start].to_string();
        let mut at = start + 1;
        while let [colon, second, TokenTree::Ident(word), ..] = &tokens[at..]
            && is_punct(colon, ':')
            && is_punct(second, ':')
        {
            path = joined(&path, &word.to_string());
            at += 3;
        }
        self.mentions.push(Mention { path, line });
        at
    }
}

/// Whether `#[cfg(test)]` or `#[cfg(all(test, ...))]` stands at `at`.
fn is_cfg_test(tokens: &[TokenTree], at: usize) -> bool {
    let Some(TokenTree::Group(attribute)) = tokens.get(at + 1) else { return false };
    let text: String = attribute.to_string().split_whitespace().collect();
    text == "[cfg(test)]" || text.starts_with("[cfg(all(test,")
}

/// An item ends with its braces or, without them, with a semicolon.
fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        other => is_punct(other, ';'),
    }
}

fn is_punct(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

fn inner(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        Source::parse(text).unwrap().mentions.into_iter().map(|mention| mention.path).collect()
    }

    #[test]
    fn nested_imports_are_written_out() {
        let paths = paths("use std::{env, time::{self, Instant as Clock}};");
        assert_eq!(paths, ["std::env", "std::time", "std::time::Instant"]);
    }

    #[test]
    fn a_renamed_import_does_not_hide_what_is_called() {
        let paths = paths("use std::time::Instant as Clock;\nfn now() { Clock::now(); }");
        assert!(paths.contains(&"std::time::Instant::now".to_owned()), "{paths:?}");
    }

    #[test]
    fn paths_inside_macros_count() {
        let paths = paths("fn a() { assert_eq!(1, std::env::args().count()); }");
        assert!(paths.contains(&"std::env::args".to_owned()), "{paths:?}");
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        let paths = paths("//! std::env\n/* std::env */ const A: &str = \"std::env\";");
        assert!(!paths.contains(&"std::env".to_owned()), "{paths:?}");
    }

    #[test]
    fn test_modules_say_nothing_and_cost_no_lines() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    use std::env;\n}\nfn b() {}\n";
        let source = Source::parse(text).unwrap();
        assert_eq!(source.lines, 2);
        assert!(!source.mentions.iter().any(|mention| mention.path == "std::env"));
        assert_eq!(source.functions.len(), 2);
    }

    #[test]
    fn a_function_reaches_from_its_name_to_its_last_brace() {
        let text = "struct A;\nimpl A {\n    /// Says.\n    fn say<T>(&self) -> T\n    where T: X {\n        1\n    }\n}\n";
        let source = Source::parse(text).unwrap();
        assert_eq!(source.functions, [Function { name: "say".into(), line: 4, lines: 4 }]);
    }

    #[test]
    fn a_function_without_a_body_or_a_function_type_has_no_length() {
        let source = Source::parse("trait T { fn a(&self); }\ntype F = fn(u8) -> u8;").unwrap();
        assert_eq!(source.functions, []);
    }
}
