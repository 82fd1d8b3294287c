//! The fill steps of a message or page, made from text with placeholders.

use crate::fill_step::{FillStep, Slot, TokenSlot};
use crate::placeholders::{Hole, Piece};
use crate::qp::Encoder;

pub(crate) fn for_text(piece: Piece<'_>) -> Piece<'_> {
    match piece {
        Piece::Hole(Hole::Html(number)) => Piece::Hole(Hole::Plain(number)),
        other => other,
    }
}

fn step(hole: Hole) -> FillStep {
    match hole {
        Hole::Html(value) => FillStep::Value { value, slot: Slot::Html },
        Hole::UrlComponent(value) => FillStep::Value { value, slot: Slot::UrlComponent },
        Hole::Plain(value) => FillStep::Value { value, slot: Slot::Plain },
        Hole::Link(link) => FillStep::Token(TokenSlot::Link(link)),
        Hole::Target(number) => FillStep::Target(number),
        Hole::View => FillStep::Token(TokenSlot::View),
        Hole::Unsubscribe => FillStep::Token(TokenSlot::Unsubscribe),
        Hole::Browse => FillStep::Token(TokenSlot::Browse),
    }
}

pub(crate) fn plain_program(pieces: &[Piece<'_>]) -> Vec<FillStep> {
    let mut program = Program::default();
    for piece in pieces {
        match piece {
            Piece::Text(text) => program.push(text),
            Piece::Hole(hole) => program.step(step(*hole)),
        }
    }
    program.finish()
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

    /// A body in quoted-printable. Tokens have a fixed width and need no encoding, so they are laid
    /// out like text; a value gets its own lines between soft breaks.
    pub(crate) fn encoded(&mut self, pieces: &[Piece<'_>]) {
        let mut column = 0;
        for piece in pieces {
            let mut encoder = Encoder::at(&mut self.literal, column);
            let hole = match piece {
                Piece::Text(text) => {
                    encoder.text(text);
                    column = encoder.column();
                    continue;
                }
                Piece::Hole(hole) => step(*hole),
            };
            if let FillStep::Token(slot) = hole {
                encoder.room(letters(slot));
                column = encoder.column();
                self.step(hole);
            } else {
                encoder.soft_break();
                self.step(hole);
                self.push("=\r\n");
                column = 0;
            }
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
