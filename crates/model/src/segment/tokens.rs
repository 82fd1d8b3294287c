//! Splits the text of a segment into words, quoted texts and signs, each with its place.

use super::SegmentProblem;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Letters, digits and what stands in addresses and days.
    Word(String),
    /// Between quotes.
    Quoted(String),
    /// `(`, `)`, `,`, `=`, `<`, `<=`, `>=`, `>`.
    Sign(&'static str),
    End,
}

impl Token {
    /// For an error about it.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Word(text) => format!("{text:?}"),
            Self::Quoted(_) => "a quoted text".to_owned(),
            Self::Sign(sign) => format!("{sign:?}"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// A token and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Whether a character can stand in a word without quotes.
pub(super) fn is_word_char(it: char) -> bool {
    it.is_alphanumeric() || matches!(it, '_' | '-' | '.' | '@' | '+' | '/' | ':')
}

/// The tokens of a text, and the end behind them.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, SegmentProblem> {
    let mut scan = Scan { chars: text.chars().peekable(), line: 1, column: 1 };
    let mut found = Vec::new();
    loop {
        scan.skip_blanks();
        let (line, column) = (scan.line, scan.column);
        let token = scan.token().map_err(|words| SegmentProblem { line, column, words })?;
        let is_end = token == Token::End;
        found.push(Placed { token, line, column });
        if is_end {
            return Ok(found);
        }
    }
}

struct Scan<'t> {
    chars: std::iter::Peekable<std::str::Chars<'t>>,
    line: usize,
    column: usize,
}

impl Scan<'_> {
    fn next(&mut self) -> Option<char> {
        let it = self.chars.next()?;
        if it == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(it)
    }

    fn skip_blanks(&mut self) {
        while self.chars.peek().is_some_and(|it| it.is_whitespace()) {
            self.next();
        }
    }

    fn token(&mut self) -> Result<Token, String> {
        let Some(first) = self.chars.peek().copied() else { return Ok(Token::End) };
        if is_word_char(first) {
            let mut word = String::new();
            while let Some(it) = self.chars.peek().copied().filter(|it| is_word_char(*it)) {
                word.push(it);
                self.next();
            }
            return Ok(Token::Word(word));
        }
        self.next();
        let or_equal = |scan: &mut Self, sign, longer| {
            if scan.chars.peek() == Some(&'=') {
                scan.next();
                Token::Sign(longer)
            } else {
                Token::Sign(sign)
            }
        };
        match first {
            '"' => self.quoted(),
            '(' => Ok(Token::Sign("(")),
            ')' => Ok(Token::Sign(")")),
            ',' => Ok(Token::Sign(",")),
            '=' => Ok(Token::Sign("=")),
            '<' => Ok(or_equal(self, "<", "<=")),
            '>' => Ok(or_equal(self, ">", ">=")),
            '!' => {
                Err("there is no \"!\": write not in front of the condition, such as not tag = vip"
                    .to_owned())
            }
            '\'' | '“' | '”' | '„' | '‘' | '’' => {
                Err("a text stands between straight double quotes, such as \"big city\"".to_owned())
            }
            other => Err(format!(
                "{other:?} means nothing here: put a text that has it between double quotes"
            )),
        }
    }

    fn quoted(&mut self) -> Result<Token, String> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(Token::Quoted(text)),
                Some('\\') => match self.next() {
                    Some(it @ ('"' | '\\')) => text.push(it),
                    _ => {
                        return Err(
                            "in a quoted text, a backslash stands before a quote or another \
                            backslash"
                                .to_owned(),
                        );
                    }
                },
                Some(it) => text.push(it),
                None => return Err("the quoted text does not end: a quote is missing".to_owned()),
            }
        }
    }
}
