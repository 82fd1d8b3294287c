-- Attributes by whose values contacts can be found: those that segments ask.
CREATE TABLE IF NOT EXISTS attribute_indexes (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE,
    state        INTEGER NOT NULL, -- 0 is being filled, 1 has all contacts, 2 is being removed
    filled_to    INTEGER NOT NULL, -- the last contact whose value was put in
    added_at     INTEGER NOT NULL,
    unused_since INTEGER           -- no segment has asked for it since; null: one does
) STRICT;

-- In lower case (a to z), values of up to 100 characters. Kept by whichever statement changes a contact.
CREATE TABLE IF NOT EXISTS attribute_values (
    index_id   INTEGER NOT NULL,
    value      TEXT    NOT NULL,
    contact_id INTEGER NOT NULL,
    PRIMARY KEY (index_id, value, contact_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER IF NOT EXISTS contacts_add_attribute_values AFTER INSERT ON contacts
    WHEN EXISTS (SELECT 1 FROM attribute_indexes) BEGIN
    INSERT OR IGNORE INTO attribute_values (index_id, value, contact_id)
        SELECT i.id, lower(json_extract(NEW.attributes, '$."' || i.name || '"')), NEW.id
        FROM attribute_indexes i WHERE i.state < 2
        AND length(json_extract(NEW.attributes, '$."' || i.name || '"')) BETWEEN 1 AND 100;
END;
CREATE TRIGGER IF NOT EXISTS contacts_change_attribute_values AFTER UPDATE OF attributes ON contacts
    WHEN EXISTS (SELECT 1 FROM attribute_indexes) AND OLD.attributes <> NEW.attributes BEGIN
    DELETE FROM attribute_values WHERE contact_id = OLD.id AND (index_id, value) IN (
        SELECT i.id, lower(json_extract(OLD.attributes, '$."' || i.name || '"'))
        FROM attribute_indexes i);
    INSERT OR IGNORE INTO attribute_values (index_id, value, contact_id)
        SELECT i.id, lower(json_extract(NEW.attributes, '$."' || i.name || '"')), NEW.id
        FROM attribute_indexes i WHERE i.state < 2
        AND length(json_extract(NEW.attributes, '$."' || i.name || '"')) BETWEEN 1 AND 100;
END;
CREATE TRIGGER IF NOT EXISTS contacts_remove_attribute_values AFTER DELETE ON contacts
    WHEN EXISTS (SELECT 1 FROM attribute_indexes) BEGIN
    DELETE FROM attribute_values WHERE contact_id = OLD.id AND (index_id, value) IN (
        SELECT i.id, lower(json_extract(OLD.attributes, '$."' || i.name || '"'))
        FROM attribute_indexes i);
END;
