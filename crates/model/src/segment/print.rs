//! The text of a segment.

use std::fmt::{self, Display, Formatter, Write};

use super::parse::is_reserved;
use super::tokens::is_word_char;
use super::{AttributeTest, ReadTest, ReaderClass, SegmentCondition, SegmentRule, TimeTest};
use crate::SubscriptionState;

impl Display for SegmentRule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(rules) => group(f, rules, " and "),
            Self::Any(rules) => group(f, rules, " or "),
            Self::Not(rule) => {
                f.write_str("not ")?;
                part(f, rule)
            }
            Self::Is(condition) => condition.fmt(f),
        }
    }
}

fn group(f: &mut Formatter<'_>, rules: &[SegmentRule], between: &str) -> fmt::Result {
    for (index, rule) in rules.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        part(f, rule)?;
    }
    Ok(())
}

/// A part of a group, in parentheses if it is one.
fn part(f: &mut Formatter<'_>, rule: &SegmentRule) -> fmt::Result {
    match rule {
        SegmentRule::All(_) | SegmentRule::Any(_) => write!(f, "({rule})"),
        _ => rule.fmt(f),
    }
}

impl Display for SegmentCondition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everybody => f.write_str("everybody"),
            Self::Attribute { name, test } => write!(f, "attribute {} {test}", Value(name)),
            Self::Tag(tag) => write!(f, "tag = {}", Value(tag.as_str())),
            Self::Topic { topic, state, changed } => {
                write!(f, "topic = {}", Value(topic.as_str()))?;
                if *state != SubscriptionState::Subscribed {
                    write!(f, " {}", state.as_str())?;
                }
                changed.as_ref().map_or(Ok(()), |test| write!(f, " {test}"))
            }
            Self::Tracking(mode) => write!(f, "tracking = {}", mode.as_str()),
            Self::Added(test) => write!(f, "added {test}"),
            Self::Domain(domain) => write!(f, "domain = {domain}"),
            Self::Language(language) => write!(f, "language = {}", Value(language)),
            Self::Suppressed => f.write_str("suppressed"),
            Self::Campaign { campaign, outcome } => {
                write!(f, "{} campaign {campaign}", outcome.as_str())
            }
            Self::Read(test) => test.fmt(f),
            Self::Unread { last, reader } => write!(f, "no view of last {last}{}", By(*reader)),
            Self::Segment(name) => write!(f, "segment = {}", Value(name.as_str())),
        }
    }
}

impl Display for AttributeTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsSet => f.write_str("is set"),
            Self::Is(choices) if choices.len() == 1 => {
                choices.iter().try_for_each(|it| write!(f, "= {}", Value(it)))
            }
            Self::Is(choices) => {
                f.write_str("in (")?;
                for (index, choice) in choices.iter().enumerate() {
                    let between = if index > 0 { ", " } else { "" };
                    write!(f, "{between}{}", Value(choice))?;
                }
                f.write_char(')')
            }
            Self::Contains(text) => write!(f, "contains {}", Value(text)),
            Self::BeginsWith(text) => write!(f, "begins with {}", Value(text)),
            Self::Number(comparison, number) => {
                write!(f, "{} {}", comparison.as_str(), number.as_str())
            }
            Self::Day(test) => test.fmt(f),
        }
    }
}

impl Display for TimeTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(day) => write!(f, "before {}", day.as_str()),
            Self::After(day) => write!(f, "after {}", day.as_str()),
            Self::Within(days) => within(f, *days),
        }
    }
}

fn within(f: &mut Formatter<'_>, days: u16) -> fmt::Result {
    let unit = if days == 1 { "day" } else { "days" };
    write!(f, "within {days} {unit}")
}

impl Display for ReadTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.act.as_str())?;
        if let Some(campaign) = self.campaign {
            write!(f, " campaign {campaign}")?;
        }
        if let Some(link) = self.link {
            write!(f, " link {}", link.0)?;
        }
        write!(f, "{}", By(self.reader))?;
        if let Some(days) = self.within_days {
            f.write_char(' ')?;
            within(f, days)?;
        }
        Ok(())
    }
}

/// ` by person`, or nothing for anything.
struct By(ReaderClass);

impl Display for By {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            ReaderClass::Anything => Ok(()),
            reader => write!(f, " by {}", reader.as_str()),
        }
    }
}

/// A name or a value, between quotes unless it is a plain word.
struct Value<'v>(&'v str);

impl Display for Value<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = self.0;
        if !text.is_empty() && text.chars().all(is_word_char) && !is_reserved(text) {
            return f.write_str(text);
        }
        f.write_char('"')?;
        for it in text.chars() {
            if matches!(it, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(it)?;
        }
        f.write_char('"')
    }
}
