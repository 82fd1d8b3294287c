//! A campaign's text as a form, and back.

use campaign::{Problem, SplitText, TextField};

use crate::admin::page::form::{Form, sentence};
use crate::admin::text_editor::layouts;
use crate::admin::text_editor::layouts::LayoutChoice;

/// The fields that a text is written in.
pub(crate) struct TextForm {
    /// Nothing when its front matter can't be found: then it is one field.
    pub(crate) fields: Option<TextFields>,
    /// The whole of it.
    pub(crate) source: String,
}

pub(crate) struct TextFields {
    pub(crate) subject: String,
    pub(crate) from: String,
    pub(crate) preheader: String,
    pub(crate) layouts: Vec<LayoutChoice>,
    pub(crate) settings: String,
    pub(crate) body: String,
}

/// Something that is wrong with a text, where the form shows it.
pub(crate) struct Mistake {
    /// The name of the field.
    pub(crate) field: &'static str,
    /// As the form calls it; empty when the text is not to blame.
    pub(crate) place: String,
    /// Within a field of several lines, from 1.
    pub(crate) line: usize,
    pub(crate) words: String,
}

impl TextForm {
    pub(crate) fn of(source: &str) -> Self {
        let split = SplitText::split(source);
        Self { fields: split.as_ref().map(TextFields::of), source: source.to_owned() }
    }
}

impl TextFields {
    fn of(split: &SplitText) -> Self {
        Self {
            subject: split.get(TextField::Subject),
            from: split.get(TextField::From),
            preheader: split.get(TextField::Preheader),
            layouts: layouts::choices(split),
            settings: split.get(TextField::Settings),
            body: split.get(TextField::Body),
        }
    }
}

/// The text that a form holds. What it has no field for is as in `there`, the text that is saved.
pub(crate) fn typed(form: &Form, there: &str) -> String {
    // A browser sends the source when it has shown that.
    if form.text("fields") != "yes" {
        return form.text("source").replace("\r\n", "\n");
    }
    let empty = || SplitText::split("---\n---\n");
    let Some(mut split) = SplitText::split(there).or_else(empty) else { return String::new() };
    for field in [TextField::Settings, TextField::Subject, TextField::From, TextField::Preheader] {
        split.set(field, form.text(field.name()));
    }
    split.set(TextField::Body, form.text(TextField::Body.name()));
    if let Some(layout) = form.all("layout").next() {
        let layout = layouts::chosen(&split, layout);
        split.set(TextField::Layout, &layout);
    }
    split.join()
}

/// A problem at the place where the form shows what is to blame.
pub(crate) fn mistake(source: &str, problem: &Problem) -> Mistake {
    let (field, line) = place(source, problem.line);
    let words = match field {
        // The form has a field for it; how it is written in a file is no help there.
        "subject" | "from" if problem.what.starts_with("there is no `") => "Write one.".to_owned(),
        "body" if problem.what == "the announcement has no text" => "Write something.".to_owned(),
        _ => sentence(&format!("{}; {}", problem.what, problem.hint)),
    };
    Mistake { field, place: called(field, line), line, words }
}

/// The field and the line in it.
pub(crate) fn place(source: &str, line: usize) -> (&'static str, usize) {
    match SplitText::split(source) {
        None => ("source", line.max(1)),
        // What is missing has no line of its own.
        Some(split) => split.place(line).map_or(("", 0), |(field, line)| (field.name(), line)),
    }
}

/// `Text, line 3`.
pub(crate) fn called(field: &str, line: usize) -> String {
    let name = match field {
        "subject" => return "Subject".to_owned(),
        "from" => return "From".to_owned(),
        "preheader" => return "Preview line".to_owned(),
        "layout" => return "Layout".to_owned(),
        "settings" => "More settings",
        "body" | "source" => "Text",
        _ => return String::new(),
    };
    format!("{name}, line {line}")
}

#[cfg(test)]
#[path = "text_form/tests.rs"]
mod tests;
