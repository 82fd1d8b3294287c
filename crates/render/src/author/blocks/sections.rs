//! How the fences and groups of a body are nested, and what is wrong with them.

use std::collections::HashSet;

use super::block::Directive;
use super::lines::{BlockLine, ControlRole, LineKind, MarkedBody};
use crate::template::MOST_NESTED;

/// Fences inside each other. More are a mistake, and have no room on any screen.
const MOST_FENCES: usize = 6;

/// A mistake in the blocks of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockProblem {
    /// The byte of the marked text.
    pub(crate) at: usize,
    pub(crate) what: String,
    pub(crate) hint: String,
}

impl BlockProblem {
    pub(crate) fn new(at: usize, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at, what: what.into(), hint: hint.into() }
    }
}

/// A stretch of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Section {
    /// These lines.
    Markdown(Vec<usize>),
    /// The line of its fence, and what is inside.
    Fenced { directive: Directive, line: usize, inner: Vec<Section> },
    /// The line of its fence, and those inside.
    Mjml { line: usize, inner: Vec<usize> },
    /// A condition or a loop over whole blocks: its tags by number, each with what it decides about.
    Group { is_loop: bool, arms: Vec<(usize, Vec<Section>)> },
}

/// The sections of a body whose lines these are.
///
/// # Errors
/// What is wrong with its fences, and with the groups around and inside them.
pub(crate) fn sections(
    body: MarkedBody<'_>,
    lines: &[BlockLine],
) -> Result<Vec<Section>, Vec<BlockProblem>> {
    let fences = Fences::read(lines)?;
    let groups = groups(body.roles).map_err(|number| vec![nested_too_deep(body, lines, number)])?;
    torn_groups(body, lines, &fences, &groups)?;
    let is_line = line_controls(body.roles.len(), lines, &groups);
    let line_parts = line_parts(lines, &is_line);
    let mut reader = SectionReader { roles: body.roles, rest: line_parts.into_iter().peekable() };
    let sections = reader.sections();
    let mut found = Vec::new();
    check_places(&sections, None, lines, &mut found);
    if found.is_empty() { Ok(sections) } else { Err(found) }
}

fn start_of(lines: &[BlockLine], line: usize) -> usize {
    lines.get(line).map_or(0, |line| line.span.start)
}

/// For each line, the line of the innermost fence around it.
struct Fences(Vec<Option<usize>>);

impl Fences {
    fn read(lines: &[BlockLine]) -> Result<Self, Vec<BlockProblem>> {
        let (mut open, mut found, mut around): (Vec<usize>, _, _) =
            (Vec::new(), Vec::new(), vec![]);
        for (number, line) in lines.iter().enumerate() {
            let at = line.span.start;
            match &line.kind {
                LineKind::Opens(words) => {
                    around.push(open.last().copied());
                    open.push(number);
                    found.extend(unknown(words, at));
                    if open.len() == MOST_FENCES + 1 {
                        let what = format!("blocks are nested more than {MOST_FENCES} deep");
                        found.push(BlockProblem::new(at, what, "use fewer layers"));
                    }
                    continue;
                }
                LineKind::Closes if open.pop().is_none() => {
                    let what = "this fence closes nothing";
                    let hint = "write `::: name` where its block begins, or remove it";
                    found.push(BlockProblem::new(at, what, hint));
                }
                _ => {}
            }
            around.push(open.last().copied());
        }
        for line in open {
            let name = match lines.get(line).map(|it| &it.kind) {
                Some(LineKind::Opens(words)) => words.as_str(),
                _ => "",
            };
            let what = format!("the block `::: {name}` is never closed");
            let hint = "write `:::` on a line of its own where it ends";
            found.push(BlockProblem::new(start_of(lines, line), what, hint));
        }
        if found.is_empty() { Ok(Self(around)) } else { Err(found) }
    }
}

fn unknown(words: &str, at: usize) -> Option<BlockProblem> {
    if Directive::parse(words).is_some() {
        return None;
    }
    let name = words.split_whitespace().next().unwrap_or_default();
    if Directive::parse(name).is_some() {
        let what = format!("there is something behind `::: {name}`");
        return Some(BlockProblem::new(at, what, "put it on the next line"));
    }
    let distance = |it: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), it);
    let names = Directive::ALL.map(Directive::name);
    let nearest = names.iter().copied().filter(|it| distance(it) <= 2).min_by_key(distance);
    let hint = match nearest {
        Some(nearest) => format!("did you mean `::: {nearest}`?"),
        None => format!("use {}; write `\\:::` for colons", names.join(", ")),
    };
    let shown: String = name.chars().take(40).collect();
    Some(BlockProblem::new(at, format!("there is no block `{shown}`"), hint))
}

fn nested_too_deep(body: MarkedBody<'_>, lines: &[BlockLine], number: usize) -> BlockProblem {
    let has = |line: &&BlockLine| body.controls_in(body.get(&line.span)).contains(&number);
    let at = lines.iter().find(has).map_or(0, |line| line.span.start);
    let what = format!("conditions and loops are nested more than {MOST_NESTED} deep");
    BlockProblem::new(at, what, "use `and`")
}

/// The tags that belong together, by number.
///
/// # Errors
/// The tag that opens one group too many inside of others.
fn groups(roles: &[ControlRole]) -> Result<Vec<Vec<usize>>, usize> {
    let (mut open, mut groups): (Vec<Vec<usize>>, _) = (Vec::new(), Vec::new());
    for (number, role) in roles.iter().enumerate() {
        match role {
            ControlRole::Opens { .. } if open.len() == MOST_NESTED => return Err(number),
            ControlRole::Opens { .. } => open.push(vec![number]),
            ControlRole::Continues => {
                if let Some(group) = open.last_mut() {
                    group.push(number);
                }
            }
            ControlRole::Closes => {
                if let Some(mut group) = open.pop() {
                    group.push(number);
                    groups.push(group);
                }
            }
        }
    }
    Ok(groups)
}

/// Finds groups that begin in one block and end in another.
fn torn_groups(
    body: MarkedBody<'_>,
    lines: &[BlockLine],
    fences: &Fences,
    groups: &[Vec<usize>],
) -> Result<(), Vec<BlockProblem>> {
    let mut places = vec![None; body.roles.len()];
    for (line, around) in lines.iter().zip(&fences.0) {
        for number in body.controls_in(body.get(&line.span)) {
            if let Some(place) = places.get_mut(number) {
                *place = Some((*around, line.span.start));
            }
        }
    }
    let place = |number: &usize| places.get(*number).copied().flatten();
    let mut found = Vec::new();
    for group in groups {
        let mut group = group.iter().filter_map(place);
        let Some((first, _)) = group.next() else { continue };
        found.extend(group.find(|(around, _)| *around != first).map(|(_, at)| {
            let what = "this tag belongs to a condition or loop that begins in another block";
            BlockProblem::new(at, what, "begin and end it inside of the same fence")
        }));
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// For each tag, whether its whole group stands on lines of its own between blocks.
fn line_controls(count: usize, lines: &[BlockLine], groups: &[Vec<usize>]) -> Vec<bool> {
    let mut is_line = vec![false; count];
    let numbers = |line: &BlockLine| match &line.kind {
        LineKind::Controls(numbers) => numbers.clone(),
        _ => Vec::new(),
    };
    let lines: Vec<Vec<usize>> = lines.iter().map(numbers).filter(|it| !it.is_empty()).collect();
    let in_groups: HashSet<usize> = groups.iter().flatten().copied().collect();
    for number in lines.iter().flatten().filter(|it| in_groups.contains(*it)) {
        is_line.get_mut(*number).into_iter().for_each(|it| *it = true);
    }
    // A line with a tag of a group that is none of lines is text as a whole.
    loop {
        let torn = |tags: &&Vec<usize>| {
            let is = |tag: &usize| is_line.get(*tag).copied().unwrap_or(false);
            tags.iter().any(is) && !tags.iter().all(is)
        };
        let Some(torn) = groups.iter().chain(&lines).find(torn) else { return is_line };
        for tag in torn {
            is_line.get_mut(*tag).into_iter().for_each(|it| *it = false);
        }
    }
}

/// What a line of the text says; several controls may share one.
#[derive(Debug, Clone, Copy)]
enum LinePart {
    Text(usize),
    Opens(Directive, usize),
    Closes,
    Control(usize),
}

fn line_parts(lines: &[BlockLine], is_line: &[bool]) -> Vec<LinePart> {
    let mut parts = Vec::with_capacity(lines.len());
    let is = |tag: &usize| is_line.get(*tag).copied().unwrap_or(false);
    for (number, line) in lines.iter().enumerate() {
        match &line.kind {
            LineKind::Opens(words) => {
                parts.extend(Directive::parse(words).map(|it| LinePart::Opens(it, number)));
            }
            LineKind::Closes => parts.push(LinePart::Closes),
            LineKind::Controls(tags) if tags.iter().all(is) => {
                parts.extend(tags.iter().map(|tag| LinePart::Control(*tag)));
            }
            _ => parts.push(LinePart::Text(number)),
        }
    }
    parts
}

struct SectionReader<'r> {
    roles: &'r [ControlRole],
    rest: std::iter::Peekable<std::vec::IntoIter<LinePart>>,
}

impl SectionReader<'_> {
    /// The sections up to what closes or continues the block or group that they are in.
    fn sections(&mut self) -> Vec<Section> {
        let mut sections = Vec::new();
        while let Some(part) = self.rest.peek().copied() {
            match part {
                LinePart::Text(_) => sections.push(Section::Markdown(self.text())),
                LinePart::Opens(Directive::Mjml, line) => {
                    self.rest.next();
                    sections.push(Section::Mjml { line, inner: self.text() });
                    self.rest.next();
                }
                LinePart::Opens(directive, line) => {
                    self.rest.next();
                    let inner = self.sections();
                    sections.push(Section::Fenced { directive, line, inner });
                    self.rest.next();
                }
                LinePart::Closes => return sections,
                LinePart::Control(number) => match self.roles.get(number) {
                    Some(ControlRole::Opens { is_loop }) => sections.push(self.group(*is_loop)),
                    _ => return sections,
                },
            }
        }
        sections
    }

    fn text(&mut self) -> Vec<usize> {
        let mut lines = Vec::new();
        while let Some(LinePart::Text(line)) = self.rest.peek() {
            lines.push(*line);
            self.rest.next();
        }
        lines
    }

    fn group(&mut self, is_loop: bool) -> Section {
        let mut arms = Vec::new();
        while let Some(LinePart::Control(number)) = self.rest.next() {
            if self.roles.get(number) == Some(&ControlRole::Closes) {
                break;
            }
            arms.push((number, self.sections()));
        }
        Section::Group { is_loop, arms }
    }
}

/// Checks that each block stands where it may.
fn check_places(
    sections: &[Section],
    around: Option<Directive>,
    lines: &[BlockLine],
    found: &mut Vec<BlockProblem>,
) {
    for section in sections {
        match section {
            Section::Markdown(numbers) if around == Some(Directive::Columns) => {
                let blank = |line: &&usize| {
                    let line = lines.get(**line);
                    line.is_none_or(|it| matches!(it.kind, LineKind::Blank))
                };
                if let Some(line) = numbers.iter().find(|it| !blank(it)) {
                    let what = "this stands in no column";
                    let hint = "write `::: column` before it and `:::` behind it";
                    found.push(BlockProblem::new(start_of(lines, *line), what, hint));
                }
            }
            Section::Markdown(_) => {}
            Section::Mjml { line, .. } => {
                misplaced(Directive::Mjml, around, start_of(lines, *line), found);
            }
            Section::Group { arms, .. } => {
                let first = arms.first().and_then(|(_, inner)| first_line(inner));
                if around == Some(Directive::Columns) {
                    let what = "a condition or loop can't decide about one column";
                    let hint = "put it around the columns, or inside of a column";
                    found.push(BlockProblem::new(start_of(lines, first.unwrap_or(0)), what, hint));
                }
                arms.iter().for_each(|(_, inner)| check_places(inner, around, lines, found));
            }
            Section::Fenced { directive, line, inner } => {
                let at = start_of(lines, *line);
                misplaced(*directive, around, at, found);
                if *directive == Directive::Columns {
                    check_count(inner, at, found);
                }
                // What a column may not contain, columns may not either.
                check_places(inner, Some(*directive), lines, found);
            }
        }
    }
}

fn first_line(sections: &[Section]) -> Option<usize> {
    sections.iter().find_map(|section| match section {
        Section::Markdown(lines) => lines.first().copied(),
        Section::Fenced { line, .. } | Section::Mjml { line, .. } => Some(*line),
        Section::Group { arms, .. } => arms.iter().find_map(|(_, inner)| first_line(inner)),
    })
}

fn check_count(inner: &[Section], at: usize, found: &mut Vec<BlockProblem>) {
    let is_column =
        |it: &&Section| matches!(it, Section::Fenced { directive: Directive::Column, .. });
    let count = inner.iter().filter(is_column).count();
    if count != 2 {
        let count = match count {
            0 => "no column".to_owned(),
            1 => "one column".to_owned(),
            count => format!("{count} columns"),
        };
        let what = format!("there is {count} in `::: columns`, which has two");
        let what = if count.ends_with('s') { what.replacen(" is ", " are ", 1) } else { what };
        found.push(BlockProblem::new(at, what, "write `::: column` and `:::` around each"));
    }
}

fn misplaced(
    directive: Directive,
    around: Option<Directive>,
    at: usize,
    found: &mut Vec<BlockProblem>,
) {
    use Directive::{Changes, Column, Columns, Mjml, Product};
    let name = directive.name();
    let hint = match (directive, around) {
        (Column, Some(Columns)) | (Columns | Mjml, None) => return,
        (Changes | Product, None | Some(Column)) | (Changes, Some(Product)) => return,
        (Column, _) => "write `::: columns` around both",
        (_, Some(Columns)) => "write `::: column` around it",
        (_, Some(Changes)) => "a list of changes contains nothing but its list",
        _ => "there is no room for it: put it before or behind that block",
    };
    let what = match around {
        Some(around) => format!("`{name}` can't stand inside of `{}`", around.name()),
        None => format!("`{name}` can't stand alone"),
    };
    found.push(BlockProblem::new(at, what, hint));
}
