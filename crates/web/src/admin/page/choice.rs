//! Lists to choose from, in forms.

use store::Topic;

use crate::admin::page::problem::PageProblem;
use crate::admin::parts::AdminParts;

pub(crate) struct Choice {
    pub(crate) word: String,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}

pub(crate) fn topic_choice(topic: &Topic, chosen: bool) -> Choice {
    Choice { word: topic.slug.clone(), name: topic.name.clone(), chosen }
}

/// The topics to choose from, by their slugs.
pub(crate) async fn all_topics(parts: &AdminParts) -> Result<Vec<Topic>, PageProblem> {
    let topics = audience::topics_by_slug(&parts.store).await;
    topics.map_err(PageProblem::failed("listing topics"))
}
