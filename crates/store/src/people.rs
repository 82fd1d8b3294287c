//! Who may be mailed: contacts, what they agreed to, and how they leave.

pub(crate) mod address_pages;
pub(crate) mod address_search;
pub(crate) mod attribute_counts;
pub(crate) mod attributes;
pub(crate) mod contact_changes;
pub(crate) mod contact_list;
pub(crate) mod contacts;
pub(crate) mod count_fields;
pub(crate) mod editing;
pub(crate) mod erased_people;
pub(crate) mod erasure;
pub(crate) mod erasure_counts;
pub(crate) mod import;
pub(crate) mod import_changes;
pub(crate) mod import_counts;
pub(crate) mod import_steps;
pub(crate) mod job_files;
pub(crate) mod kept_removals;
pub(crate) mod leaving;
pub(crate) mod list_erasure;
pub(crate) mod profiles;
pub(crate) mod tags;
pub(crate) mod topics;
pub(crate) mod tracking_words;
pub(crate) mod undo;
pub(crate) mod undo_counts;
