//! The slugs of topics by their ids, as the wire names them.

use std::collections::BTreeMap;

use model::TopicId;
use store::Store;

use crate::api::problem::Problem;

pub(crate) struct TopicSlugs(BTreeMap<TopicId, String>);

impl TopicSlugs {
    pub(crate) async fn read(store: &Store) -> Result<Self, Problem> {
        let topics = audience::topics_by_slug(store).await?;
        Ok(Self(topics.into_iter().map(|topic| (topic.id, topic.slug)).collect()))
    }

    pub(crate) fn of(&self, ids: &[TopicId]) -> Vec<String> {
        ids.iter().filter_map(|id| self.0.get(id).cloned()).collect()
    }
}
