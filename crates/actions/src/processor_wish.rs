//! A recipient of personal data as somebody types them.

use model::{Country, DisclosedField, DisclosureBasis, Timestamp};
use store::Processor;

use crate::Refusal;

/// Characters of a name and of a purpose.
const CHARS: usize = 100;
/// Purposes of one recipient.
const PURPOSES: usize = 20;

/// A recipient that is to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProcessorWish {
    pub name: String,
    /// Two letters of ISO 3166-1.
    pub country: String,
    /// The word of a [`DisclosureBasis`].
    pub basis: String,
    pub purposes: Vec<String>,
    /// The words of [`DisclosedField`]s.
    pub fields: Vec<String>,
}

impl ProcessorWish {
    pub(crate) fn parsed(self, at: Timestamp) -> Result<Processor, Refusal> {
        let wrong = |field: &str, words: String| Refusal::of_field(field, "field", words);
        let line = |field: &str, text: &str| {
            let text = text.trim();
            let fits = (1..=CHARS).contains(&text.chars().count());
            match fits && !text.chars().any(|it| it.is_control() || it == ',') {
                true => Ok(text.to_owned()),
                false => Err(wrong(
                    field,
                    format!("It has 1 to {CHARS} characters in one line, without a comma."),
                )),
            }
        };
        let country = self.country.trim().to_uppercase();
        if Country::parse(&country).is_none() {
            let words = "Name the country by two letters of ISO 3166-1, such as DE.";
            return Err(wrong("/country", words.to_owned()));
        }
        let lawful = DisclosureBasis::ALL.into_iter().filter(|it| *it != DisclosureBasis::OwnUse);
        let words: Vec<&str> = lawful.map(DisclosureBasis::as_str).collect();
        let basis = DisclosureBasis::from_word(self.basis.trim());
        let basis = basis
            .filter(|it| *it != DisclosureBasis::OwnUse)
            .ok_or_else(|| wrong("/basis", format!("The basis is one of {}.", words.join(", "))))?;
        if !(1..=PURPOSES).contains(&self.purposes.len()) {
            let words = format!("Name 1 to {PURPOSES} purposes.");
            return Err(wrong("/purposes", words));
        }
        let purposes = self.purposes.iter().map(|it| Ok(line("/purposes", it)?.to_lowercase()));
        let purposes = purposes.collect::<Result<_, Refusal>>()?;
        let field = |word: &String| {
            DisclosedField::from_word(word.trim()).ok_or_else(|| {
                let all = DisclosedField::ALL.map(DisclosedField::as_str).join(", ");
                wrong("/fields", format!("{word:?} is no field; there are {all}."))
            })
        };
        let fields = self.fields.iter().map(field).collect::<Result<Vec<_>, Refusal>>()?;
        if fields.is_empty() {
            return Err(wrong("/fields", "Name at least one field.".to_owned()));
        }
        let name = line("/name", &self.name)?;
        Ok(Processor { name, country, basis, purposes, fields, changed_at: at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> ProcessorWish {
        ProcessorWish {
            name: " Post House ".into(),
            country: "de".into(),
            basis: "service-provider".into(),
            purposes: vec!["Printing".into()],
            fields: vec!["address".into(), "attributes".into()],
        }
    }

    #[test]
    fn a_recipient_is_named_with_country_basis_purposes_and_fields() {
        let read = wish().parsed(Timestamp(7)).unwrap();
        assert_eq!((read.name.as_str(), read.country.as_str()), ("Post House", "DE"));
        assert_eq!(read.purposes, ["printing"]);
        for (field, wish) in [
            ("/name", ProcessorWish { name: " ".into(), ..wish() }),
            ("/country", ProcessorWish { country: "Germany".into(), ..wish() }),
            ("/basis", ProcessorWish { basis: "curiosity".into(), ..wish() }),
            ("/basis", ProcessorWish { basis: "own-use".into(), ..wish() }),
            ("/purposes", ProcessorWish { purposes: vec![], ..wish() }),
            ("/purposes", ProcessorWish { purposes: vec!["a,b".into()], ..wish() }),
            ("/fields", ProcessorWish { fields: vec!["shoe size".into()], ..wish() }),
            ("/fields", ProcessorWish { fields: vec![], ..wish() }),
        ] {
            let refusal = wish.parsed(Timestamp(7)).unwrap_err();
            assert_eq!(refusal.fields[0].pointer, field);
        }
    }
}
