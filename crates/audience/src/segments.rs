//! The rule of a segment against what is declared of attributes: values get the text in which contacts have
//! them, and numbers and days are compared where there are some.

use model::{AttributeKind, AttributeTest, SegmentCondition, SegmentRule};

use crate::AttributeSchema;

/// A condition that asks an attribute what its values can't answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentMisuse {
    #[error("{value:?} of the attribute {name} {why}")]
    Value { name: String, value: String, why: String },
    #[error(
        "the attribute {name} is not declared as a {wanted}, so its values are not compared as one: declare it \
         first (pharos attributes set {name} --kind {wanted})"
    )]
    Kind { name: String, wanted: &'static str },
}

/// The rule with each value in the text in which contacts have it.
///
/// # Errors
/// When a condition does not fit its attribute.
pub fn segment_checked(
    rule: SegmentRule,
    schema: &AttributeSchema,
) -> Result<SegmentRule, SegmentMisuse> {
    let each = |rules: Vec<SegmentRule>| -> Result<Vec<SegmentRule>, SegmentMisuse> {
        rules.into_iter().map(|rule| segment_checked(rule, schema)).collect()
    };
    Ok(match rule {
        SegmentRule::All(rules) => SegmentRule::All(each(rules)?),
        SegmentRule::Any(rules) => SegmentRule::Any(each(rules)?),
        SegmentRule::Not(rule) => SegmentRule::Not(Box::new(segment_checked(*rule, schema)?)),
        SegmentRule::Is(SegmentCondition::Attribute { name, test }) => {
            let test = checked(&name, test, schema)?;
            SegmentRule::Is(SegmentCondition::Attribute { name, test })
        }
        other @ SegmentRule::Is(_) => other,
    })
}

fn checked(
    name: &str,
    test: AttributeTest,
    schema: &AttributeSchema,
) -> Result<AttributeTest, SegmentMisuse> {
    let kind = schema.kind(name).unwrap_or(&AttributeKind::Text);
    let misuse = |wanted| SegmentMisuse::Kind { name: name.to_owned(), wanted };
    match test {
        AttributeTest::Is(choices) => {
            let canonical = |value: String| {
                kind.canonical(&value).map_err(|problem| SegmentMisuse::Value {
                    name: name.to_owned(),
                    why: problem.to_string(),
                    value,
                })
            };
            Ok(AttributeTest::Is(choices.into_iter().map(canonical).collect::<Result<_, _>>()?))
        }
        AttributeTest::Number(..) if *kind != AttributeKind::Number => Err(misuse("number")),
        AttributeTest::Day(_) if *kind != AttributeKind::Date => Err(misuse("date")),
        test => Ok(test),
    }
}

#[cfg(test)]
mod tests {
    use store::DeclaredAttribute;

    use super::*;

    fn check(text: &str) -> Result<String, String> {
        let declared = |name: &str, kind| DeclaredAttribute {
            name: name.to_owned(),
            kind,
            label: String::new(),
            position: 0,
            created_at: None,
        };
        let choices = ["free".to_owned(), "Pro".to_owned()];
        let plan = AttributeKind::parse("list", &choices).unwrap();
        let schema: AttributeSchema = [
            declared("plan", plan),
            declared("age", AttributeKind::Number),
            declared("since", AttributeKind::Date),
        ]
        .into_iter()
        .collect();
        let rule = SegmentRule::parse(text).unwrap();
        segment_checked(rule, &schema).map(|it| it.to_string()).map_err(|it| it.to_string())
    }

    #[test]
    fn values_are_compared_as_contacts_have_them() {
        let text = "not (attribute plan = PRO or attribute age in (007, 1.50))";
        let same = "not (attribute plan = Pro or attribute age in (7, 1.5))";
        assert_eq!(check(text).as_deref(), Ok(same));
        for text in
            ["attribute age > 18", "attribute since within 3 days", "attribute x contains y"]
        {
            assert_eq!(check(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_an_attribute_can_not_answer_is_refused() {
        for (text, words) in [
            ("tag = a or attribute plan = team", "\"team\" of the attribute plan is no choice"),
            ("attribute since > 3", "the attribute since is not declared as a number"),
            ("attribute x > 3", "pharos attributes set x --kind number"),
            ("attribute age before 2026-01-01", "not declared as a date"),
        ] {
            let told = check(text).unwrap_err();
            assert!(told.contains(words), "{text}: {told}");
        }
    }
}
