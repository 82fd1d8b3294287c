//! The fill steps of a message or page, made from text with placeholders.

use crate::fill::step::{Arm, FillStep, Loop, Slot, TokenSlot};
use crate::placeholders::{Hole, Piece};
use crate::problem::{Problem, SourcePosition};
use crate::qp::Encoder;
use crate::template::condition::Condition;
use crate::template::{Control, LoopHead};

pub(crate) fn for_text(piece: Piece<'_>) -> Piece<'_> {
    match piece {
        Piece::Hole(Hole::Html(number)) => Piece::Hole(Hole::Plain(number)),
        other => other,
    }
}

/// The pieces of the plain-text part; in a single message links lead straight to their targets.
pub(crate) fn text_pieces(pieces: Vec<Piece<'_>>, is_single: bool) -> Vec<Piece<'_>> {
    let piece = |piece| match for_text(piece) {
        Piece::Hole(Hole::Target(number)) if is_single => Piece::Hole(Hole::PlainTarget(number)),
        other => other,
    };
    pieces.into_iter().map(piece).collect()
}

/// What to do at a hole; nothing at a control, which makes a branch of what follows.
fn step(hole: Hole) -> Option<FillStep> {
    Some(match hole {
        Hole::Html(value) => FillStep::Value { value, slot: Slot::Html },
        Hole::UrlComponent(value) => FillStep::Value { value, slot: Slot::UrlComponent },
        Hole::Plain(value) => FillStep::Value { value, slot: Slot::Plain },
        Hole::Link(link) => FillStep::Token(TokenSlot::Link(link)),
        Hole::Target(number) => FillStep::Target(number),
        Hole::PlainTarget(number) => FillStep::PlainTarget(number),
        Hole::View => FillStep::Token(TokenSlot::View),
        Hole::Honeypot => FillStep::Token(TokenSlot::Honeypot),
        Hole::Unsubscribe => FillStep::Token(TokenSlot::Unsubscribe),
        Hole::Browse => FillStep::Token(TokenSlot::Browse),
        Hole::Campaign => FillStep::Campaign,
        Hole::Control(_) => return None,
    })
}

/// How the text of a program is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    QuotedPrintable,
}

/// The conditions and lists that were met while programs were built, each once.
#[derive(Debug, Default)]
pub(crate) struct Deciders {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) lists: Vec<LoopHead>,
}

/// The number of a thing in a list, to which it is added when it is new.
fn number<T: PartialEq + Clone>(list: &mut Vec<T>, wanted: &T) -> usize {
    list.iter().position(|known| known == wanted).unwrap_or_else(|| {
        list.push(wanted.clone());
        list.len() - 1
    })
}

/// Makes programs of pieces.
pub(crate) struct ProgramBuilder<'a> {
    pub(crate) controls: &'a [(Control, SourcePosition)],
    pub(crate) deciders: &'a mut Deciders,
}

/// What ends a sequence of steps: a control of the condition or the loop it stands in.
enum Ending<'a> {
    Pieces,
    Control(&'a Control, SourcePosition),
}

impl<'a> ProgramBuilder<'a> {
    /// # Errors
    /// When a condition or a loop begins in one part of the text and ends in another.
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
                    match control {
                        Control::If(condition) => self.branch(condition, *place, rest, encoding)?,
                        Control::For(head) => self.run(head, *place, rest, encoding)?,
                        _ => {
                            program.end_line(encoding, column);
                            return Ok(Ending::Control(control, *place));
                        }
                    }
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
        let mut when = Some(number(&mut self.deciders.conditions, condition));
        loop {
            let mut program = Program::default();
            let ending = self.sequence(rest, encoding, &mut program)?;
            arms.push(Arm { when, steps: program.finish() });
            when = match ending {
                Ending::Control(Control::ElseIf(condition), _) => {
                    Some(number(&mut self.deciders.conditions, condition))
                }
                Ending::Control(Control::Else, _) => None,
                Ending::Control(Control::EndIf, _) => return Ok(FillStep::Branch(arms)),
                Ending::Control(_, place) => return Err(torn(place)),
                Ending::Pieces => return Err(torn(place)),
            };
        }
    }

    fn run(
        &mut self,
        head: &LoopHead,
        place: SourcePosition,
        rest: &mut std::slice::Iter<'_, Piece<'_>>,
        encoding: Encoding,
    ) -> Result<FillStep, Problem> {
        let list = number(&mut self.deciders.lists, head);
        let mut item = Program::default();
        let mut ending = self.sequence(rest, encoding, &mut item)?;
        let mut otherwise = None;
        if matches!(ending, Ending::Control(Control::Else, _)) {
            let mut program = Program::default();
            ending = self.sequence(rest, encoding, &mut program)?;
            otherwise = Some(program.finish());
        }
        match ending {
            Ending::Control(Control::EndFor, _) => {
                Ok(FillStep::Loop(Loop { list, item: item.finish(), otherwise }))
            }
            Ending::Control(_, place) => Err(torn(place)),
            Ending::Pieces => Err(torn(place)),
        }
    }
}

fn torn(place: SourcePosition) -> Problem {
    place.problem(
        "this condition or loop begins in one part of the text and ends in another, such as a comment",
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
            // What is in them ends its line.
            FillStep::Branch(_) | FillStep::Loop(_) => {
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
