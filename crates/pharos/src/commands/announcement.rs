//! `pharos announcement`.

mod remote;
mod texts;
mod versions;

use std::io::Write as _;

use anyhow::Context as _;
use model::Timestamp;
use render::{Announcement, Block, Layout, print_blocks};
use serde::{Deserialize, Serialize};

use super::{in_runtime, quietly};
use crate::backend::Site;
use crate::cli::{AnnouncementCommand, BlocksArgs};
use crate::remote::time;
use crate::telemetry::say;

/// The most of a text that a line shows, in characters.
const SHOWN_CHARS: usize = 60;

/// An announcement by its latest version, or one version.
#[derive(Deserialize)]
struct AnnouncementLine {
    id: String,
    name: String,
    version: i64,
    subject: String,
    #[serde(rename = "saved_at", deserialize_with = "time")]
    created_at: Timestamp,
}

/// A version, and the latest campaign that was made of it.
struct UsedVersion {
    version: i64,
    subject: String,
    created_at: Timestamp,
    campaign: Option<String>,
}

/// The text of a version.
#[derive(Deserialize)]
struct VersionText {
    version: i64,
    source: String,
}

pub(crate) fn run(site: &Site, command: AnnouncementCommand) -> anyhow::Result<()> {
    match command {
        AnnouncementCommand::Layouts => {
            for layout in Layout::ALL {
                say(format_args!("{:<16}{}", layout.name(), layout.summary()));
            }
        }
        AnnouncementCommand::Blocks(args) => blocks(&args)?,
        AnnouncementCommand::List { name } => {
            return in_runtime(quietly(versions::list(site, name)));
        }
        AnnouncementCommand::Show { name, version } => {
            return in_runtime(quietly(versions::show(site, name, version)));
        }
        AnnouncementCommand::Add(args) => return in_runtime(quietly(texts::add(site, args))),
        AnnouncementCommand::Write(args) => return in_runtime(quietly(texts::write(site, args))),
        AnnouncementCommand::Delete { name } => {
            return in_runtime(quietly(texts::delete(site, &name)));
        }
        AnnouncementCommand::Preview(args) => {
            return in_runtime(quietly(texts::preview(site, args)));
        }
        AnnouncementCommand::Diff(args) => {
            return in_runtime(quietly(versions::diff(site, args)));
        }
    }
    Ok(())
}

/// The shape of the output; names stay when it grows.
#[derive(Serialize)]
struct LanguageBlocksJson {
    lang: Option<String>,
    blocks: Vec<Block>,
}

fn blocks(args: &BlocksArgs) -> anyhow::Result<()> {
    let name = || args.file.display().to_string();
    let file = std::fs::read(&args.file).with_context(|| format!("can't read {}", name()))?;
    let text = render::utf8(&file).with_context(name)?;
    let announcement = Announcement::parse(text).with_context(name)?;
    let mut languages = Vec::new();
    for each in std::iter::once(&announcement).chain(announcement.variants()) {
        let blocks = each.blocks().with_context(name)?;
        let blocks = blocks.context("only Markdown has blocks, and the file is HTML or MJML")?;
        languages.push(LanguageBlocksJson { lang: each.language(), blocks });
    }
    let mut output = String::new();
    if args.json {
        output = serde_json::to_string_pretty(&languages)?;
        output.push('\n');
    } else if args.text {
        output = languages.first().map(|it| print_blocks(&it.blocks)).unwrap_or_default();
    } else {
        let several = languages.len() > 1;
        for LanguageBlocksJson { lang, blocks } in &languages {
            if let (true, Some(lang)) = (several, lang) {
                output.push_str(&format!("{lang}:\n"));
            }
            blocks.iter().for_each(|block| tell(block, usize::from(several), &mut output));
        }
    }
    std::io::stdout().write_all(output.as_bytes())?;
    Ok(())
}

fn line(depth: usize, kind: &str, what: &str, output: &mut String) {
    let mut words = what.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(SHOWN_CHARS) {
        words.truncate(end);
        words.push_str("...");
    }
    let indent = "  ".repeat(depth);
    output.push_str(format!("{indent}{kind:<12}{words}").trim_end());
    output.push('\n');
}

fn tell(block: &Block, depth: usize, output: &mut String) {
    if let Block::Columns { left, right } = block {
        line(depth, "columns", "", output);
        for (name, column) in [("left", left), ("right", right)] {
            line(depth + 1, name, "", output);
            column.iter().for_each(|block| tell(block, depth + 2, output));
        }
    }
    let mut inside = |kind: &str, what: &str, blocks: &[Block]| {
        line(depth, kind, what, output);
        blocks.iter().for_each(|block| tell(block, depth + 1, output));
    };
    match block {
        Block::Text { markdown } => inside("text", markdown, &[]),
        Block::Heading { level, text } => inside(&format!("heading {level}"), text, &[]),
        Block::Button { label, address } => inside("button", &format!("{label} <{address}>"), &[]),
        Block::Image { alt, address, .. } => inside("image", &format!("[{alt}] {address}"), &[]),
        Block::Quote { markdown } => inside("quote", markdown, &[]),
        Block::Divider => inside("divider", "", &[]),
        Block::Columns { .. } => {}
        Block::Changes { changes } => inside("changes", "", changes),
        Block::Change { label, markdown } => inside(label, markdown, &[]),
        Block::Product { blocks } => inside("product", "", blocks),
        Block::Condition { arms, otherwise } => {
            for (number, arm) in arms.iter().enumerate() {
                inside(if number == 0 { "if" } else { "elif" }, &arm.condition, &arm.blocks);
            }
            otherwise.iter().for_each(|blocks| inside("else", "", blocks));
        }
        Block::Loop { each, blocks, otherwise } => {
            inside("for", each, blocks);
            otherwise.iter().for_each(|blocks| inside("else", "", blocks));
        }
        Block::Mjml { source } => inside("mjml", source, &[]),
    }
}
