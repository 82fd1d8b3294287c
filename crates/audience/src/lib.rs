//! Contacts, import, topics, consent, suppression.
