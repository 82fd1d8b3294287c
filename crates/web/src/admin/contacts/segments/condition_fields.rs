//! One condition from the fields of a form, and how it is put into a rule.

use actions::Refusal;
use model::SegmentRule;

use crate::admin::page::form::Form;

/// What can be asked of a contact, by the word of the form: what the first field names and the second says.
pub(super) const ASKED: [(&str, &str); 20] = [
    ("topic", "is subscribed to the topic: slug"),
    ("left_topic", "has left the topic: slug"),
    ("tag", "has the tag: name"),
    ("attribute_is", "attribute is: name, value"),
    ("attribute_contains", "attribute contains: name, text"),
    ("attribute_set", "attribute is set: name"),
    ("attribute_least", "attribute is at least: name, number"),
    ("attribute_within", "attribute is a day of the last days: name, days"),
    ("language", "is written to in the language: tag such as de"),
    ("domain", "has an address at the domain: domain"),
    ("added_within", "was added in the last days: days"),
    ("got", "got the campaign: number"),
    ("failed", "could not be reached by the campaign: number"),
    ("viewed_by_person", "viewed the campaign, surely a person: number"),
    ("viewed_by_reader", "viewed the campaign, a person or their mailbox: number"),
    ("viewed_within", "viewed anything in the last days: days"),
    ("clicked_within", "clicked anything in the last days: days"),
    ("unread", "read none of the last campaigns that they got: how many"),
    ("suppressed", "must not be mailed"),
    ("segment", "is in the segment: name"),
];

/// The condition that the fields `ask`, `what`, `value` and `not` say.
pub(super) fn condition(form: &Form) -> Result<SegmentRule, Refusal> {
    let (what, value) = (form.trimmed("what"), form.trimmed("value"));
    let text = text_of(form.text("ask"), what, value);
    let rule = SegmentRule::parse(&text).map_err(|problem| {
        let words = format!("The condition can’t be used: {}.", problem.words);
        Refusal::of_field("/what", "segment", words)
    })?;
    Ok(if form.text("not").is_empty() { rule } else { SegmentRule::Not(Box::new(rule)) })
}

/// The text of a condition. What people typed is between quotes wherever it is a name or a value, and a number
/// without any.
fn text_of(ask: &str, what: &str, value: &str) -> String {
    let (name, text) = (quoted(what), quoted(value));
    // One field is enough where the other is not asked for.
    let number = if value.is_empty() { digits(what) } else { digits(value) };
    match ask {
        "topic" => format!("topic = {name}"),
        "left_topic" => format!("topic = {name} unsubscribed"),
        "tag" => format!("tag = {name}"),
        "attribute_is" => format!("attribute {name} = {text}"),
        "attribute_contains" => format!("attribute {name} contains {text}"),
        "attribute_set" => format!("attribute {name} is set"),
        "attribute_least" => format!("attribute {name} >= {text}"),
        "attribute_within" => format!("attribute {name} within {} days", digits(value)),
        "language" => format!("language = {name}"),
        "domain" => format!("domain = {name}"),
        "added_within" => format!("added within {number} days"),
        "got" => format!("got campaign {number}"),
        "failed" => format!("failed campaign {number}"),
        "viewed_by_person" => format!("viewed campaign {number} by person"),
        "viewed_by_reader" => format!("viewed campaign {number} by reader"),
        "viewed_within" => format!("viewed by reader within {number} days"),
        "clicked_within" => format!("clicked by reader within {number} days"),
        "unread" => format!("no view of last {number} by reader"),
        "suppressed" => "suppressed".to_owned(),
        "segment" => format!("segment = {name}"),
        _ => String::new(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What is no number becomes a text, which is refused with what would be right.
fn digits(text: &str) -> String {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.to_owned() } else { quoted(text) }
}

/// The rule with one more condition.
pub(super) fn joined(rule: SegmentRule, added: SegmentRule, is_or: bool) -> SegmentRule {
    match (rule, is_or) {
        (SegmentRule::All(mut rules), false) => {
            rules.push(added);
            SegmentRule::All(rules)
        }
        (SegmentRule::Any(mut rules), true) => {
            rules.push(added);
            SegmentRule::Any(rules)
        }
        (rule, false) => SegmentRule::All(vec![rule, added]),
        (rule, true) => SegmentRule::Any(vec![rule, added]),
    }
}

/// The rule without the part with this number; None: there is nothing left.
pub(super) fn without(rule: SegmentRule, index: usize) -> Option<SegmentRule> {
    let left = |mut rules: Vec<SegmentRule>, group: fn(Vec<SegmentRule>) -> SegmentRule| {
        if index < rules.len() {
            rules.remove(index);
        }
        if rules.len() > 1 { Some(group(rules)) } else { rules.pop() }
    };
    match rule {
        SegmentRule::All(rules) => left(rules, SegmentRule::All),
        SegmentRule::Any(rules) => left(rules, SegmentRule::Any),
        only => (index > 0).then_some(only),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_of_the_form_makes_a_condition() {
        for (ask, _) in ASKED {
            let (what, value) = match ask {
                "topic" | "left_topic" => ("offers", ""),
                "language" => ("de", ""),
                "domain" => ("x.example", ""),
                "attribute_least" | "attribute_within" => ("a \"b\"", "3"),
                _ => ("7", ""),
            };
            let value = if ask.starts_with("attribute") && value.is_empty() { "or" } else { value };
            let text = text_of(ask, what, value);
            assert!(SegmentRule::parse(&text).is_ok(), "{ask}: {text}");
        }
        let told = SegmentRule::parse(&text_of("got", "", "")).unwrap_err().words;
        assert!(told.contains("the number of a campaign"), "{told}");
        assert!(SegmentRule::parse(&text_of("nothing", "a", "b")).is_err());
    }

    #[test]
    fn conditions_are_put_into_a_rule_and_taken_out() {
        let read = |text: &str| SegmentRule::parse(text).unwrap();
        let told = |rule: Option<SegmentRule>| rule.map(|it| it.to_string());
        let all = joined(joined(read("tag = a"), read("tag = b"), false), read("tag = c"), false);
        assert_eq!(all.to_string(), "tag = a and tag = b and tag = c");
        let any = joined(all.clone(), read("suppressed"), true);
        assert_eq!(any.to_string(), "(tag = a and tag = b and tag = c) or suppressed");
        assert_eq!(told(without(any, 0)).as_deref(), Some("suppressed"));
        assert_eq!(told(without(all, 1)).as_deref(), Some("tag = a and tag = c"));
        assert_eq!(without(read("tag = a"), 0), None);
    }
}
