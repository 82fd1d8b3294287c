//! The facts about the library that compiling needs, as values: nothing here reads a file.

use std::collections::BTreeMap;

use crate::problem::{Problem, SourcePosition};

/// How like a name must be to another to be meant by it.
const LIKE: f64 = 0.75;

/// What an announcement can refer to, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediaLibrary(pub BTreeMap<String, MediaEntry>);

/// How much a message may carry, in bytes before they are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttachmentLimits {
    pub one: u64,
    /// Pictures inside the message included.
    pub all: u64,
}

impl Default for AttachmentLimits {
    fn default() -> Self {
        Self { one: 5 << 20, all: 7 << 20 }
    }
}

/// Something in the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaEntry {
    /// What recipients see when it is attached.
    pub file_name: String,
    /// The whole Content-Type when it is attached.
    pub content_type: String,
    /// What readers without pictures get.
    pub alt: Option<String>,
    pub is_picture: bool,
    /// Its files, the widest first; one for what is no picture.
    pub files: Vec<MediaFacts>,
}

/// One file of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFacts {
    /// What it is called where the bytes are, and at the end of its address. Begins with a hash.
    pub file: String,
    /// Of its own, which is not that of the entry when a GIF was made smaller.
    pub content_type: String,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
}

impl MediaLibrary {
    pub(crate) fn get(&self, name: &str) -> Option<&MediaEntry> {
        self.0.get(name)
    }

    pub(crate) fn find(&self, name: &str, place: SourcePosition) -> Result<&MediaEntry, Problem> {
        self.get(name).filter(|entry| !entry.files.is_empty()).ok_or_else(|| {
            let likeness = |known: &&String| strsim::jaro_winkler(known, &name.to_lowercase());
            let nearest = self.0.keys().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
            let hint = match nearest.filter(|known| likeness(known) > LIKE) {
                Some(known) => {
                    format!("did you mean `{known}`? `pharos media list` shows all names")
                }
                None => {
                    "add it with `pharos media add`; `pharos media list` shows all names".to_owned()
                }
            };
            place.problem(format!("there is no `{name}` in the media library"), hint)
        })
    }
}

impl MediaEntry {
    /// What is shown on screens with two pixels per point.
    pub(crate) fn widest(&self) -> Option<&MediaFacts> {
        self.files.first()
    }

    /// What is shown on screens with one pixel per point; as wide as the picture is to be when its
    /// author says nothing.
    pub(crate) fn single(&self) -> Option<&MediaFacts> {
        self.files.get(1).or(self.files.first())
    }

    /// The smallest file that is sharp when it is shown this wide, in points.
    pub(crate) fn sharp_at(&self, width: u32) -> Option<&MediaFacts> {
        let wanted = width.saturating_mul(2);
        self.files.iter().rev().find(|file| file.width >= wanted).or(self.widest())
    }
}
