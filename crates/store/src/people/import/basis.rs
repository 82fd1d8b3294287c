//! By what right an import subscribes people, and how each of them agreed.

use model::{ConsentBasis, Timestamp};

/// What whoever imports says of everybody whom the import subscribes. Kept with each entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportBasis {
    pub basis: ConsentBasis,
    /// What people were told, or its version.
    pub notice: Option<String>,
    /// Where the proof lies.
    pub proof: Option<String>,
}

/// How one person agreed, as their row says it. Personal data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowEvidence {
    pub given_at: Option<Timestamp>,
    pub ip: Option<String>,
    /// The form, page or event.
    pub form: Option<String>,
}

impl RowEvidence {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.given_at.is_none() && self.ip.is_none() && self.form.is_none()
    }
}
