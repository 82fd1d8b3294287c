//! An announcement and a contact become a finished MIME message.
