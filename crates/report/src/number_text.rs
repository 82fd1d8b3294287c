//! How numbers are written for people: the same on every page, command and table.

/// `9812` as `9,812`.
#[must_use]
pub fn thousands(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::from(if value < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A part of a whole with one decimal, `11.4 %`; a dash when the whole is nothing. The space
/// does not break.
#[must_use]
pub fn percent(part: i64, whole: i64) -> String {
    per_mille(part, whole).map_or("–".to_owned(), |it| format!("{}.{}\u{a0}%", it / 10, it % 10))
}

/// A part of a whole in full per cent, `38`, without the sign; a dash when the whole is nothing.
#[must_use]
pub fn whole_percent(part: i64, whole: i64) -> String {
    per_mille(part, whole).map_or("–".to_owned(), |it| ((it + 5) / 10).to_string())
}

/// From a floor to a ceiling in full per cent, `38 to 52 %`, or one number when they are equal;
/// a dash when the whole is nothing.
#[must_use]
pub fn percent_span(floor: i64, ceiling: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let (low, high) = (whole_percent(floor, whole), whole_percent(ceiling, whole));
    if low == high { format!("{low}\u{a0}%") } else { format!("{low} to {high}\u{a0}%") }
}

/// Tenths of a per cent, rounded to the nearest.
fn per_mille(part: i64, whole: i64) -> Option<i64> {
    if whole == 0 {
        return None;
    }
    let exact = (i128::from(part) * 2_000 + i128::from(whole)) / (i128::from(whole) * 2);
    i64::try_from(exact).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted_by_commas() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (-12_345_678, "-12,345,678")];
        for (value, text) in cases {
            assert_eq!(thousands(value), text);
        }
    }

    #[test]
    fn a_share_of_nothing_is_a_dash() {
        assert_eq!(percent(0, 0), "–");
        assert_eq!(percent_span(0, 0, 0), "–");
    }

    #[test]
    fn shares_are_rounded_to_the_nearest() {
        assert_eq!(percent(1_098, 9_634), "11.4\u{a0}%");
        assert_eq!(percent(1, 3), "33.3\u{a0}%");
        assert_eq!(percent(2, 3), "66.7\u{a0}%");
        assert_eq!(percent_span(381, 524, 1_000), "38 to 52\u{a0}%");
        assert_eq!(percent_span(500, 500, 1_000), "50\u{a0}%");
    }
}
