//! Counts of what long work has done, which add up and are kept as JSON by the names of their fields.

macro_rules! counts {
    ($(#[$of:meta])* $name:ident { $($(#[$about:meta])* $field:ident,)+ }) => {
        $(#[$of])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name {
            $($(#[$about])* pub $field: u64,)+
        }

        impl $name {
            /// Adds what a further step has done.
            pub fn add(&mut self, more: &Self) {
                $(self.$field += more.$field;)+
            }

            /// Every count with its name.
            #[must_use]
            pub fn fields(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($field), self.$field)),+]
            }

            /// As JSON, by the names of the fields.
            pub(crate) fn to_text(self) -> String {
                let mut object = serde_json::Map::new();
                $(object.insert(stringify!($field).to_owned(), self.$field.into());)+
                serde_json::Value::Object(object).to_string()
            }

            /// What was counted, as a job keeps it; nothing for an empty text.
            ///
            /// # Errors
            /// [`StoreError::Corrupt`](crate::StoreError::Corrupt).
            pub fn from_text(text: &str) -> Result<Self, crate::StoreError> {
                if text.is_empty() {
                    return Ok(Self::default());
                }
                let object: serde_json::Value = serde_json::from_str(text)
                    .map_err(|error| crate::StoreError::Corrupt(error.to_string()))?;
                let count = |name: &str| object.get(name).and_then(serde_json::Value::as_u64);
                Ok(Self { $($field: count(stringify!($field)).unwrap_or_default(),)+ })
            }
        }
    };
}
pub(crate) use counts;
