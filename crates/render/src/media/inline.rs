//! Where the marks of an announcement lead at the end: pictures inside the message by their content id,
//! everything else by its address on the web, in a browser all of it.

use super::attach::AttachedFile;
use super::library::{MediaEntry, MediaFacts, MediaLibrary};
use super::marks::MediaMarks;

/// The pictures that travel inside the message, each with the number of its mark.
#[derive(Debug, Default)]
pub(crate) struct InlinePictures(Vec<(usize, AttachedFile)>);

impl InlinePictures {
    pub(crate) fn push(&mut self, mark: usize, picture: AttachedFile) {
        self.0.push((mark, picture));
    }

    pub(crate) fn has_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// The HTML as it is in the message.
    pub(crate) fn message(
        &self,
        html: &str,
        marks: &MediaMarks,
        library: &MediaLibrary,
        web_url: &str,
    ) -> String {
        marks.replaced(html, |mark| match self.picture(mark) {
            Some(AttachedFile { content_id: Some(id), .. }) => format!("cid:{id}"),
            _ => self.on_the_web(mark, marks, library, web_url),
        })
    }

    /// The HTML as it is in a browser, which has no parts to look into.
    pub(crate) fn page(
        &self,
        html: &str,
        marks: &MediaMarks,
        library: &MediaLibrary,
        web_url: &str,
    ) -> String {
        marks.replaced(html, |mark| self.on_the_web(mark, marks, library, web_url))
    }

    /// Each picture once, even if the library has it under two names.
    pub(crate) fn into_files(self) -> Vec<AttachedFile> {
        let mut files: Vec<AttachedFile> = Vec::new();
        for (_, picture) in self.0 {
            if !files.iter().any(|known| known.content_id == picture.content_id) {
                files.push(picture);
            }
        }
        files
    }

    fn picture(&self, mark: usize) -> Option<&AttachedFile> {
        self.0.iter().find(|(of, _)| *of == mark).map(|(_, picture)| picture)
    }

    /// Of a picture in a style sheet the file for one pixel per point: a background is as large as its
    /// pixels.
    fn on_the_web(
        &self,
        mark: usize,
        marks: &MediaMarks,
        library: &MediaLibrary,
        web_url: &str,
    ) -> String {
        if let Some(picture) = self.picture(mark) {
            return address(web_url, &picture.file);
        }
        let name = marks.get(mark).map(|reference| reference.name.as_str()).unwrap_or_default();
        let entry = library.get(name);
        let facts = entry.and_then(MediaEntry::single);
        facts.map_or(String::new(), |facts| address_of(web_url, facts))
    }
}

/// Where everybody can read a file.
pub(crate) fn address_of(web_url: &str, facts: &MediaFacts) -> String {
    address(web_url, &facts.file)
}

fn address(web_url: &str, file: &str) -> String {
    format!("{web_url}/m/{file}")
}
