//! Reads the text of a segment: conditions with `and`, `or`, `not` and parentheses; `and` binds closer
//! than `or`.

mod conditions;

use super::tokens::{Placed, Token, tokens};
use super::values::is_value;
use super::{
    MOST_CONDITIONS, MOST_TEXT_BYTES, MOST_VALUE_CHARS, SegmentCondition, SegmentProblem,
    SegmentRule,
};

/// Parentheses and `not`s within one another, also those that add nothing to the tree.
const MOST_NESTED: usize = 40;
/// The same of segments within one another.
const RESOLVED_NESTED: usize = 400;
const RESOLVED_CONDITIONS: usize = 1_000;
/// Words that have a meaning of their own: a value that is one stands between quotes.
const RESERVED: [&str; 19] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "set",
    "contains",
    "begins",
    "with",
    "before",
    "after",
    "within",
    "by",
    "campaign",
    "link",
    "pending",
    "subscribed",
    "unsubscribed",
    "everybody",
];

pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|it| word.eq_ignore_ascii_case(it))
}

pub(super) fn parse(text: &str) -> Result<SegmentRule, SegmentProblem> {
    if text.len() > MOST_TEXT_BYTES {
        let words = format!("the text is longer than {MOST_TEXT_BYTES} bytes");
        return Err(SegmentProblem { line: 1, column: 1, words });
    }
    let rule = Reader::new(text, MOST_NESTED, MOST_CONDITIONS)?.whole()?;
    rule.check().map_err(|problem| SegmentProblem {
        line: 1,
        column: 1,
        words: format!("the segment {problem}"),
    })?;
    Ok(rule)
}

/// Of a rule that was within the bounds in parts.
pub(super) fn parse_resolved(text: &str) -> Result<SegmentRule, SegmentProblem> {
    Reader::new(text, RESOLVED_NESTED, RESOLVED_CONDITIONS)?.whole()
}

struct Reader {
    /// The last one is the end.
    tokens: Vec<Placed>,
    at: usize,
    nested: usize,
    conditions: usize,
    most_nested: usize,
    most_conditions: usize,
}

type Read<T> = Result<T, SegmentProblem>;

impl Reader {
    fn new(text: &str, most_nested: usize, most_conditions: usize) -> Read<Self> {
        let tokens = tokens(text)?;
        Ok(Self { tokens, at: 0, nested: 0, conditions: 0, most_nested, most_conditions })
    }

    fn whole(mut self) -> Read<SegmentRule> {
        let rule = self.any()?;
        match self.peek() {
            Token::End => Ok(rule),
            Token::Sign(")") => Err(self.problem("no parenthesis is open here")),
            _ => Err(self.expected("and, or, or the end")),
        }
    }

    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |placed| &placed.token)
    }

    fn problem(&self, words: impl Into<String>) -> SegmentProblem {
        let (line, column) =
            self.tokens.get(self.at).map_or((1, 1), |placed| (placed.line, placed.column));
        SegmentProblem { line, column, words: words.into() }
    }

    fn expected(&self, what: &str) -> SegmentProblem {
        self.problem(format!("{} is not expected here, but {what}", self.peek().told()))
    }

    /// Whether the next token is this word, which is then taken.
    fn word(&mut self, word: &str) -> bool {
        let is_it = matches!(self.peek(), Token::Word(it) if it.eq_ignore_ascii_case(word));
        self.at += usize::from(is_it);
        is_it
    }

    fn sign(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.peek(), Token::Sign(it) if *it == sign);
        self.at += usize::from(is_it);
        is_it
    }

    fn need_word(&mut self, word: &str) -> Read<()> {
        if self.word(word) { Ok(()) } else { Err(self.expected(word)) }
    }

    fn need_sign(&mut self, sign: &str) -> Read<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.expected(&format!("{sign:?}"))) }
    }

    fn any(&mut self) -> Read<SegmentRule> {
        let mut rules = vec![self.all()?];
        while self.word("or") {
            rules.push(self.all()?);
        }
        Ok(grouped(rules, SegmentRule::Any))
    }

    fn all(&mut self) -> Read<SegmentRule> {
        let mut rules = vec![self.part()?];
        while self.word("and") {
            rules.push(self.part()?);
        }
        Ok(grouped(rules, SegmentRule::All))
    }

    fn part(&mut self) -> Read<SegmentRule> {
        if self.nested == self.most_nested {
            return Err(self.problem("there are too many parentheses within one another"));
        }
        self.nested += 1;
        let rule = if self.word("not") {
            SegmentRule::Not(Box::new(self.part()?))
        } else if self.sign("(") {
            let rule = self.any()?;
            if !self.sign(")") {
                return Err(self.expected("and, or, or a closing parenthesis"));
            }
            rule
        } else {
            self.conditions += 1;
            if self.conditions > self.most_conditions {
                let words = format!("there are more than {} conditions", self.most_conditions);
                return Err(self.problem(words));
            }
            SegmentRule::Is(self.condition()?)
        };
        self.nested -= 1;
        Ok(rule)
    }

    /// A word or a quoted text.
    fn value(&mut self) -> Read<String> {
        let text = match self.peek() {
            Token::Word(word) if is_reserved(word) => {
                let words = format!(
                    "{word:?} has a meaning of its own: a name or value like it stands between quotes"
                );
                return Err(self.problem(words));
            }
            Token::Word(text) | Token::Quoted(text) => text.clone(),
            _ => return Err(self.expected("a name or a value")),
        };
        if !is_value(&text) {
            let words = format!("a value has 1 to {MOST_VALUE_CHARS} characters");
            return Err(self.problem(words));
        }
        self.at += 1;
        Ok(text)
    }
}

/// The only rule, or a group of several.
fn grouped(mut rules: Vec<SegmentRule>, group: fn(Vec<SegmentRule>) -> SegmentRule) -> SegmentRule {
    match rules.pop() {
        Some(only) if rules.is_empty() => only,
        Some(last) => {
            rules.push(last);
            group(rules)
        }
        None => SegmentRule::Is(SegmentCondition::Everybody),
    }
}
