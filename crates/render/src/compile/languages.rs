//! An announcement in all of its languages.

use crate::announcement::Announcement;
use crate::compiled::Compiled;
use crate::problem::Problems;

/// One form for all of an announcement's languages.
pub(super) fn all_languages(
    announcement: &Announcement,
    compile: impl Fn(&Announcement) -> Result<Compiled, Problems>,
) -> Result<Compiled, Problems> {
    let mut compiled = compile(announcement);
    for variant in &announcement.variants {
        compiled = match (compiled, compile(variant)) {
            (Ok(compiled), Ok(variant)) => compiled.with_variant(variant).map_err(Problems::from),
            (Err(problems), Err(others)) => Err(problems.and(others)),
            (Err(problems), Ok(_)) | (Ok(_), Err(problems)) => Err(problems),
        };
    }
    compiled
}
