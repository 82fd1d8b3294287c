//! Reads one condition of a segment.

use super::super::tokens::Token;
use super::super::{
    AttributeTest, CampaignOutcome, MOST_CHOICES, MOST_DAYS, MOST_LAST, NumberComparison, ReadAct,
    ReadTest, ReaderClass, SegmentCondition, SegmentDay, SegmentName, SegmentNumber,
    SegmentProblem, TimeTest,
};
use super::{Read, Reader};
use crate::{
    AttributeKind, CampaignNumber, Domain, LinkSlot, SubscriptionState, TagName, TopicSlug,
    TrackingMode,
};

/// What a condition can begin with.
const CONDITIONS: &str = "attribute, tag, topic, tracking, added, domain, language, suppressed, got, \
    failed, left, viewed, clicked, no view of last, segment or everybody";

impl Reader {
    pub(super) fn condition(&mut self) -> Read<SegmentCondition> {
        let Token::Word(word) = self.peek() else {
            return Err(self.expected(&format!("a condition: {CONDITIONS}")));
        };
        let word = word.to_ascii_lowercase();
        if let Some(outcome) = CampaignOutcome::from_word(&word) {
            self.at += 1;
            self.need_word("campaign")?;
            let campaign = self.campaign()?;
            return Ok(SegmentCondition::Campaign { campaign, outcome });
        }
        let known = [
            "attribute",
            "tag",
            "topic",
            "tracking",
            "added",
            "domain",
            "language",
            "suppressed",
            "viewed",
            "clicked",
            "no",
            "segment",
            "everybody",
        ];
        if !known.contains(&word.as_str()) {
            return Err(
                self.problem(format!("{word:?} begins no condition: it should be {CONDITIONS}"))
            );
        }
        self.at += 1;
        Ok(match word.as_str() {
            "attribute" => self.attribute()?,
            "topic" => self.topic()?,
            "added" => SegmentCondition::Added(self.time()?),
            "suppressed" => SegmentCondition::Suppressed,
            "everybody" => SegmentCondition::Everybody,
            "viewed" => SegmentCondition::Read(self.read(ReadAct::Viewed)?),
            "clicked" => SegmentCondition::Read(self.read(ReadAct::Clicked)?),
            "no" => self.unread()?,
            other => {
                self.need_sign("=")?;
                self.named(other)?
            }
        })
    }

    /// A condition that names one thing.
    fn named(&mut self, what: &str) -> Read<SegmentCondition> {
        let (text, at) = (self.value()?, self.at - 1);
        let made = match what {
            "tag" => TagName::parse(&text).map(SegmentCondition::Tag).map_err(|it| it.to_string()),
            "domain" => Domain::parse(&text)
                .map(SegmentCondition::Domain)
                .map_err(|it| format!("the domain {it}")),
            "language" => AttributeKind::Language
                .canonical(&text)
                .map(SegmentCondition::Language)
                .map_err(|it| format!("it {it}")),
            "tracking" => TrackingMode::from_word(&text)
                .map(SegmentCondition::Tracking)
                .ok_or_else(|| "tracking should be off, anonymous or identified".to_owned()),
            _ => SegmentName::parse(&text)
                .map(SegmentCondition::Segment)
                .map_err(|it| it.to_string()),
        };
        made.map_err(|words| self.problem_at(at, words))
    }

    fn problem_at(&self, at: usize, words: String) -> SegmentProblem {
        let (line, column) =
            self.tokens.get(at).map_or((1, 1), |placed| (placed.line, placed.column));
        SegmentProblem { line, column, words }
    }

    fn attribute(&mut self) -> Read<SegmentCondition> {
        let name = self.value()?;
        let test = self.attribute_test()?;
        Ok(SegmentCondition::Attribute { name, test })
    }

    fn attribute_test(&mut self) -> Read<AttributeTest> {
        if self.sign("=") {
            return Ok(AttributeTest::Is(vec![self.value()?]));
        }
        if self.word("is") {
            self.need_word("set")?;
            return Ok(AttributeTest::IsSet);
        }
        if self.word("in") {
            return Ok(AttributeTest::Is(self.choices()?));
        }
        if self.word("contains") {
            return Ok(AttributeTest::Contains(self.value()?));
        }
        if self.word("begins") {
            self.need_word("with")?;
            return Ok(AttributeTest::BeginsWith(self.value()?));
        }
        if let Token::Sign(sign) = self.peek()
            && let Some(comparison) = NumberComparison::from_word(sign)
        {
            self.at += 1;
            let (text, at) = (self.value()?, self.at - 1);
            let number = SegmentNumber::parse(&text);
            let number = number.map_err(|it| self.problem_at(at, it.to_string()))?;
            return Ok(AttributeTest::Number(comparison, number));
        }
        match self.time_if_any()? {
            Some(test) => Ok(AttributeTest::Day(test)),
            None => Err(self.expected(
                "what is asked of the attribute: =, in, contains, begins with, is set, <, <=, >, >=, \
                 before, after or within",
            )),
        }
    }

    /// `(pro, team)`
    fn choices(&mut self) -> Read<Vec<String>> {
        self.need_sign("(")?;
        let mut choices = vec![self.value()?];
        while self.sign(",") {
            if choices.len() == MOST_CHOICES {
                let words = format!("a list has at most {MOST_CHOICES} values");
                return Err(self.problem(words));
            }
            choices.push(self.value()?);
        }
        if !self.sign(")") {
            return Err(self.expected("a comma or a closing parenthesis"));
        }
        Ok(choices)
    }

    fn topic(&mut self) -> Read<SegmentCondition> {
        self.need_sign("=")?;
        let (text, at) = (self.value()?, self.at - 1);
        let topic = TopicSlug::parse(&text)
            .map_err(|it| self.problem_at(at, format!("the name of a topic {it}")))?;
        let mut state = SubscriptionState::Subscribed;
        for other in SubscriptionState::ALL {
            if self.word(other.as_str()) {
                state = other;
                break;
            }
        }
        let changed = self.time_if_any()?;
        Ok(SegmentCondition::Topic { topic, state, changed })
    }

    fn unread(&mut self) -> Read<SegmentCondition> {
        for word in ["view", "of", "last"] {
            self.need_word(word)?;
        }
        let last = self.number(MOST_LAST, "campaigns")?;
        let reader = self.by()?;
        Ok(SegmentCondition::Unread { last, reader })
    }

    fn read(&mut self, act: ReadAct) -> Read<ReadTest> {
        let campaign = if self.word("campaign") { Some(self.campaign()?) } else { None };
        let mut link = None;
        if act == ReadAct::Clicked && campaign.is_some() && self.word("link") {
            link = Some(LinkSlot(self.number_from(0, u16::MAX, "links")?));
        }
        let reader = self.by()?;
        let within_days = if self.word("within") { Some(self.days()?) } else { None };
        Ok(ReadTest { act, reader, campaign, link, within_days })
    }

    fn by(&mut self) -> Read<ReaderClass> {
        if !self.word("by") {
            return Ok(ReaderClass::Anything);
        }
        for class in ReaderClass::ALL {
            if self.word(class.as_str()) {
                return Ok(class);
            }
        }
        Err(self.expected("person, reader or anything"))
    }

    fn time(&mut self) -> Read<TimeTest> {
        let test = self.time_if_any()?;
        test.ok_or_else(|| self.expected("before, after or within"))
    }

    fn time_if_any(&mut self) -> Read<Option<TimeTest>> {
        if self.word("before") {
            return Ok(Some(TimeTest::Before(self.day()?)));
        }
        if self.word("after") {
            return Ok(Some(TimeTest::After(self.day()?)));
        }
        if self.word("within") {
            return Ok(Some(TimeTest::Within(self.days()?)));
        }
        Ok(None)
    }

    fn day(&mut self) -> Read<SegmentDay> {
        let day = match self.peek() {
            Token::Word(text) => SegmentDay::parse(text).ok(),
            _ => None,
        };
        let day = day.ok_or_else(|| self.expected("a day such as 2026-11-28"))?;
        self.at += 1;
        Ok(day)
    }

    /// `30 days`
    fn days(&mut self) -> Read<u16> {
        let days = self.number(MOST_DAYS, "days")?;
        if self.word("days") || self.word("day") { Ok(days) } else { Err(self.expected("days")) }
    }

    fn campaign(&mut self) -> Read<CampaignNumber> {
        let number = match self.peek() {
            Token::Word(text) if is_digits(text) => text.parse().ok(),
            _ => None,
        };
        let number = number.filter(|it: &i64| *it > 0);
        let number = number.ok_or_else(|| self.expected("the number of a campaign"))?;
        self.at += 1;
        Ok(CampaignNumber(number))
    }

    fn number(&mut self, most: u16, of: &str) -> Read<u16> {
        self.number_from(1, most, of)
    }

    fn number_from(&mut self, least: u16, most: u16, of: &str) -> Read<u16> {
        let number = match self.peek() {
            Token::Word(text) if is_digits(text) => text.parse::<u16>().ok(),
            _ => None,
        };
        let number = number.filter(|it| (least..=most).contains(it));
        let what = format!("a number of {of} from {least} to {most}");
        let number = number.ok_or_else(|| self.expected(&what))?;
        self.at += 1;
        Ok(number)
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
