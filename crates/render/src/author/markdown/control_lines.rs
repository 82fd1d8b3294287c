//! Conditions and loops that have a line of Markdown for themselves: they stand between blocks, items
//! of a list or rows of a table, and make no paragraph.
//!
//! They are comments until the blocks are made. Invariant: what decides about items or rows stands
//! inside their list or table, so that a loop makes one list and not one for each item.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::placeholders::{Hole, Piece, Placeholders};
use crate::problem::SourcePosition;
use crate::template::Control;

#[derive(Clone, Copy)]
pub(crate) struct ControlLines<'a> {
    pub(crate) placeholders: &'a Placeholders,
    pub(crate) controls: &'a [(Control, SourcePosition)],
}

/// A block at the top of the text, or a condition or a loop over some.
enum DecidedBlock<'e> {
    Block(Vec<Event<'e>>),
    Group {
        is_loop: bool,
        /// Each with the tag that begins it.
        arms: Vec<(Event<'e>, Vec<DecidedBlock<'e>>)>,
        end: Event<'e>,
    },
}

impl<'a> ControlLines<'a> {
    fn controls_in(self, text: &str) -> impl Iterator<Item = usize> + use<> {
        let pieces = self.placeholders.split(text).unwrap_or_default();
        let numbers: Vec<usize> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Hole(Hole::Control(number)) => Some(*number),
                _ => None,
            })
            .collect();
        numbers.into_iter()
    }

    /// The tag that a comment stands for.
    fn control_of(self, html: &str) -> Option<&'a Control> {
        let inner = html.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
        let number = self.placeholders.only_controls(inner).then(|| self.controls_in(inner).next());
        self.controls.get(number??).map(|(control, _)| control)
    }

    /// The events with every tag inside the list or table that it decides about.
    pub(crate) fn placed<'e>(self, events: Vec<Event<'e>>) -> Vec<Event<'e>> {
        let events = self.rows_placed(events);
        let mut rest = blocks(&events).into_iter();
        match self.nodes(&mut rest, None) {
            Some((nodes, _)) if rest.next().is_none() => {
                let mut placed = Vec::with_capacity(events.len());
                push_nodes(nodes, &mut placed);
                placed
            }
            _ => events,
        }
    }

    /// Takes the rows away that consist of tags.
    fn rows_placed<'e>(self, events: Vec<Event<'e>>) -> Vec<Event<'e>> {
        let mut placed: Vec<Event<'e>> = Vec::with_capacity(events.len());
        let mut row = None;
        for event in events {
            let is_end = matches!(event, Event::End(TagEnd::TableRow));
            if matches!(event, Event::Start(Tag::TableRow)) {
                row = Some(placed.len());
            }
            placed.push(event);
            let Some(start) = row.take_if(|_| is_end) else { continue };
            let cells = placed.get(start..).unwrap_or_default();
            let is_tag = |event: &Event<'_>| match event {
                Event::InlineHtml(html) => self.control_of(html).is_some(),
                Event::Text(text) => text.trim().is_empty(),
                Event::Start(Tag::TableRow | Tag::TableCell) => true,
                Event::End(TagEnd::TableRow | TagEnd::TableCell) => true,
                _ => false,
            };
            let has_tag = cells.iter().any(|event| matches!(event, Event::InlineHtml(_)));
            if has_tag && cells.iter().all(is_tag) {
                let row: Vec<Event<'e>> = placed.drain(start..).collect();
                placed.extend(row.into_iter().filter(|it| matches!(it, Event::InlineHtml(_))));
            }
        }
        placed
    }

    /// The nodes up to the tag that ends the group whose `opener` is given, and this tag. Nothing when
    /// a group is torn apart.
    fn nodes<'e>(
        self,
        rest: &mut std::vec::IntoIter<Vec<Event<'e>>>,
        opener: Option<&Control>,
    ) -> Option<(Vec<DecidedBlock<'e>>, Option<Event<'e>>)> {
        let mut nodes = Vec::new();
        while let Some(block) = rest.next() {
            let control = match block.as_slice() {
                [Event::Start(Tag::HtmlBlock), Event::Html(html), Event::End(_)] => {
                    self.control_of(html).map(|control| (control, Event::Html(html.clone())))
                }
                _ => None,
            };
            match control {
                None => nodes.push(DecidedBlock::Block(block)),
                Some((control, event)) if control.opens() => {
                    nodes.push(self.group(control, event, rest)?);
                }
                Some((_, event)) => {
                    opener?;
                    return Some((nodes, Some(event)));
                }
            }
        }
        opener.is_none().then_some((nodes, None))
    }

    fn group<'e>(
        self,
        opener: &Control,
        start: Event<'e>,
        rest: &mut std::vec::IntoIter<Vec<Event<'e>>>,
    ) -> Option<DecidedBlock<'e>> {
        let (mut start, mut arms) = (start, Vec::new());
        loop {
            let (nodes, end) = self.nodes(rest, Some(opener))?;
            arms.push((start, nodes));
            let end = end?;
            let Event::Html(html) = &end else { return None };
            if self.control_of(html)?.closes() {
                return Some(DecidedBlock::Group {
                    is_loop: matches!(opener, Control::For(_)),
                    arms,
                    end,
                });
            }
            start = end;
        }
    }
}

/// The events of each block at the top.
fn blocks<'e>(events: &[Event<'e>]) -> Vec<Vec<Event<'e>>> {
    let (mut blocks, mut block, mut depth) = (Vec::new(), Vec::new(), 0_usize);
    for event in events {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        block.push(event.clone());
        if depth == 0 {
            blocks.push(std::mem::take(&mut block));
        }
    }
    blocks
}

impl DecidedBlock<'_> {
    /// Whether it is a list with numbers, or one without; nothing when it is no list.
    fn list(&self) -> Option<bool> {
        match self {
            Self::Block(events) => match events.first()? {
                Event::Start(Tag::List(first)) => Some(first.is_some()),
                _ => None,
            },
            Self::Group { arms, .. } => {
                let mut lists = arms.iter().flat_map(|(_, nodes)| nodes).map(Self::list);
                let first = lists.next()??;
                lists.all(|list| list == Some(first)).then_some(first)
            }
        }
    }
}

fn push_nodes<'e>(nodes: Vec<DecidedBlock<'e>>, events: &mut Vec<Event<'e>>) {
    let mut rest = nodes.into_iter().peekable();
    while let Some(node) = rest.next() {
        let Some(list) = node.list() else {
            push_node(node, events);
            continue;
        };
        let mut run = vec![node];
        while let Some(next) = rest.next_if(|next| next.list() == Some(list)) {
            run.push(next);
        }
        let is_one_list = match run.as_slice() {
            [DecidedBlock::Group { is_loop, .. }] => *is_loop,
            [_] => false,
            run => run.iter().any(|node| matches!(node, DecidedBlock::Group { .. })),
        };
        if is_one_list {
            events.push(Event::Start(Tag::List(list.then_some(1))));
            run.into_iter().for_each(|node| push_items(node, events));
            events.push(Event::End(TagEnd::List(list)));
        } else {
            run.into_iter().for_each(|node| push_node(node, events));
        }
    }
}

fn push_node<'e>(node: DecidedBlock<'e>, events: &mut Vec<Event<'e>>) {
    match node {
        DecidedBlock::Block(block) => events.extend(block),
        DecidedBlock::Group { arms, end, .. } => {
            for (start, nodes) in arms {
                events.push(start);
                push_nodes(nodes, events);
            }
            events.push(end);
        }
    }
}

/// The items of lists without what begins and ends the lists.
fn push_items<'e>(node: DecidedBlock<'e>, events: &mut Vec<Event<'e>>) {
    match node {
        DecidedBlock::Block(mut block) => {
            block.pop();
            events.extend(block.into_iter().skip(1));
        }
        DecidedBlock::Group { arms, end, .. } => {
            for (start, nodes) in arms {
                events.push(start);
                nodes.into_iter().for_each(|node| push_items(node, events));
            }
            events.push(end);
        }
    }
}
