//! From text to blocks.

use super::block::{Block, ConditionArm, Directive};
use super::changes::change_items;
use super::lines::{BlockLine, LineKind, MarkedBody, trimmed, without_backslash};
use super::plain::{plain_blocks, without_blank_edges};
use super::sections::{BlockProblem, Section, sections};
use super::tags::TagMarks;
use crate::announcement::Announcement;
use crate::problem::{Problem, Problems, SourcePosition};
use crate::settings::AnnouncementFormat;

/// The longest text, which is that of an announcement's file.
const MOST_BYTES: usize = 1024 * 1024;

/// The blocks of a text in Markdown, as it stands below an announcement's front matter. Whether its
/// merge tags can be computed is not looked at.
///
/// # Errors
/// What is wrong with its fences, each with its line in the text.
pub fn parse_blocks(text: &str) -> Result<Vec<Block>, Problems> {
    parse_blocks_at(text, SourcePosition { line: 1, column: 1 })
}

impl Announcement {
    /// The blocks of its text, in its own language; nothing when it is no Markdown.
    ///
    /// # Errors
    /// What is wrong with its fences, each with its line in the file.
    pub fn blocks(&self) -> Result<Option<Vec<Block>>, Problems> {
        if self.format != AnnouncementFormat::Markdown {
            return Ok(None);
        }
        let text = self.source.get(self.body_start..).unwrap_or_default();
        let start = SourcePosition { line: self.body_line, column: 1 };
        parse_blocks_at(text, start).map(Some)
    }
}

/// The blocks of a text that begins at `start` of a file.
fn parse_blocks_at(text: &str, start: SourcePosition) -> Result<Vec<Block>, Problems> {
    if text.len() > MOST_BYTES {
        let what = format!("the text is longer than {MOST_BYTES} bytes");
        return Err(start.problem(what, "host images elsewhere and link to them").into());
    }
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    let mut tags = TagMarks::new(&[text]);
    let marked = tags.marked(text);
    let body = tags.body(&marked);
    let lines = body.lines();
    let blocks = sections(body, &lines).and_then(|sections| {
        BlockReader { body, lines: &lines, tags: &tags }.blocks(&sections, None)
    });
    blocks.map_err(|problems| {
        let told = |it: BlockProblem| -> Problem {
            let before = text.get(..tags.original(it.at)).unwrap_or_default();
            start.after(before).problem(it.what, it.hint)
        };
        let problems =
            Problems::found(problems.into_iter().take(Problems::MOST).map(told).collect());
        problems.err().unwrap_or_else(|| start.problem("the text can't be read", "check it").into())
    })
}

/// Checks the blocks of a body, whose lines these are.
pub(crate) fn check_blocks(
    body: MarkedBody<'_>,
    lines: &[BlockLine],
) -> Result<(), Vec<BlockProblem>> {
    let sections = sections(body, lines)?;
    let mut found = Vec::new();
    check_changes(body, lines, &sections, false, &mut found);
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn check_changes(
    body: MarkedBody<'_>,
    lines: &[BlockLine],
    sections: &[Section],
    in_changes: bool,
    found: &mut Vec<BlockProblem>,
) {
    for section in sections {
        match section {
            Section::Markdown(numbers) if in_changes => {
                let (text, base) = shown(body, lines, numbers);
                found.extend(change_items(&masked(body, lines, numbers, &text), base).err());
            }
            Section::Fenced { directive, inner, .. } => {
                let in_changes = *directive == Directive::Changes;
                check_changes(body, lines, inner, in_changes, found);
            }
            Section::Group { arms, .. } => {
                arms.iter()
                    .for_each(|(_, inner)| check_changes(body, lines, inner, in_changes, found));
            }
            _ => {}
        }
    }
}

/// The text of these lines as it is meant, and where it begins.
fn shown(body: MarkedBody<'_>, lines: &[BlockLine], numbers: &[usize]) -> (String, usize) {
    let lines = numbers.iter().filter_map(|number| lines.get(*number));
    let base = lines.clone().next().map_or(0, |line| line.span.start);
    let text = lines.map(|line| match line.kind {
        LineKind::Text => without_backslash(body.get(&line.span)),
        _ => body.get(&line.span).to_owned(),
    });
    (text.collect(), base)
}

/// The same with comments of the same length instead of tags that have a line for themselves.
fn masked(body: MarkedBody<'_>, lines: &[BlockLine], numbers: &[usize], text: &str) -> String {
    let kinds = numbers.iter().filter_map(|number| lines.get(*number)).map(|line| &line.kind);
    let lines = text.split_inclusive('\n').zip(kinds).map(|(line, kind)| match kind {
        LineKind::Controls(_) | LineKind::HtmlControls(_) => {
            let inner = line.trim_end_matches('\n').len().saturating_sub("<!---->".len());
            let end = if line.ends_with('\n') { "\n" } else { "" };
            format!("<!--{}-->{end}", "x".repeat(inner))
        }
        _ => line.to_owned(),
    });
    let masked: String = lines.collect();
    debug_assert!(masked.len() == text.len() || !body.placeholders.begins_in(text));
    if masked.len() == text.len() { masked } else { text.to_owned() }
}

struct BlockReader<'r> {
    body: MarkedBody<'r>,
    lines: &'r [BlockLine],
    tags: &'r TagMarks,
}

impl BlockReader<'_> {
    fn blocks(
        &self,
        sections: &[Section],
        around: Option<Directive>,
    ) -> Result<Vec<Block>, Vec<BlockProblem>> {
        let (mut blocks, mut found) = (Vec::new(), Vec::new());
        for section in sections {
            match self.section(section, around) {
                Ok(more) => blocks.extend(more),
                Err(problems) => found.extend(problems),
            }
        }
        if found.is_empty() { Ok(blocks) } else { Err(found) }
    }

    fn section(
        &self,
        section: &Section,
        around: Option<Directive>,
    ) -> Result<Vec<Block>, Vec<BlockProblem>> {
        Ok(match section {
            Section::Markdown(numbers) => return self.markdown(numbers, around),
            Section::Mjml { inner, .. } => {
                let (source, _) = shown(self.body, self.lines, inner);
                let lines = source.split_inclusive('\n').map(without_backslash);
                let source = lines.collect::<String>();
                vec![Block::Mjml { source: self.unmarked(without_blank_edges(&source)) }]
            }
            Section::Fenced { directive, inner, .. } => match directive {
                Directive::Columns => vec![self.columns(inner)?],
                Directive::Changes => {
                    vec![Block::Changes { changes: self.blocks(inner, Some(*directive))? }]
                }
                _ => vec![Block::Product { blocks: self.blocks(inner, Some(*directive))? }],
            },
            Section::Group { is_loop, arms } => vec![self.group(*is_loop, arms, around)?],
        })
    }

    fn unmarked(&self, text: &str) -> String {
        self.tags.unmarked(text)
    }

    fn markdown(
        &self,
        numbers: &[usize],
        around: Option<Directive>,
    ) -> Result<Vec<Block>, Vec<BlockProblem>> {
        let (text, base) = shown(self.body, self.lines, numbers);
        let masked = masked(self.body, self.lines, numbers, &text);
        if around != Some(Directive::Changes) {
            let blocks = plain_blocks(&text, &masked).into_iter();
            return Ok(blocks.map(|block| self.with_tags(block)).collect());
        }
        let items = change_items(&masked, base).map_err(|problem| vec![problem])?;
        let change = |item: super::changes::ChangeItem| {
            let rest = text.get(item.rest).unwrap_or_default();
            let lines = rest.split_inclusive('\n').enumerate().map(|(number, line)| {
                let spaces = line.len() - line.trim_start_matches(' ').len();
                let cut = if number == 0 { spaces } else { spaces.min(item.indent) };
                line.get(cut..).unwrap_or_default()
            });
            let markdown = lines.collect::<String>();
            let label = text.get(item.label).unwrap_or_default();
            let markdown = self.unmarked(trimmed(&markdown));
            Block::Change { label: self.unmarked(label), markdown }
        };
        Ok(items.into_iter().map(change).collect())
    }

    fn with_tags(&self, block: Block) -> Block {
        let tags = |text: String| self.unmarked(&text);
        match block {
            Block::Text { markdown } => Block::Text { markdown: tags(markdown) },
            Block::Heading { level, text } => Block::Heading { level, text: tags(text) },
            Block::Button { label, address } => {
                Block::Button { label: tags(label), address: tags(address) }
            }
            Block::Image { alt, address, link } => {
                Block::Image { alt: tags(alt), address: tags(address), link: link.map(tags) }
            }
            Block::Quote { markdown } => Block::Quote { markdown: tags(markdown) },
            other => other,
        }
    }

    fn columns(&self, inner: &[Section]) -> Result<Block, Vec<BlockProblem>> {
        let mut columns = inner.iter().filter_map(|section| match section {
            Section::Fenced { inner, .. } => Some(self.blocks(inner, Some(Directive::Column))),
            _ => None,
        });
        let mut next = || columns.next().unwrap_or_else(|| Ok(Vec::new()));
        Ok(Block::Columns { left: next()?, right: next()? })
    }

    fn group(
        &self,
        is_loop: bool,
        arms: &[(usize, Vec<Section>)],
        around: Option<Directive>,
    ) -> Result<Block, Vec<BlockProblem>> {
        let (mut conditions, mut otherwise) = (Vec::new(), None);
        for (number, inner) in arms {
            let blocks = self.blocks(inner, around)?;
            match self.tags.control(*number) {
                ("else", _) => otherwise = Some(blocks),
                (_, rest) => conditions.push(ConditionArm { condition: rest.to_owned(), blocks }),
            }
        }
        if !is_loop {
            return Ok(Block::Condition { arms: conditions, otherwise });
        }
        let first = conditions.into_iter().next();
        let (each, blocks) = first.map_or_else(Default::default, |arm| (arm.condition, arm.blocks));
        Ok(Block::Loop { each, blocks, otherwise })
    }
}
