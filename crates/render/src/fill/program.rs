//! The fill steps of a message or page, made from text with placeholders.

use crate::fill::step::{Arm, FillStep, Slot, TokenSlot};
use crate::placeholders::{Hole, Piece};
use crate::problem::{Problem, SourcePosition};
use crate::qp::Encoder;
use crate::template::Control;
use crate::template::condition::Condition;

pub(crate) fn for_text(piece: Piece<'_>) -> Piece<'_> {
    match piece {
        Piece::Hole(Hole::Html(number)) => Piece::Hole(Hole::Plain(number)),
        other => other,
    }
}

/// What to do at a hole; nothing at a control, which makes a branch of what follows.
fn step(hole: Hole) -> Option<FillStep> {
    Some(match hole {
        Hole::Html(value) => FillStep::Value { value, slot: Slot::Html },
        Hole::UrlComponent(value) => FillStep::Value { value, slot: Slot::UrlComponent },
        Hole::Plain(value) => FillStep::Value { value, slot: Slot::Plain },
        Hole::Link(link) => FillStep::Token(TokenSlot::Link(link)),
        Hole::Target(number) => FillStep::Target(number),
        Hole::View => FillStep::Token(TokenSlot::View),
        Hole::Unsubscribe => FillStep::Token(TokenSlot::Unsubscribe),
        Hole::Browse => FillStep::Token(TokenSlot::Browse),
        Hole::Control(_) => return None,
    })
}

/// How the text of a program is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    QuotedPrintable,
}

/// The conditions that were met while programs were built, each once.
#[derive(Debug, Default)]
pub(crate) struct Conditions(pub(crate) Vec<Condition>);

impl Conditions {
    fn number(&mut self, condition: &Condition) -> usize {
        self.0.iter().position(|known| known == condition).unwrap_or_else(|| {
            self.0.push(condition.clone());
            self.0.len() - 1
        })
    }
}

/// Makes programs of pieces.
pub(crate) struct ProgramBuilder<'a> {
    pub(crate) controls: &'a [(Control, SourcePosition)],
    pub(crate) conditions: &'a mut Conditions,
}

/// What ends a sequence of steps: a control of the condition it stands in.
enum Ending<'a> {
    Pieces,
    Control(&'a Control, SourcePosition),
}

impl<'a> ProgramBuilder<'a> {
    /// # Errors
    /// When a condition begins in one part of the text and ends in another.
    pub(crate) fn build(
        &mut self,
        pieces: &[Piece<'_>],
        encoding: Encoding,
    ) -> Result<Vec<FillStep>, Problem> {
        let mut rest = pieces.iter();
        let mut program = Program::default();
        match self.sequence(&mut rest, encoding, &mut program)? {
            Ending::Pieces => Ok(program.finish()),
            Ending::Control(_, place) => Err(torn(place)),
        }
    }

    fn sequence(
        &mut self,
        rest: &mut std::slice::Iter<'_, Piece<'_>>,
        encoding: Encoding,
        program: &mut Program,
    ) -> Result<Ending<'a>, Problem> {
        let mut column = 0;
        while let Some(piece) = rest.next() {
            let hole = match (piece, encoding) {
                (Piece::Text(text), Encoding::Plain) => {
                    program.push(text);
                    continue;
                }
                (Piece::Text(text), Encoding::QuotedPrintable) => {
                    let mut encoder = Encoder::at(&mut program.literal, column);
                    encoder.text(text);
                    column = encoder.column();
                    continue;
                }
                (Piece::Hole(hole), _) => *hole,
            };
            let step = match hole {
                Hole::Control(number) => {
                    let Some((control, place)) = self.controls.get(number) else { continue };
                    let Control::If(condition) = control else {
                        program.end_line(encoding, column);
                        return Ok(Ending::Control(control, *place));
                    };
                    self.branch(condition, *place, rest, encoding)?
                }
                hole => {
                    let Some(step) = step(hole) else { continue };
                    step
                }
            };
            column = program.placed(step, encoding, column);
        }
        Ok(Ending::Pieces)
    }

    fn branch(
        &mut self,
        condition: &Condition,
        place: SourcePosition,
        rest: &mut std::slice::Iter<'_, Piece<'_>>,
        encoding: Encoding,
    ) -> Result<FillStep, Problem> {
        let mut arms = Vec::new();
        let mut when = Some(self.conditions.number(condition));
        loop {
            let mut program = Program::default();
            let ending = self.sequence(rest, encoding, &mut program)?;
            arms.push(Arm { when, steps: program.finish() });
            when = match ending {
                Ending::Control(Control::ElseIf(condition), _) => {
                    Some(self.conditions.number(condition))
                }
                Ending::Control(Control::Else, _) => None,
                Ending::Control(Control::EndIf, _) => return Ok(FillStep::Branch(arms)),
                Ending::Control(Control::If(_), place) => return Err(torn(place)),
                Ending::Pieces => return Err(torn(place)),
            };
        }
    }
}

fn torn(place: SourcePosition) -> Problem {
    place.problem(
        "this condition begins in one part of the text and ends in another, such as a comment",
        "put the whole of it into one part",
    )
}

/// The fill steps of one message, under construction.
#[derive(Default)]
pub(crate) struct Program {
    steps: Vec<FillStep>,
    literal: Vec<u8>,
}

impl Program {
    pub(crate) fn push(&mut self, text: &str) {
        self.literal.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn step(&mut self, step: FillStep) {
        if !self.literal.is_empty() {
            let literal = std::mem::take(&mut self.literal);
            self.steps.push(FillStep::Literal(literal.into_boxed_slice()));
        }
        self.steps.push(step);
    }

    pub(crate) fn extend(&mut self, steps: Vec<FillStep>) {
        steps.into_iter().for_each(|step| self.step(step));
    }

    /// Adds a step behind `column` characters of its line, and says how many stand in the line then.
    /// Tokens have a fixed width and need no encoding, so they are laid out like text; anything else
    /// gets its own lines between soft breaks.
    fn placed(&mut self, step: FillStep, encoding: Encoding, column: usize) -> usize {
        if encoding == Encoding::Plain {
            self.step(step);
            return 0;
        }
        let mut encoder = Encoder::at(&mut self.literal, column);
        match step {
            FillStep::Token(slot) => {
                encoder.room(letters(slot));
                let column = encoder.column();
                self.step(step);
                column
            }
            // Each of its arms ends its line.
            FillStep::Branch(_) => {
                self.end_line(encoding, column);
                self.step(step);
                0
            }
            step => {
                encoder.soft_break();
                self.step(step);
                self.push("=\r\n");
                0
            }
        }
    }

    /// A soft break, unless the line is empty.
    fn end_line(&mut self, encoding: Encoding, column: usize) {
        if encoding == Encoding::QuotedPrintable && column > 0 {
            Encoder::at(&mut self.literal, column).soft_break();
        }
    }

    pub(crate) fn finish(mut self) -> Vec<FillStep> {
        if !self.literal.is_empty() {
            self.steps.push(FillStep::Literal(self.literal.into_boxed_slice()));
        }
        self.steps
    }
}

/// Characters that a token of this slot has.
const fn letters(slot: TokenSlot) -> usize {
    match slot {
        TokenSlot::Unsubscribe => token::UNSUBSCRIBE_LEN,
        _ => token::LEN,
    }
}
