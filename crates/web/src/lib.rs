//! Pages for recipients and readers of reports.
