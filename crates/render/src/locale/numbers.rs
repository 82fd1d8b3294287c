//! Numbers and money.

use fixed_decimal::{Decimal, SignedRoundingMode, UnsignedRoundingMode};
use icu_decimal::DecimalFormatter;
use icu_experimental::dimension::currency::CurrencyType;
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;
use icu_locale_core::extensions::unicode::Value;

use crate::locale::Conventions;

/// Digits behind the point that a number keeps when nobody says how many.
const MOST_DIGITS: i16 = 3;
/// Characters of a number that is read: more than any count or price has.
const NUMBER_BYTES: usize = 40;

/// A number such as `1234.5`, with as many digits behind the point as are asked for, else as it has,
/// but no more than three. Nothing when `text` is no number.
pub(crate) fn number_text(
    text: &str,
    digits: Option<u8>,
    conventions: &Conventions,
) -> Option<String> {
    let mut number = decimal(text)?;
    match digits {
        Some(digits) => {
            let digits = i16::from(digits);
            round(&mut number, -digits);
            number.absolute.pad_end(-digits);
        }
        None => {
            round(&mut number, -MOST_DIGITS);
            number.absolute.trim_end();
        }
    }
    let formatter =
        DecimalFormatter::try_new((&conventions.locale).into(), Default::default()).ok()?;
    Some(formatter.format(&number).to_string())
}

/// An amount of a currency by its ISO 4217 code, with the digits that the currency has. Nothing when
/// `text` is no number or the code no code.
pub(crate) fn money_text(text: &str, currency: &str, conventions: &Conventions) -> Option<String> {
    let amount = decimal(text)?;
    let formatter = CurrencyFormatter::try_new_symbol(
        (&conventions.locale).into(),
        currency_type(currency)?,
        Default::default(),
    );
    Some(formatter.ok()?.format_fixed_decimal(&amount).to_string())
}

/// Whether `code` has the form of an ISO 4217 code, such as `EUR`.
pub(crate) fn currency_type(code: &str) -> Option<CurrencyType> {
    if code.len() != 3 || !code.chars().all(|c| c.is_ascii_uppercase()) {
        return None;
    }
    let code: Value = code.to_ascii_lowercase().parse().ok()?;
    CurrencyType::try_from(&code).ok()
}

fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let is_plain = text.len() <= NUMBER_BYTES && !text.contains(['e', 'E']);
    is_plain.then(|| Decimal::try_from_str(text).ok()).flatten()
}

/// Halves go up, as people expect of prices.
fn round(number: &mut Decimal, position: i16) {
    let half_up = SignedRoundingMode::Unsigned(UnsignedRoundingMode::HalfExpand);
    number.round_with_mode(position, half_up);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::TextLocale;

    fn conventions(language: &str) -> Conventions {
        let text = TextLocale { language: Some(language.to_owned()), time_zone: None };
        Conventions::new(&text, &[].into())
    }

    #[test]
    fn numbers_and_money_are_written_as_the_language_does() {
        let row = |language: &str| {
            let conventions = conventions(language);
            let number = |text, digits| number_text(text, digits, &conventions).unwrap();
            let money = |text, code| money_text(text, code, &conventions).unwrap();
            [
                number("1234567.5", None),
                number("0.30000000000000004", None),
                number("-1234.565", Some(2)),
                number("7", Some(2)),
                money("1234.5", "EUR"),
                money("1234.5", "JPY"),
                money("-9.99", "USD"),
            ]
            .join(" | ")
        };
        let rows = ["en", "de", "de-CH", "fr", "hi", "ja", "ar-EG"].map(row).join("\n");
        insta::assert_snapshot!(rows.replace(['\u{a0}', '\u{202f}'], "_"), @r"
        1,234,567.5 | 0.3 | -1,234.57 | 7.00 | €1,234.50 | ¥1,235 | -$9.99
        1.234.567,5 | 0,3 | -1.234,57 | 7,00 | 1.234,50_€ | 1.235_¥ | -9,99_$
        1'234'567.5 | 0.3 | -1'234.57 | 7.00 | €_1'234.50 | ¥_1'235 | $-9.99
        1_234_567,5 | 0,3 | -1_234,57 | 7,00 | 1_234,50_€ | 1_235_JP¥ | -9,99_$US
        12,34,567.5 | 0.3 | -1,234.57 | 7.00 | €1,234.50 | JP¥1,235 | -$9.99
        1,234,567.5 | 0.3 | -1,234.57 | 7.00 | €1,234.50 | ￥1,235 | -$9.99
        ١٬٢٣٤٬٥٦٧٫٥ | ٠٫٣ | ؜-١٬٢٣٤٫٥٧ | ٧٫٠٠ | ‏١٬٢٣٤٫٥٠_€ | ‏١٬٢٣٥_JP¥ | ؜-‏٩٫٩٩_US$
        ");
    }

    #[test]
    fn what_is_no_number_or_code_makes_nothing() {
        let en = conventions("en");
        for text in ["", "many", "1,234.5", "1 000", "1e9", "NaN", "0x10", &"9".repeat(41)] {
            assert_eq!(number_text(text, None, &en), None, "{text}");
        }
        for code in ["", "EURO", "eur", "E1R", "€"] {
            assert_eq!(money_text("1", code, &en), None, "{code}");
        }
        assert_eq!(money_text("1", "XYZ", &en).unwrap().replace('\u{a0}', " "), "XYZ 1.00");
    }
}
