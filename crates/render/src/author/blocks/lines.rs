//! What each line of a body in Markdown is: text, a fence of colons, or tags alone on their line.
//!
//! Invariant: a line inside code, a comment or MJML is nothing else, whatever it looks like.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::block::Directive;
use crate::html::markup::Span;
use crate::placeholders::{Hole, Piece, Placeholders};

/// How all Markdown is read.
pub(crate) const MARKDOWN: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);
const FENCE: &str = ":::";
pub(crate) const WHITE_SPACE: [char; 3] = [' ', '\t', '\n'];
/// Ends a paragraph, and neither code nor a comment: stands for a line that begins something.
const BREAK: &str = "___";

/// What a tag does to the group that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ControlRole {
    Opens { is_loop: bool },
    Continues,
    Closes,
}

/// A body whose tags are placeholders.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MarkedBody<'a> {
    pub(crate) text: &'a str,
    pub(crate) placeholders: &'a Placeholders,
    /// What each tag that decides does, by its number.
    pub(crate) roles: &'a [ControlRole],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockLine {
    /// With its line break.
    pub(crate) span: Span,
    pub(crate) kind: LineKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineKind {
    Blank,
    Text,
    /// Inside code or a comment.
    Verbatim,
    /// Inside MJML.
    Mjml,
    /// A fence with what stands behind its colons.
    Opens(String),
    Closes,
    /// Tags that decide, by their numbers.
    Controls(Vec<usize>),
    /// The same among the rows of a table.
    TableControls(Vec<usize>),
    /// The same inside HTML.
    HtmlControls(Vec<usize>),
}

impl<'a> MarkedBody<'a> {
    pub(crate) fn get(self, span: &Span) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The tags that decide in a text, by their numbers.
    pub(crate) fn controls_in(self, text: &str) -> Vec<usize> {
        let pieces = self.placeholders.split(text).unwrap_or_default();
        let number = |piece: &Piece<'_>| match piece {
            Piece::Hole(Hole::Control(number)) => Some(*number),
            _ => None,
        };
        pieces.iter().filter_map(number).collect()
    }

    pub(crate) fn lines(self) -> Vec<BlockLine> {
        let mut at = 0;
        let mut lines = Vec::new();
        for line in self.text.split_inclusive('\n') {
            let kind = match fence(line) {
                Some("") => LineKind::Closes,
                Some(words) => LineKind::Opens(words.to_owned()),
                None if self.placeholders.only_controls(line) => {
                    LineKind::Controls(self.controls_in(line))
                }
                None if trimmed(line).is_empty() => LineKind::Blank,
                None => LineKind::Text,
            };
            lines.push(BlockLine { span: at..at + line.len(), kind });
            at += line.len();
        }
        self.find_mjml(&mut lines);
        self.find_enclosed(&mut lines);
        self.find_tables(&mut lines);
        lines
    }

    /// The lines of a text that contains no fence, whatever it looks like.
    pub(crate) fn text_lines(self) -> Vec<BlockLine> {
        let mut at = 0;
        let mut lines = Vec::new();
        for line in self.text.split_inclusive('\n') {
            lines.push(BlockLine { span: at..at + line.len(), kind: LineKind::Text });
            at += line.len();
        }
        self.find_enclosed(&mut lines);
        lines
    }

    /// What stands between a fence `mjml` and the next that closes.
    fn find_mjml(self, lines: &mut [BlockLine]) {
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            at += 1;
            let LineKind::Opens(words) = &line.kind else { continue };
            if Directive::parse(words) != Some(Directive::Mjml) {
                continue;
            }
            let rest = lines.get_mut(at..).unwrap_or_default();
            // One that is never closed is a mistake, and hides no other.
            let Some(end) = rest.iter().position(|it| it.kind == LineKind::Closes) else { return };
            rest.iter_mut().take(end).for_each(|it| it.kind = LineKind::Mjml);
            at += end + 1;
        }
    }

    /// Finds what code and comments contain, and the tags inside HTML.
    fn find_enclosed(self, lines: &mut [BlockLine]) {
        let mut probe = String::with_capacity(self.text.len());
        let mut starts = Vec::with_capacity(lines.len());
        for BlockLine { span, kind } in lines.iter() {
            let line = self.get(span);
            let indent = line.get(..line.len() - line.trim_start_matches(' ').len());
            let indent = indent.filter(|it| it.len() < 4).unwrap_or_default();
            let stand_in = match kind {
                LineKind::Opens(_) | LineKind::Closes => {
                    probe.push('\n');
                    &format!("{indent}{BREAK}\n\n")
                }
                LineKind::Controls(_) => &format!("{indent}{BREAK}\n"),
                LineKind::Mjml => "\n",
                _ => line,
            };
            starts.push(probe.len());
            probe.push_str(stand_in);
        }
        for (event, span) in Parser::new_ext(&probe, MARKDOWN).into_offset_iter() {
            let is_html = match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => false,
                Event::Start(Tag::HtmlBlock) => !keeps_empty_lines(probe.get(span.clone())),
                _ => continue,
            };
            let first = starts.partition_point(|start| *start <= span.start);
            let end = starts.partition_point(|start| *start < span.end);
            for line in lines.get_mut(first..end).unwrap_or_default() {
                match (&mut line.kind, is_html) {
                    (LineKind::Controls(numbers), true) => {
                        line.kind = LineKind::HtmlControls(std::mem::take(numbers));
                    }
                    (_, true) => {}
                    (kind, false) => *kind = LineKind::Verbatim,
                }
            }
        }
    }

    fn find_tables(self, lines: &mut [BlockLine]) {
        let mut at = 0;
        while at < lines.len() {
            let rest = lines.get_mut(at..).unwrap_or_default();
            if !self.begins_table(rest) {
                at += 1;
                continue;
            }
            let rows = self.rows(rest).max(1);
            for line in rest.iter_mut().take(rows) {
                if let LineKind::Controls(numbers) = &mut line.kind {
                    line.kind = LineKind::TableControls(std::mem::take(numbers));
                }
            }
            at += rows;
        }
    }

    /// Whether a table begins here: a row, and a line of hyphens below it.
    fn begins_table(self, lines: &[BlockLine]) -> bool {
        let is_rule = |line: &str| {
            line.contains('-') && trimmed(line).chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
        };
        match lines {
            [row, rule, ..] if row.kind == LineKind::Text && rule.kind == LineKind::Text => {
                let (row, rule) = (self.get(&row.span), self.get(&rule.span));
                row.contains('|') && rule.contains('|') && is_rule(rule)
            }
            _ => false,
        }
    }

    /// How many of `lines`, which begin a table, belong to it. A line that decides belongs to it when
    /// what it opens or closes does.
    fn rows(self, lines: &[BlockLine]) -> usize {
        let (mut open, mut end) = (0_usize, 0);
        for (at, line) in lines.iter().enumerate() {
            match &line.kind {
                LineKind::Controls(numbers) => {
                    for number in numbers {
                        match self.roles.get(*number) {
                            Some(ControlRole::Opens { .. }) => open += 1,
                            Some(_) if open == 0 => return end,
                            Some(ControlRole::Closes) => open -= 1,
                            _ => {}
                        }
                    }
                }
                LineKind::Text if self.get(&line.span).contains('|') => {}
                _ => return end,
            }
            if open == 0 {
                end = at + 1;
            }
        }
        end
    }
}

/// The text without the white space around it: Markdown knows no other than this.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(WHITE_SPACE)
}

/// Whether an HTML block goes on behind empty lines: then nothing in it is Markdown.
fn keeps_empty_lines(html: Option<&str>) -> bool {
    let html = html.unwrap_or_default().trim_start().to_ascii_lowercase();
    ["<!", "<?", "<pre", "<script", "<style", "<textarea"].iter().any(|it| html.starts_with(it))
}

/// What stands behind the colons of a fence.
fn fence(line: &str) -> Option<&str> {
    let rest = behind_indent(line).strip_prefix(FENCE)?;
    Some(trimmed(rest.trim_start_matches(':')))
}

fn behind_indent(line: &str) -> &str {
    let rest = line.trim_start_matches(' ');
    if line.len() - rest.len() < 4 { rest } else { line }
}

/// A line of text as it is meant: a backslash keeps colons from being a fence.
pub(crate) fn without_backslash(line: &str) -> String {
    let rest = behind_indent(line);
    match rest.strip_prefix('\\') {
        Some(behind) if behind.trim_start_matches('\\').starts_with(FENCE) => {
            format!("{}{behind}", line.strip_suffix(rest).unwrap_or_default())
        }
        _ => line.to_owned(),
    }
}

/// A line of text as it has to be written so that it is no fence.
pub(crate) fn with_backslash(line: &str) -> String {
    let rest = behind_indent(line);
    match rest.trim_start_matches('\\').starts_with(FENCE) {
        true => format!("{}\\{rest}", line.strip_suffix(rest).unwrap_or_default()),
        false => line.to_owned(),
    }
}
