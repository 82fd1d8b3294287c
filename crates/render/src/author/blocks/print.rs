//! From blocks to text.

use super::block::{Block, ConditionArm, Directive};
use super::lines::{LineKind, WHITE_SPACE, with_backslash, without_backslash};
use super::plain::{markdown_of, without_blank_edges};
use super::tags::TagMarks;

const SHORTEST_FENCE: usize = 3;

/// The text that has these blocks: [`crate::parse_blocks`] reads from it what it made itself.
#[must_use]
pub fn print_blocks(blocks: &[Block]) -> String {
    let mut texts = Vec::new();
    blocks.iter().for_each(|block| collect_texts(block, &mut texts));
    let mut printer = BlockPrinter { tags: TagMarks::new(&texts) };
    let mut text = printer.all(blocks, "\n\n");
    if !text.is_empty() {
        text.push('\n');
    }
    printer.tags.unmarked(&text)
}

fn collect_texts<'b>(block: &'b Block, texts: &mut Vec<&'b str>) {
    match block {
        Block::Text { markdown } | Block::Quote { markdown } => texts.push(markdown),
        Block::Heading { text, .. } => texts.push(text),
        Block::Button { label, address } => texts.extend([label.as_str(), address]),
        Block::Image { alt, address, link } => {
            texts.extend([alt.as_str(), address]);
            texts.extend(link.as_deref());
        }
        Block::Change { label, markdown } => texts.extend([label.as_str(), markdown]),
        Block::Mjml { source } => texts.push(source),
        Block::Divider => {}
        Block::Condition { arms, .. } => {
            texts.extend(arms.iter().map(|arm| arm.condition.as_str()));
        }
        Block::Loop { each, .. } => texts.push(each),
        Block::Columns { .. } | Block::Changes { .. } | Block::Product { .. } => {}
    }
    children(block).into_iter().flatten().for_each(|inner| collect_texts(inner, texts));
}

/// The blocks inside of a block.
fn children(block: &Block) -> Vec<&[Block]> {
    match block {
        Block::Columns { left, right } => vec![left, right],
        Block::Changes { changes: blocks } | Block::Product { blocks } => vec![blocks],
        Block::Condition { arms, otherwise } => {
            let arms = arms.iter().map(|arm| arm.blocks.as_slice());
            arms.chain(otherwise.as_deref()).collect()
        }
        Block::Loop { blocks, otherwise, .. } => {
            [blocks.as_slice()].into_iter().chain(otherwise.as_deref()).collect()
        }
        _ => Vec::new(),
    }
}

/// How many fences are inside of each other here.
fn fences(block: &Block) -> usize {
    let inner = children(block).into_iter().flatten().map(fences).max().unwrap_or(0);
    match block {
        Block::Columns { .. } => inner + 2,
        Block::Changes { .. } | Block::Product { .. } | Block::Mjml { .. } => inner + 1,
        _ => inner,
    }
}

struct BlockPrinter {
    tags: TagMarks,
}

impl BlockPrinter {
    fn all(&mut self, blocks: &[Block], between: &str) -> String {
        let printed: Vec<String> = blocks.iter().map(|block| self.block(block, between)).collect();
        printed.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(between)
    }

    fn block(&mut self, block: &Block, between: &str) -> String {
        match block {
            Block::Text { markdown } => self.text(markdown),
            Block::Heading { level, text } => {
                markdown_of(&Block::Heading { level: *level, text: self.marked(text) })
            }
            Block::Button { label, address } => markdown_of(&Block::Button {
                label: self.marked(label),
                address: self.marked(address),
            }),
            Block::Image { alt, address, link } => markdown_of(&Block::Image {
                alt: self.marked(alt),
                address: self.marked(address),
                link: link.as_ref().map(|link| self.marked(link)),
            }),
            Block::Quote { markdown } => {
                markdown_of(&Block::Quote { markdown: self.marked(markdown) })
            }
            Block::Divider => markdown_of(block),
            Block::Change { label, markdown } => self.change(label, markdown),
            Block::Columns { left, right } => {
                let inside: Vec<String> = [left, right]
                    .into_iter()
                    .map(|column| {
                        let inside = self.all(column, "\n\n");
                        fenced(Directive::Column, fences(block) - 2, &inside)
                    })
                    .collect();
                fenced(Directive::Columns, fences(block) - 1, &inside.join("\n\n"))
            }
            Block::Changes { changes } => {
                let inside = self.all(changes, "\n");
                fenced(Directive::Changes, fences(block) - 1, &inside)
            }
            Block::Product { blocks } => {
                let inside = self.all(blocks, "\n\n");
                fenced(Directive::Product, fences(block) - 1, &inside)
            }
            Block::Mjml { source } => {
                let source = self.marked(source);
                let lines = source.split_inclusive('\n').map(with_backslash);
                fenced(Directive::Mjml, 0, without_blank_edges(&lines.collect::<String>()))
            }
            Block::Condition { arms, otherwise } => {
                self.condition(arms, otherwise.as_deref(), between)
            }
            Block::Loop { each, blocks, otherwise } => {
                let inside = self.all(blocks, between);
                let start = self.marked(&format!("{{% for {each} %}}"));
                let inside = self.before_tag(&inside);
                let otherwise = self.otherwise(otherwise.as_deref(), between);
                format!("{start}\n{inside}{otherwise}{}", self.marked("{% endfor %}"))
            }
        }
    }

    fn marked(&mut self, text: &str) -> String {
        self.tags.marked(&text.replace("\r\n", "\n").replace('\r', "\n"))
    }

    /// Text whose colons are no fences.
    fn text(&mut self, markdown: &str) -> String {
        let marked = self.marked(markdown);
        let body = self.tags.body(&marked);
        let lines = body.text_lines().into_iter().map(|it| match it.kind {
            LineKind::Text => with_backslash(body.get(&it.span)),
            _ => body.get(&it.span).to_owned(),
        });
        without_blank_edges(&lines.collect::<String>()).to_owned()
    }

    fn change(&mut self, label: &str, markdown: &str) -> String {
        let marked = self.text(markdown);
        let indented = |(number, line): (usize, &str)| match (number, line) {
            // Behind a label no line is a fence.
            (0, _) => without_backslash(line),
            (_, "") => String::new(),
            _ => format!("  {line}"),
        };
        let lines: Vec<String> = marked.split('\n').enumerate().map(indented).collect();
        let label = self.marked(&label.replace('\n', " "));
        format!("- **{label}** {}", lines.join("\n")).trim_end_matches(WHITE_SPACE).to_owned()
    }

    fn condition(
        &mut self,
        arms: &[ConditionArm],
        otherwise: Option<&[Block]>,
        between: &str,
    ) -> String {
        let mut text = String::new();
        for (number, arm) in arms.iter().enumerate() {
            let word = if number == 0 { "if" } else { "elif" };
            text.push_str(&self.marked(&format!("{{% {word} {} %}}", arm.condition)));
            text.push('\n');
            let inside = self.all(&arm.blocks, between);
            text.push_str(&self.before_tag(&inside));
        }
        text.push_str(&self.otherwise(otherwise, between));
        text + &self.marked("{% endif %}")
    }

    fn otherwise(&mut self, blocks: Option<&[Block]>, between: &str) -> String {
        let Some(blocks) = blocks else { return String::new() };
        let inside = self.all(blocks, between);
        format!("{}\n{}", self.marked("{% else %}"), self.before_tag(&inside))
    }

    /// What stands before a tag on a line of its own: HTML ends with an empty line, and would contain
    /// the tag.
    fn before_tag(&mut self, inside: &str) -> String {
        let text = line(inside);
        let probe = text.clone() + &self.marked("{% endif %}");
        let is_inside = self.tags.body(&probe).lines().last().is_some_and(|last| {
            matches!(last.kind, LineKind::HtmlControls(_) | LineKind::TableControls(_))
        });
        if is_inside { text + "\n" } else { text }
    }
}

/// The text as lines of its own.
fn line(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

fn fenced(directive: Directive, height: usize, inside: &str) -> String {
    let colons = ":".repeat(SHORTEST_FENCE + height);
    format!("{colons} {}\n{}{colons}", directive.name(), line(inside))
}
