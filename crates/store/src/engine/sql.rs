//! SQL texts: written once, in the subset that SQLite and PostgreSQL share.
//!
//! Invariants: placeholders are `$1`, `$2` ..., and `$` appears nowhere else. SQLite would take
//! `$1` for a *name* and number it by first appearance, so it gets `?1`, converted at compile time.
//! Every text is listed in its file's `TEXTS`, so that a test can prepare them all on both.

/// A named statement in the texts of both databases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sql {
    /// Its name in the code.
    #[cfg(test)]
    pub(crate) name: &'static str,
    pub(crate) postgres: &'static str,
    /// The text with `?1` for `$1`.
    pub(crate) sqlite: &'static str,
}

/// `$` becomes `?`, everything else stays.
pub(crate) const fn for_sqlite<const N: usize>(portable: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let (out, mut rest): (&mut [u8], &[u8]) = (&mut bytes, portable.as_bytes());
    let mut at = 0;
    while let Some((byte, tail)) = rest.split_first() {
        out[at] = if *byte == b'$' { b'?' } else { *byte };
        rest = tail;
        at += 1;
    }
    bytes
}

/// The bytes as text; they are a text with one ASCII character replaced by another.
pub(crate) const fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

/// Declares the statements of a file.
macro_rules! texts {
    ($($(#[$about:meta])* $name:ident = $text:expr;)+) => {
        $(
            $(#[$about])*
            pub(crate) const $name: $crate::engine::sql::Sql = {
                const TEXT: &str = $text;
                const BYTES: [u8; TEXT.len()] = $crate::engine::sql::for_sqlite(TEXT);
                $crate::engine::sql::Sql {
                    #[cfg(test)]
                    name: stringify!($name),
                    postgres: TEXT,
                    sqlite: $crate::engine::sql::text(&BYTES),
                }
            };
        )+

        /// Every statement of this file.
        #[cfg(test)]
        pub(crate) const TEXTS: &[$crate::engine::sql::Sql] = &[$($name),+];
    };
}
pub(crate) use texts;

/// Declares the statements of a bulk method that only PostgreSQL can run: over arrays, with row
/// locks.
macro_rules! postgres_texts {
    ($($(#[$about:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$about])* const $name: &str = $text;)+

        /// Every statement of this file, by name.
        #[cfg(test)]
        pub(crate) const TEXTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}
pub(crate) use postgres_texts;
