//! Which tables hold data and which only lay something out.

use std::collections::HashMap;

use scraper::{ElementRef, Html};

use crate::css::NUMBER;

/// What a cell of a table is in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// A part of a layout: its text stands on lines of its own.
    Layout,
    /// The first of a row of data.
    First,
    /// Another of a row of data: on the line of the first, behind a separator.
    Next,
    /// A block inside a cell of data, which would begin a line of its own.
    Inside,
    /// The whole of a table of data: a paragraph of its own.
    Table,
}

/// The cells by the number of their start tag.
pub(super) fn cells(parsed: &Html) -> HashMap<usize, Cell> {
    let mut cells = HashMap::new();
    let elements = parsed.tree.nodes().filter_map(ElementRef::wrap);
    for table in elements.filter(|element| element.value().name() == "table") {
        let is_data = is_data(&table);
        if is_data {
            cells.extend(number_of(&table).map(|number| (number, Cell::Table)));
        }
        for cell in own_cells(&table) {
            let Some(number) = number_of(&cell) else { continue };
            let follows = cell.prev_siblings().any(|sibling| sibling.value().is_element());
            let kind = match (is_data, follows) {
                (false, _) => Cell::Layout,
                (true, false) => Cell::First,
                (true, true) => Cell::Next,
            };
            cells.insert(number, kind);
            if is_data {
                let below = cell.descendants().filter_map(ElementRef::wrap).skip(1);
                let blocks = below.filter(|it| matches!(it.value().name(), "p" | "div" | "center"));
                cells.extend(blocks.filter_map(|it| Some((number_of(&it)?, Cell::Inside))));
            }
        }
    }
    cells
}

/// The number of an element's start tag.
pub(super) fn number_of(element: &ElementRef<'_>) -> Option<usize> {
    element.value().attr(NUMBER)?.parse().ok()
}

/// The cells of a table, without those of tables inside.
fn own_cells<'t>(table: &ElementRef<'t>) -> Vec<ElementRef<'t>> {
    let is_own = |cell: &ElementRef<'t>| {
        let mut above = cell.ancestors().filter_map(ElementRef::wrap);
        above.find(|it| it.value().name() == "table").is_some_and(|it| it.id() == table.id())
    };
    let below = table.descendants().filter_map(ElementRef::wrap);
    below.filter(|it| matches!(it.value().name(), "td" | "th")).filter(is_own).collect()
}

/// Whether a table holds data, and is not there to lay something out.
fn is_data(table: &ElementRef<'_>) -> bool {
    if table
        .value()
        .attr("role")
        .is_some_and(|role| matches!(role, "presentation" | "none" | "list"))
    {
        return false;
    }
    let cells = own_cells(table);
    if cells.iter().any(|cell| cell.value().name() == "th") {
        return true;
    }
    let lays_out = |cell: &ElementRef<'_>| {
        let below = cell.descendants().filter_map(ElementRef::wrap).skip(1);
        below.map(|it| it.value().name()).any(|name| BLOCKS.contains(&name))
    };
    let follows =
        |cell: &ElementRef<'_>| cell.prev_siblings().any(|sibling| sibling.value().is_element());
    cells.iter().any(follows) && !cells.iter().any(lays_out)
}

const BLOCKS: [&str; 14] = [
    "table",
    "div",
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "img",
    "center",
    "blockquote",
];
