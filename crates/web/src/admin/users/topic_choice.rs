//! All topics, or some that are ticked.

use model::{TopicId, TopicScope};
use store::Topic;

use crate::admin::page::choice::Choice;
use crate::admin::page::form::Form;
use crate::admin::page::refused::{Refused, wrong};

/// The part of a form in which topics are ticked.
pub(crate) struct TopicChoice {
    /// Otherwise those that are ticked.
    pub(crate) all: bool,
    pub(crate) topics: Vec<Choice>,
}

impl TopicChoice {
    /// Those of the scope to choose from, with these ticked; none of them stands for all.
    pub(crate) fn new(topics: &[Topic], scope: &TopicScope, ticked: &[TopicId]) -> Self {
        let own = topics.iter().filter(|topic| scope.contains(topic.id));
        let choice = |topic: &Topic| Choice {
            word: topic.slug.clone(),
            name: topic.name.clone(),
            chosen: ticked.contains(&topic.id),
        };
        Self { all: ticked.is_empty(), topics: own.map(choice).collect() }
    }

    /// As a form that is shown again was filled in.
    pub(crate) fn again(topics: &[Topic], scope: &TopicScope, form: &Form) -> Self {
        let ticked: Vec<TopicId> = ids(topics, form).collect();
        Self { all: form.text("reach") != "some", ..Self::new(topics, scope, &ticked) }
    }
}

/// The topics that were chosen; none stands for all.
pub(crate) fn chosen(topics: &[Topic], form: &Form) -> Result<Vec<TopicId>, Refused> {
    if form.text("reach") != "some" {
        return Ok(Vec::new());
    }
    let ticked: Vec<TopicId> = ids(topics, form).collect();
    match ticked.as_slice() {
        [] => Err(wrong("topics", "tick at least one topic, or choose all of them")),
        _ => Ok(ticked),
    }
}

fn ids<'f>(topics: &'f [Topic], form: &'f Form) -> impl Iterator<Item = TopicId> + 'f {
    let of = |slug: &str| topics.iter().find(|topic| topic.slug == slug);
    form.all("topic").filter_map(of).map(|topic| topic.id)
}

/// The names of the topics that somebody is trusted with; none stands for all.
pub(crate) fn names(topics: &[Topic], ids: &[TopicId]) -> String {
    if ids.is_empty() {
        return "all topics".to_owned();
    }
    let of = |id: &TopicId| topics.iter().find(|topic| topic.id == *id);
    let names: Vec<&str> = ids.iter().filter_map(of).map(|topic| topic.name.as_str()).collect();
    names.join(", ")
}
