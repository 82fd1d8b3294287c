-- Addresses of contacts, some thousand together, for finding contacts by a part of theirs. A page
-- holds every contact behind `after_id` up to `last_id`; contacts without a page are looked through
-- one by one. Made from the contacts, and made anew when one of them goes.
CREATE TABLE address_pages (
    last_id   INTEGER NOT NULL PRIMARY KEY,
    after_id  INTEGER NOT NULL,
    addresses TEXT    NOT NULL -- in lower case, by domain
) STRICT;

-- Whichever statement removes a contact: nothing of an address stays behind.
CREATE TRIGGER contacts_leave_address_pages AFTER DELETE ON contacts BEGIN
    DELETE FROM address_pages
        WHERE last_id = (SELECT min(last_id) FROM address_pages WHERE last_id >= OLD.id)
        AND after_id < OLD.id;
END;
CREATE TRIGGER contacts_change_address_pages AFTER UPDATE OF email ON contacts
    WHEN lower(OLD.email) <> lower(NEW.email) BEGIN
    DELETE FROM address_pages
        WHERE last_id = (SELECT min(last_id) FROM address_pages WHERE last_id >= OLD.id)
        AND after_id < OLD.id;
END;

-- Few people have left a topic, and they are asked for among very many who have not.
CREATE INDEX subscriptions_others ON subscriptions (topic_id, state, contact_id)
    WHERE state <> 'subscribed';

-- The same of deliveries that were not sent: few among very many.
CREATE INDEX deliveries_unsent ON deliveries (campaign_id, state, contact_id) WHERE state > 2;
