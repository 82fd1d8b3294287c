//! Targets of links that lead everyone elsewhere: an address with values in it, made for one contact.

use std::borrow::Cow;

use crate::escape;
use crate::links::address::LinkAddress;
use crate::links::with_parameters;
use crate::problem::RenderProblem;

/// An address with holes for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonalTarget {
    /// The slot of its link.
    pub(crate) link: u16,
    pub(crate) pieces: Vec<TargetPiece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TargetPiece {
    Text(String),
    /// A value inside an address that begins before it.
    Component(usize),
    /// A value that an address begins with, or is.
    Whole(usize),
}

impl PersonalTarget {
    /// The address with the values in it, as browsers read it. `value` and `name` tell what stands
    /// for a number and what its tag is called.
    pub(crate) fn address<'v>(
        &self,
        parameters: &[(String, String)],
        value: impl Fn(usize) -> Result<Cow<'v, str>, RenderProblem>,
        name: impl Fn(usize) -> String,
    ) -> Result<String, RenderProblem> {
        let mut address = String::new();
        for piece in &self.pieces {
            match piece {
                TargetPiece::Text(text) => address.push_str(text),
                TargetPiece::Component(number) => {
                    address.push_str(&escape::url_component(&value(*number)?));
                }
                TargetPiece::Whole(number) => address.push_str(value(*number)?.trim()),
            }
        }
        match LinkAddress::read(&address) {
            Ok(LinkAddress::Web(address)) => {
                Ok(escape::url(&with_parameters(&address, parameters)).into_owned())
            }
            Ok(LinkAddress::Other(_)) | Err(_) => {
                let number = self.values().next();
                Err(RenderProblem::NoAddress { tag: number.map_or(String::new(), name) })
            }
        }
    }

    /// The value that the address begins with.
    pub(crate) fn whole(&self) -> Option<usize> {
        match self.pieces.first() {
            Some(TargetPiece::Whole(number)) => Some(*number),
            _ => None,
        }
    }

    /// The numbers of the values in it.
    pub(crate) fn values(&self) -> impl Iterator<Item = usize> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            TargetPiece::Text(_) => None,
            TargetPiece::Component(number) | TargetPiece::Whole(number) => Some(*number),
        })
    }
}
