//! The tree of a segment as JSON, for programs that build one.
//!
//! `{"all": [{"topic": "offers"}, {"not": {"viewed": {"campaign": 12, "by": "person"}}}]}`
//!
//! Invariant: tree and JSON are the same thing; what is not meant is refused with its place, and bounds are
//! those of the text.

use model::segment::MOST_DEPTH;
use model::{
    AttributeTest, CampaignNumber, CampaignOutcome, Domain, LinkSlot, NumberComparison, ReadAct,
    ReadTest, ReaderClass, SegmentCondition, SegmentDay, SegmentName, SegmentNumber, SegmentRule,
    SubscriptionState, TagName, TimeTest, TopicSlug, TrackingMode,
};
use serde_json::{Map, Value, json};

/// Why JSON is no segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer:?} {words}")]
pub struct NoSegmentJson {
    /// Where, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// As the end of a sentence that begins with the place.
    pub words: String,
}

/// The words of comparisons, beside those of the text.
const COMPARISONS: [(&str, NumberComparison); 4] = [
    ("less", NumberComparison::Less),
    ("at_most", NumberComparison::AtMost),
    ("at_least", NumberComparison::AtLeast),
    ("more", NumberComparison::More),
];

/// The tree as JSON.
#[must_use]
pub fn segment_to_json(rule: &SegmentRule) -> Value {
    let each = |rules: &[SegmentRule]| rules.iter().map(segment_to_json).collect::<Vec<_>>();
    match rule {
        SegmentRule::All(rules) => json!({ "all": each(rules) }),
        SegmentRule::Any(rules) => json!({ "any": each(rules) }),
        SegmentRule::Not(rule) => json!({ "not": segment_to_json(rule) }),
        SegmentRule::Is(condition) => condition_to_json(condition),
    }
}

fn condition_to_json(condition: &SegmentCondition) -> Value {
    match condition {
        SegmentCondition::Everybody => json!({ "everybody": true }),
        SegmentCondition::Suppressed => json!({ "suppressed": true }),
        SegmentCondition::Attribute { name, test } => {
            let mut told = json!({ "attribute": name });
            let (word, value) = match test {
                AttributeTest::IsSet => ("is_set", json!(true)),
                AttributeTest::Is(choices) => ("in", json!(choices)),
                AttributeTest::Contains(text) => ("contains", json!(text)),
                AttributeTest::BeginsWith(text) => ("begins_with", json!(text)),
                AttributeTest::Number(how, number) => {
                    let word = COMPARISONS.iter().find(|(_, it)| it == how);
                    (word.map_or("", |(word, _)| *word), json!(number.as_str()))
                }
                AttributeTest::Day(test) => ("day", time_to_json(test)),
            };
            told[word] = value;
            told
        }
        SegmentCondition::Tag(tag) => json!({ "tag": tag.as_str() }),
        SegmentCondition::Topic { topic, state, changed } => {
            let mut told = json!({ "topic": topic.as_str(), "state": state.as_str() });
            if let Some(test) = changed {
                told["changed"] = time_to_json(test);
            }
            told
        }
        SegmentCondition::Tracking(mode) => json!({ "tracking": mode.as_str() }),
        SegmentCondition::Added(test) => json!({ "added": time_to_json(test) }),
        SegmentCondition::Domain(domain) => json!({ "domain": domain.to_string() }),
        SegmentCondition::Language(language) => json!({ "language": language }),
        SegmentCondition::Campaign { campaign, outcome } => {
            let mut told = json!({});
            told[outcome.as_str()] = campaign.0.into();
            told
        }
        SegmentCondition::Read(test) => {
            let mut inner = json!({ "by": test.reader.as_str() });
            if let Some(campaign) = test.campaign {
                inner["campaign"] = campaign.0.into();
            }
            if let Some(link) = test.link {
                inner["link"] = link.0.into();
            }
            if let Some(days) = test.within_days {
                inner["within_days"] = days.into();
            }
            let mut told = json!({});
            told[test.act.as_str()] = inner;
            told
        }
        SegmentCondition::Unread { last, reader } => {
            json!({ "no_view_of_last": last, "by": reader.as_str() })
        }
        SegmentCondition::Segment(name) => json!({ "segment": name.as_str() }),
    }
}

fn time_to_json(test: &TimeTest) -> Value {
    match test {
        TimeTest::Before(day) => json!({ "before": day.as_str() }),
        TimeTest::After(day) => json!({ "after": day.as_str() }),
        TimeTest::Within(days) => json!({ "within_days": days }),
    }
}

/// The tree that JSON is.
///
/// # Errors
/// Says where it is none, and what would be right.
pub fn segment_from_json(value: &Value) -> Result<SegmentRule, NoSegmentJson> {
    let rule = rule(value, "", 0)?;
    let bounded = rule.check();
    bounded.map_err(|problem| at("", format!("is no segment: it {problem}")))?;
    Ok(rule)
}

type Told<T> = Result<T, NoSegmentJson>;

fn at(pointer: &str, words: impl Into<String>) -> NoSegmentJson {
    NoSegmentJson { pointer: pointer.to_owned(), words: words.into() }
}

fn rule(value: &Value, pointer: &str, depth: usize) -> Told<SegmentRule> {
    if depth > MOST_DEPTH {
        return Err(at(pointer, format!("is nested more than {MOST_DEPTH} levels deep")));
    }
    let mut fields = Fields::of(value, pointer)?;
    let rule = if let Some(rules) = fields.take("all") {
        SegmentRule::All(each(rules, &fields.inner("all"), depth)?)
    } else if let Some(rules) = fields.take("any") {
        SegmentRule::Any(each(rules, &fields.inner("any"), depth)?)
    } else if let Some(inner) = fields.take("not") {
        SegmentRule::Not(Box::new(rule(inner, &fields.inner("not"), depth + 1)?))
    } else {
        SegmentRule::Is(condition(&mut fields)?)
    };
    fields.end()?;
    Ok(rule)
}

fn each(value: &Value, pointer: &str, depth: usize) -> Told<Vec<SegmentRule>> {
    let rules = value.as_array().ok_or_else(|| at(pointer, "should be a list of conditions"))?;
    let each = rules.iter().enumerate();
    each.map(|(index, it)| rule(it, &format!("{pointer}/{index}"), depth + 1)).collect()
}

/// The fields of an object that were not looked at yet.
struct Fields<'v> {
    map: &'v Map<String, Value>,
    pointer: String,
    taken: Vec<&'static str>,
}

impl<'v> Fields<'v> {
    fn of(value: &'v Value, pointer: &str) -> Told<Self> {
        let map = value.as_object();
        let map =
            map.ok_or_else(|| at(pointer, "should be an object such as {\"tag\": \"vip\"}"))?;
        Ok(Self { map, pointer: pointer.to_owned(), taken: Vec::new() })
    }

    fn inner(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }

    fn take(&mut self, name: &'static str) -> Option<&'v Value> {
        let found = self.map.get(name).filter(|value| !value.is_null());
        self.taken.push(name);
        found
    }

    fn text(&mut self, name: &'static str) -> Told<Option<&'v str>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        value.as_str().map(Some).ok_or_else(|| at(&self.inner(name), "should be a text"))
    }

    fn number<T: TryFrom<i64>>(&mut self, name: &'static str) -> Told<Option<T>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_i64().and_then(|it| T::try_from(it).ok());
        number.map(Some).ok_or_else(|| at(&self.inner(name), "should be a whole number"))
    }

    /// A text that is parsed, and what is said when it can't be.
    fn parsed<T, E: ToString>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Told<Option<T>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let parsed = parse(text).map(Some);
        parsed
            .map_err(|problem| at(&self.inner(name), format!("is wrong: {}", problem.to_string())))
    }

    fn is_true(&mut self, name: &'static str) -> Told<bool> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(true)) => Ok(true),
            Some(_) => Err(at(&self.inner(name), "should be true")),
        }
    }

    fn time(&mut self, name: &'static str) -> Told<Option<TimeTest>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let mut fields = Fields::of(value, &self.inner(name))?;
        let before = fields.parsed("before", SegmentDay::parse)?.map(TimeTest::Before);
        let after = fields.parsed("after", SegmentDay::parse)?.map(TimeTest::After);
        let within = fields.number::<u16>("within_days")?.map(TimeTest::Within);
        fields.end()?;
        match [before, after, within].into_iter().flatten().collect::<Vec<_>>().as_slice() {
            [only] => Ok(Some(only.clone())),
            _ => Err(at(&fields.pointer, "should have one of before, after and within_days")),
        }
    }

    fn by(&mut self) -> Told<ReaderClass> {
        let known = |word: &str| {
            ReaderClass::from_word(word).ok_or("it should be person, reader or anything")
        };
        Ok(self.parsed("by", known)?.unwrap_or_default())
    }

    fn campaign(&mut self, name: &'static str) -> Told<Option<CampaignNumber>> {
        let number = self.number::<i64>(name)?;
        match number {
            Some(number) if number < 1 => {
                Err(at(&self.inner(name), "should be the number of a campaign"))
            }
            number => Ok(number.map(CampaignNumber)),
        }
    }

    /// Nothing else is there.
    fn end(&self) -> Told<()> {
        match self.map.keys().find(|name| !self.taken.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(at(&self.inner(name), "has no meaning here")),
        }
    }
}

fn condition(fields: &mut Fields<'_>) -> Told<SegmentCondition> {
    if fields.is_true("everybody")? {
        return Ok(SegmentCondition::Everybody);
    }
    if fields.is_true("suppressed")? {
        return Ok(SegmentCondition::Suppressed);
    }
    if let Some(name) = fields.text("attribute")? {
        return Ok(SegmentCondition::Attribute { name: name.to_owned(), test: attribute(fields)? });
    }
    if let Some(topic) = fields.parsed("topic", TopicSlug::parse)? {
        let known = |word: &str| {
            let words = "it should be subscribed, pending or unsubscribed";
            SubscriptionState::from_word(word).ok_or(words)
        };
        let state = fields.parsed("state", known)?.unwrap_or(SubscriptionState::Subscribed);
        return Ok(SegmentCondition::Topic { topic, state, changed: fields.time("changed")? });
    }
    let known = |word: &str| {
        TrackingMode::from_word(word).ok_or("it should be off, anonymous or identified")
    };
    let language = |text: &str| model::AttributeKind::Language.canonical(text);
    let named = [
        fields.parsed("tag", TagName::parse)?.map(SegmentCondition::Tag),
        fields.parsed("tracking", known)?.map(SegmentCondition::Tracking),
        fields.time("added")?.map(SegmentCondition::Added),
        fields.parsed("domain", Domain::parse)?.map(SegmentCondition::Domain),
        fields.parsed("language", language)?.map(SegmentCondition::Language),
        fields.parsed("segment", SegmentName::parse)?.map(SegmentCondition::Segment),
    ];
    let mut named = named.into_iter().flatten();
    match (named.next(), named.next()) {
        (Some(condition), None) => Ok(condition),
        (Some(_), Some(_)) => {
            Err(at(&fields.pointer, "is two conditions: put them into all or any"))
        }
        (None, _) => about_campaigns(fields),
    }
}

fn about_campaigns(fields: &mut Fields<'_>) -> Told<SegmentCondition> {
    for outcome in CampaignOutcome::ALL {
        if let Some(campaign) = fields.campaign(outcome.as_str())? {
            return Ok(SegmentCondition::Campaign { campaign, outcome });
        }
    }
    for act in [ReadAct::Viewed, ReadAct::Clicked] {
        let Some(value) = fields.take(act.as_str()) else { continue };
        let mut inner = Fields::of(value, &fields.inner(act.as_str()))?;
        let test = ReadTest {
            act,
            reader: inner.by()?,
            campaign: inner.campaign("campaign")?,
            link: inner.number::<u16>("link")?.map(LinkSlot),
            within_days: inner.number("within_days")?,
        };
        inner.end()?;
        return Ok(SegmentCondition::Read(test));
    }
    if let Some(last) = fields.number("no_view_of_last")? {
        return Ok(SegmentCondition::Unread { last, reader: fields.by()? });
    }
    let words = "is no condition: it should have one of all, any, not, everybody, suppressed, attribute, \
        topic, tag, tracking, added, domain, language, segment, got, failed, left, viewed, clicked, \
        no_view_of_last";
    Err(at(&fields.pointer, words))
}

fn attribute(fields: &mut Fields<'_>) -> Told<AttributeTest> {
    if fields.is_true("is_set")? {
        return Ok(AttributeTest::IsSet);
    }
    if let Some(choices) = fields.take("in") {
        let texts = choices.as_array().and_then(|all| {
            all.iter().map(|it| it.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        let texts = texts.ok_or_else(|| at(&fields.inner("in"), "should be a list of texts"))?;
        return Ok(AttributeTest::Is(texts));
    }
    if let Some(text) = fields.text("contains")? {
        return Ok(AttributeTest::Contains(text.to_owned()));
    }
    if let Some(text) = fields.text("begins_with")? {
        return Ok(AttributeTest::BeginsWith(text.to_owned()));
    }
    for (word, how) in COMPARISONS {
        if let Some(number) = fields.parsed(word, SegmentNumber::parse)? {
            return Ok(AttributeTest::Number(how, number));
        }
    }
    let day = fields.time("day")?.map(AttributeTest::Day);
    let words = "asks nothing of the attribute: it should have one of is_set, in, contains, begins_with, \
        less, at_most, at_least, more, day";
    day.ok_or_else(|| at(&fields.pointer, words))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONDITIONS: [&str; 22] = [
        "everybody",
        "suppressed",
        "attribute plan in (pro, \"big team\")",
        "attribute plan is set",
        "attribute plan contains a",
        "attribute plan begins with a",
        "attribute age >= 18.5",
        "attribute age < -3",
        "attribute since within 3 days",
        "tag = vip",
        "topic = offers pending before 2026-01-31",
        "topic = offers",
        "tracking = off",
        "added after 2026-01-31",
        "domain = x.example",
        "language = pt-BR",
        "left campaign 3",
        "got campaign 4",
        "viewed by person within 30 days",
        "clicked campaign 12 link 0 by reader",
        "no view of last 5 by person",
        "segment = \"big spenders\"",
    ];

    fn tree() -> impl Strategy<Value = SegmentRule> {
        let condition = proptest::sample::select(&CONDITIONS[..]);
        let condition = condition.prop_map(|text| SegmentRule::parse(text).unwrap());
        condition.prop_recursive(5, 20, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(SegmentRule::All),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(SegmentRule::Any),
                inner.prop_map(|rule| SegmentRule::Not(Box::new(rule))),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_text_and_tree_are_the_same(rule in tree()) {
            let json = segment_to_json(&rule);
            let again = segment_from_json(&serde_json::from_str(&json.to_string()).unwrap());
            prop_assert_eq!(again.as_ref(), Ok(&rule), "{}", json);
            prop_assert_eq!(SegmentRule::parse(&rule.to_string()), Ok(rule));
        }
    }

    #[test]
    fn what_is_no_segment_is_refused_with_its_place() {
        let deep = (0..12).fold(json!({ "tag": "a" }), |inner, _| json!({ "not": inner }));
        for (value, words) in [
            (json!(3), "\"\" should be an object"),
            (json!({}), "\"\" is no condition"),
            (json!({ "all": [{ "tag": "a" }] }), "\"\" is no segment: it has a group"),
            (json!({ "all": [{ "tag": "a" }, { "tag": 3 }] }), "\"/all/1/tag\" should be a text"),
            (json!({ "tag": "a", "topic2": "b" }), "\"/topic2\" has no meaning here"),
            (json!({ "tag": "a", "segment": "b" }), "is two conditions"),
            (json!({ "viewed": { "link": 3 } }), "names a link without its campaign"),
            (json!({ "added": { "within_days": 0 } }), "counts from 1"),
            (json!({ "added": {} }), "\"/added\" should have one of"),
            (json!({ "attribute": "a" }), "asks nothing of the attribute"),
            (json!({ "got": 0 }), "\"/got\" should be the number"),
            (deep, "levels deep"),
        ] {
            let told = segment_from_json(&value).map_err(|problem| problem.to_string());
            let told = told.expect_err(&value.to_string());
            assert!(told.contains(words), "{value}: {told}");
        }
    }
}
