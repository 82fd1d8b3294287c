-- both: ANNOUNCEMENT_SAME
SELECT id FROM announcements
        WHERE name = $1 AND subject = $2 AND source = $3 ORDER BY version DESC LIMIT 1

-- both: ANNOUNCEMENT_INSERT
INSERT INTO announcements (name, version, subject, source, created_at)
        VALUES ($1, (SELECT coalesce(max(version), 0) + 1 FROM announcements WHERE name = $1),
                $2, $3, $4)
        RETURNING id

-- both: ANNOUNCEMENT_FIND
SELECT id, name, version, subject, source FROM announcements WHERE id = $1

-- both: CAMPAIGN_LOCK
UPDATE campaigns SET state = state WHERE id = $1

-- both: CAMPAIGN_INSERT
INSERT INTO campaigns (id, name, announcement_id, topic_id, policy, state, created_at)
        VALUES ($6, $1, $2, $3, $4, 'draft', $5) RETURNING id

-- both: CAMPAIGN_LAST
SELECT coalesce(max(id), 0) FROM campaigns

-- both: CAMPAIGN_BY_NUMBER
SELECT id FROM campaigns
        WHERE (id >= $2 AND id < $3) OR id = $1 ORDER BY id DESC LIMIT 1

-- both: CAMPAIGN_FIND
SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns WHERE id = $1

-- both: CAMPAIGNS_LIST
SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns WHERE id < $1 ORDER BY id DESC LIMIT 500

-- both: CAMPAIGNS_PAGE
SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns ORDER BY id DESC LIMIT $1 OFFSET $2

-- both: CAMPAIGNS_SENDING
SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns WHERE state = 'sending' ORDER BY id

-- both: CAMPAIGN_STATE
SELECT state FROM campaigns WHERE id = $1

-- both: CAMPAIGNS_STARTING
SELECT id FROM campaigns WHERE state = 'starting' ORDER BY id LIMIT 100

-- both: CAMPAIGN_PAUSE
UPDATE campaigns SET state = 'paused'
        WHERE id = $1 AND state IN ('starting', 'sending')

-- both: CAMPAIGN_RESUME
UPDATE campaigns SET state = CASE WHEN EXISTS
            (SELECT 1 FROM expansions WHERE campaign_id = $1) THEN 'starting' ELSE 'sending' END
        WHERE id = $1 AND state = 'paused' RETURNING state

-- both: CAMPAIGN_FINISH
UPDATE campaigns SET state = 'finished', finished_at = $2
        WHERE id = $1 AND state = 'sending'
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE campaign_id = $1 AND state = 0)
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE campaign_id = $1 AND state = 1)

-- both: CARRIED_PUT
INSERT INTO carried (node, from_segment, from_offset, to_segment, to_offset)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (node, from_segment, from_offset, to_segment, to_offset) DO NOTHING

-- both: CARRIED_OF
SELECT from_segment, from_offset, to_segment, to_offset FROM carried
        WHERE node = $1 ORDER BY from_segment, from_offset, to_segment, to_offset LIMIT 10000

-- both: CARRIED_DROP
DELETE FROM carried
        WHERE node = $1 AND (to_segment, to_offset) <= ($2, $3)

-- both: CHECKPOINT_NEWEST
SELECT max(value) FROM settings
        WHERE key >= 'checkpoint/' AND key < 'checkpoint0'

-- both: CHECKPOINTS_DROP
DELETE FROM settings WHERE key >= 'checkpoint/' AND key < 'checkpoint0'
        AND key <> coalesce((SELECT 'checkpoint/' || name FROM nodes WHERE number = $1), '')

-- both: DELIVERIES_DUE
SELECT d.contact_id, d.epoch, d.attempts, d.first_attempt_at, c.email, c.attributes,
            CASE WHEN s.state = 'subscribed' AND x.reason IS NULL THEN 1 ELSE 0 END, d.code
        FROM deliveries d
        JOIN campaigns k ON k.id = d.campaign_id
        LEFT JOIN contacts c ON c.id = d.contact_id
        LEFT JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = d.contact_id
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        WHERE d.campaign_id = $1 AND d.state = 0
        AND d.next_attempt_at > $2 AND d.next_attempt_at <= $3
        ORDER BY d.next_attempt_at, d.contact_id LIMIT $4

-- both: DELIVERY_LEASE
UPDATE deliveries SET state = 1, epoch = epoch + 1, leased_until = $3,
            first_attempt_at = $4, holder = $5, begun = 1
        WHERE campaign_id = $1 AND contact_id = $2 AND state = 0

-- both: DELIVERY_TURN_AWAY
UPDATE deliveries
        SET state = $5, ended_at = $3, code = 0, reply = $4, reason = $6
        WHERE campaign_id = $1 AND contact_id = $2 AND state = 0

-- both: CONTACT_MAILABLE
SELECT 1 FROM campaigns k
        JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = $2
        JOIN contacts c ON c.id = s.contact_id
        WHERE k.id = $1 AND s.state = 'subscribed'
        AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = lower(c.email))

-- both: COMPILED_FIND
SELECT form FROM compiled_messages WHERE campaign_id = $1

-- both: COMPILED_KEEP
INSERT INTO compiled_messages (campaign_id, form) VALUES ($1, $2)
        ON CONFLICT (campaign_id) DO UPDATE SET form = excluded.form

-- both: CONTACT_FIND
SELECT id, email, attributes, created_at FROM contacts WHERE id = $1

-- both: CONTACT_BY_EMAIL
SELECT id, email, attributes, created_at FROM contacts WHERE lower(email) = $1

-- both: CONTACT_ID_BY_KEY
SELECT id FROM contacts WHERE lower(email) = $1

-- both: CONTACTS_COUNT
SELECT count(*) FROM contacts

-- both: DELIVERY_COUNT_ADD
INSERT INTO delivery_counts (campaign_id, state, deliveries)
        VALUES ($1, $2, $3)
        ON CONFLICT (campaign_id, state) DO UPDATE
        SET deliveries = delivery_counts.deliveries + excluded.deliveries

-- both: DELIVERY_COUNTS
SELECT campaign_id, state, deliveries FROM delivery_counts
        WHERE campaign_id >= $1 AND campaign_id <= $2

-- both: DELIVERY_NEXT_DUE
SELECT next_attempt_at FROM deliveries
        WHERE campaign_id = $1 AND state = 0 ORDER BY next_attempt_at, contact_id LIMIT 1

-- both: DELIVERY_NEXT_TRY
SELECT next_attempt_at, code, reply FROM deliveries
        WHERE campaign_id = $1 AND state = 0 ORDER BY next_attempt_at, contact_id LIMIT 1

-- both: MINUTE_ADD
INSERT INTO campaign_minutes (campaign_id, minute, ended) VALUES ($1, $2, $3)
        ON CONFLICT (campaign_id, minute) DO UPDATE
        SET ended = campaign_minutes.ended + excluded.ended

-- both: CAMPAIGN_MINUTES
SELECT minute, ended FROM campaign_minutes
        WHERE campaign_id = $1 AND minute >= $2 ORDER BY minute DESC LIMIT 10000

-- both: LINK_CLICKER
INSERT INTO link_clickers (campaign_id, slot, contact_id) VALUES ($1, $2, $3)
        ON CONFLICT (campaign_id, slot, contact_id) DO NOTHING

-- both: ENGAGEMENT_FIND
SELECT best_class, viewed, clicked, click_class FROM engagements
        WHERE campaign_id = $1 AND contact_id = $2

-- both: ENGAGEMENT_PUT
INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked,
            click_class)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (campaign_id, contact_id) DO UPDATE
        SET best_class = excluded.best_class, viewed = excluded.viewed, clicked = excluded.clicked,
            click_class = excluded.click_class

-- both: ENGAGEMENT_LEAVE
INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked, left_at)
        SELECT campaign_id, contact_id, 0, 0, 0, $3 FROM deliveries
        WHERE campaign_id = $1 AND contact_id = $2
        ON CONFLICT (campaign_id, contact_id) DO UPDATE
        SET left_at = excluded.left_at WHERE engagements.left_at IS NULL

-- both: VISITOR_SEEN
INSERT INTO visitors (visitor, first_at, last_at) VALUES ($1, $2, $3)
        ON CONFLICT (visitor) DO UPDATE SET
            first_at = CASE WHEN excluded.first_at < visitors.first_at
                THEN excluded.first_at ELSE visitors.first_at END,
            last_at = CASE WHEN excluded.last_at > visitors.last_at
                THEN excluded.last_at ELSE visitors.last_at END

-- both: CAMPAIGN_VISITOR
INSERT INTO campaign_visitors (campaign_id, visitor) VALUES ($1, $2)
        ON CONFLICT (campaign_id, visitor) DO NOTHING

-- both: EVENTS_AHEAD
SELECT max(at) FROM (SELECT at FROM events WHERE at > $1
        ORDER BY at LIMIT $2) ahead

-- both: EVENTS_ERASE
DELETE FROM events WHERE at > $1 AND at <= $2 AND contact_id = $3

-- both: SUBSCRIPTIONS_ERASE
DELETE FROM subscriptions
        WHERE topic_id IN (SELECT id FROM topics) AND contact_id = $1

-- both: CONSENTS_ERASE
DELETE FROM consents WHERE contact_id = $1

-- both: ENGAGEMENTS_ERASE
DELETE FROM engagements
        WHERE campaign_id IN (SELECT id FROM campaigns) AND contact_id = $1

-- both: CLICKERS_ERASE
DELETE FROM link_clickers
        WHERE (campaign_id, slot) IN (SELECT campaign_id, slot FROM links) AND contact_id = $1

-- both: REPLIES_ERASE
UPDATE deliveries SET reply = NULL
        WHERE campaign_id IN (SELECT id FROM campaigns) AND contact_id = $1
        AND reply IS NOT NULL

-- both: CONTACT_ERASE
DELETE FROM contacts WHERE id = $1

-- both: SUPPRESSION_FORGET
UPDATE suppressions SET email_key = NULL WHERE email_key = $1

-- both: ERASED_INSERT
INSERT INTO suppressions (address_hash, email_key, reason, at)
        VALUES ($1, NULL, $2, $3) ON CONFLICT DO NOTHING

-- both: EVENT_INSERT
INSERT INTO events (at, node, segment, byte_offset, campaign_id, contact_id,
            slot, visitor, client, signs, agent_id, class, rule)
        SELECT $1, $2, $3, $4, campaign_id, contact_id, $7, $8, $9, $10, $11, $12, $13
        FROM deliveries WHERE campaign_id = $5 AND contact_id = $6
            AND EXISTS (SELECT 1 FROM contacts WHERE id = $6)
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING

-- both: AGENT_FIND
SELECT id FROM agents WHERE agent = $1

-- both: AGENT_INSERT
INSERT INTO agents (agent) VALUES ($1) RETURNING id

-- both: SUBSCRIBERS_FACTS
SELECT count(*), max(changed_at)
        FROM subscriptions WHERE topic_id = $1 AND state = 'subscribed'

-- both: SUBSCRIPTION_LAST
SELECT max(contact_id) FROM subscriptions WHERE topic_id = $1

-- both: CAMPAIGN_TOPIC
SELECT topic_id FROM campaigns WHERE id = $1

-- both: CAMPAIGN_START
UPDATE campaigns SET state = 'starting', started_at = $2
        WHERE id = $1 AND state = 'draft'

-- both: CAMPAIGN_BEGIN
UPDATE campaigns SET state = 'sending' WHERE id = $1 AND state = 'starting'

-- both: EXPANSION_INSERT
INSERT INTO expansions
            (campaign_id, subscribed_by, last_contact, expected, made_to)
        VALUES ($1, $2, $3, $4, 0)

-- both: EXPANSION_FIND
SELECT expected, made_to FROM expansions WHERE campaign_id = $1

-- both: EXPANSION_LOCK
UPDATE expansions SET made_to = made_to WHERE campaign_id = $1

-- both: EXPANSION_STATE
SELECT k.state, k.topic_id,
            e.subscribed_by, e.made_to, e.last_contact
        FROM campaigns k LEFT JOIN expansions e ON e.campaign_id = k.id WHERE k.id = $1

-- both: EXPANSION_MOVE
UPDATE expansions SET made_to = $2 WHERE campaign_id = $1

-- both: EXPANSION_END
DELETE FROM expansions WHERE campaign_id = $1

-- both: SLICE_END
SELECT max(contact_id) FROM (SELECT contact_id FROM subscriptions
        WHERE topic_id = $1 AND contact_id > $2 AND contact_id <= $3
        ORDER BY contact_id LIMIT $4) t

-- both: SLICE_MAKE
INSERT INTO deliveries (campaign_id, contact_id, state, epoch, attempts,
            next_attempt_at, ended_at, code, reply)
        SELECT CAST($1 AS BIGINT), t.contact_id, CASE WHEN t.why IS NULL THEN 0 ELSE 4 END, 0, 0,
            CAST($2 AS BIGINT), CASE WHEN t.why IS NULL THEN NULL ELSE CAST($3 AS BIGINT) END,
            CASE WHEN t.why IS NULL THEN NULL ELSE 0 END, t.why
        FROM (SELECT s.contact_id, CASE WHEN x.reason IS NOT NULL THEN x.reason
                WHEN s.state <> 'subscribed' THEN $8 END AS why
            FROM subscriptions s
            JOIN contacts c ON c.id = s.contact_id
            LEFT JOIN suppressions x ON x.email_key = lower(c.email)
            WHERE s.topic_id = $4 AND s.contact_id > $5 AND s.contact_id <= $6
            AND c.id > $5 AND c.id <= $6
            AND ((s.state = 'subscribed' AND s.changed_at <= $7)
                OR (s.state = 'unsubscribed' AND s.changed_at > $7))) t
        ORDER BY t.contact_id

-- both: SLICE_SUPPRESSED
SELECT count(*) FROM deliveries
        WHERE campaign_id = $1 AND contact_id > $2 AND contact_id <= $3 AND state = 4

-- both: GAP_PUT
INSERT INTO gaps (node, segment, byte_offset, from_at, to_at, hits)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (node, segment, byte_offset) DO NOTHING

-- both: GAPS_BETWEEN
SELECT from_at, to_at, hits FROM gaps
        WHERE to_at >= $1 AND from_at <= $2 ORDER BY to_at, from_at LIMIT 1000

-- both: RULES_USED
INSERT INTO campaign_rules (campaign_id, rules) VALUES ($1, $2)
        ON CONFLICT (campaign_id, rules) DO NOTHING

-- both: CONTACT_BY_KEY
SELECT id, attributes, updated_at FROM contacts WHERE lower(email) = $1

-- both: CONTACT_IDS_TAKE
UPDATE contact_ids
        SET last = CASE WHEN last < $2 THEN CAST($2 AS BIGINT) ELSE last END + $1
        WHERE id = 1 RETURNING last

-- both: CONTACT_INSERT
INSERT INTO contacts (id, email, attributes, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $4)

-- both: CONTACT_UPDATE
UPDATE contacts SET attributes = $2, updated_at = $3 WHERE id = $1

-- both: ERASED_ANY
SELECT 1 FROM suppressions WHERE email_key IS NULL LIMIT 1

-- both: ERASED_FIND
SELECT 1 FROM suppressions WHERE address_hash = $1 AND email_key IS NULL

-- both: KEPT_ANY
SELECT 1 FROM kept_removals LIMIT 1

-- both: KEPT_FIND
SELECT 1 FROM kept_removals WHERE address_code = $1 LIMIT 1

-- both: SUBSCRIPTION_GRANT
INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        VALUES ($1, $2, 'subscribed', $3) ON CONFLICT (topic_id, contact_id) DO NOTHING

-- both: IMPORTS_END
UPDATE contact_ids SET last = last WHERE id = 1

-- both: ERASED_WITH_CODE
SELECT 1 FROM suppressions
        WHERE address_hash BETWEEN $1 AND $2 AND email_key IS NULL LIMIT 1

-- both: KEPT_INSERT
INSERT INTO kept_removals
            (address_code, topic_id, source, campaign_id, at, sought)
        VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT DO NOTHING

-- both: KEPT_OF
SELECT topic_id, source, campaign_id, at FROM kept_removals
        WHERE address_code = $1 ORDER BY topic_id LIMIT 1000

-- both: KEPT_TAKE
DELETE FROM kept_removals WHERE address_code = $1

-- both: KEPT_TO_SEEK
SELECT DISTINCT address_code FROM kept_removals WHERE sought = 0 LIMIT $1

-- both: KEPT_SOUGHT
UPDATE kept_removals SET sought = 1 WHERE address_code = $1 AND sought = 0

-- both: CONTACT_KEYS_PAGE
SELECT id, lower(email) FROM contacts
        WHERE id > $1 ORDER BY id LIMIT $2

-- both: DELIVERY_BEGIN
UPDATE deliveries SET begun = 1, leased_until = $5
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1
        AND holder = $4 AND leased_until > $6
        AND EXISTS (SELECT 1 FROM campaigns k
            JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = $2
            JOIN contacts c ON c.id = s.contact_id
            WHERE k.id = $1 AND k.state = 'sending' AND s.state = 'subscribed'
            AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = lower(c.email)))

-- both: LEASES_EXPIRED
SELECT d.campaign_id, d.contact_id, d.epoch, d.begun, k.policy, d.copies
        FROM deliveries d JOIN campaigns k ON k.id = d.campaign_id
        WHERE d.state = 1 AND d.leased_until <= $1
        ORDER BY d.campaign_id, d.contact_id LIMIT 1000

-- both: LEASE_END
UPDATE deliveries SET state = $5, attempts = attempts + $6, copies = copies + $6,
            next_attempt_at =
            coalesce($7, next_attempt_at), leased_until = NULL, begun = 0,
            ended_at = $8, code = coalesce($9, code), reply = coalesce($10, reply),
            reason = CASE WHEN $11 = 1 THEN $12 ELSE reason END,
            first_attempt_at = CASE WHEN attempts + $6 = 0 THEN NULL ELSE first_attempt_at END
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1
        AND leased_until <= $4 AND begun = $11

-- both: LEASES_OF
SELECT d.campaign_id, d.contact_id, d.epoch, d.begun, k.policy, d.copies
        FROM deliveries d JOIN campaigns k ON k.id = d.campaign_id
        WHERE d.state = 1 AND d.holder = $1 AND d.begun = 1
        ORDER BY d.campaign_id, d.contact_id

-- both: LEASES_OF_LOST_NODES
SELECT d.campaign_id, d.contact_id, d.epoch, d.begun, k.policy, d.copies
        FROM deliveries d JOIN campaigns k ON k.id = d.campaign_id
        LEFT JOIN nodes n ON n.number = d.holder
        WHERE d.state = 1 AND (d.holder IS NULL OR d.holder <> $1)
        AND (n.seen_at IS NULL OR n.seen_at <= $2)
        ORDER BY d.campaign_id, d.contact_id LIMIT 1000

-- both: LEASED_RELEASE
UPDATE deliveries SET state = 0, leased_until = NULL, holder = NULL,
            begun = 0,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE state = 1 AND holder = $1 RETURNING campaign_id

-- both: CONSENT_INSERT
INSERT INTO consents (contact_id, kind, topic_id, granted, source, campaign_id, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)

-- both: CONSENTS_OF
SELECT topic_id, granted, source, campaign_id, at FROM consents
        WHERE contact_id = $1 ORDER BY id DESC LIMIT 1000

-- both: CONTACT_KEY
SELECT lower(email) FROM contacts WHERE id = $1

-- both: SUBSCRIPTION_SET
INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (topic_id, contact_id) DO UPDATE
        SET state = excluded.state, changed_at = excluded.changed_at
        WHERE subscriptions.state <> excluded.state

-- both: SUBSCRIPTIONS_END
UPDATE subscriptions SET state = 'unsubscribed', changed_at = $2
        WHERE topic_id IN (SELECT id FROM topics) AND contact_id = $1
        AND state <> 'unsubscribed'

-- both: SUPPRESSION_INSERT
INSERT INTO suppressions (address_hash, email_key, reason, at)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING

-- both: SUPPRESSION_STRENGTHEN
UPDATE suppressions SET reason = $2, at = $3
        WHERE email_key = $1 AND reason = 'unsubscribed' AND reason <> $2

-- both: LEFT_BY_OWN_WISH
SELECT 1 FROM consents WHERE contact_id = $1 AND topic_id IS NULL
        AND granted = 0 AND source NOT IN ('operator', 'hard bounce', 'complaint')
        AND id > coalesce((SELECT max(id) FROM consents
            WHERE contact_id = $1 AND granted = 1), 0) LIMIT 1

-- both: SUPPRESSION_WEAKEN
UPDATE suppressions SET reason = $2, at = $3 WHERE email_key = $1

-- both: SUPPRESSION_LIFT
DELETE FROM suppressions WHERE email_key = $1 AND reason = $2

-- both: SUPPRESSION_REASON
SELECT reason FROM suppressions WHERE email_key = $1

-- both: LINK_INSERT
INSERT INTO links (campaign_id, slot, url, label) VALUES ($1, $2, $3, $4)

-- both: LINKS_OF
SELECT l.slot, l.url, l.label, CAST(coalesce(sum(n.clicks), 0) AS BIGINT),
            CAST(coalesce(sum(n.contacts), 0) AS BIGINT)
        FROM links l
        LEFT JOIN link_counts n ON n.campaign_id = l.campaign_id AND n.slot = l.slot
        WHERE l.campaign_id = $1 GROUP BY l.slot, l.url, l.label ORDER BY l.slot

-- both: LINK_TARGET
SELECT url FROM links WHERE campaign_id = $1 AND slot = $2

-- both: LINKS_STATE
SELECT count(*), CAST(coalesce(max(campaign_id), 0) AS BIGINT) FROM links

-- both: LINKS_NEWEST
SELECT campaign_id, slot, url FROM links
        ORDER BY campaign_id DESC, slot DESC LIMIT $1

-- both: LINK_COUNT
INSERT INTO link_counts (campaign_id, slot, shard, clicks, contacts)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (campaign_id, slot, shard) DO UPDATE
        SET clicks = link_counts.clicks + excluded.clicks,
            contacts = link_counts.contacts + excluded.contacts

-- both: MARK_FIND
SELECT segment, byte_offset FROM marks WHERE reader = $1

-- both: MARK_PUT
INSERT INTO marks (reader, segment, byte_offset) VALUES ($1, $2, $3)
        ON CONFLICT (reader) DO UPDATE
        SET segment = excluded.segment, byte_offset = excluded.byte_offset
        WHERE (excluded.segment, excluded.byte_offset) > (marks.segment, marks.byte_offset)

-- both: NODE_FIND
SELECT number, host, seen_at FROM nodes WHERE name = $1

-- both: NODE_INSERT
INSERT INTO nodes (name, host, seen_at) VALUES ($1, $2, $3) RETURNING number

-- both: NODE_ENTER
UPDATE nodes SET host = $2, seen_at = $3 WHERE number = $1

-- both: NODE_SEEN
UPDATE nodes SET seen_at = $3 WHERE number = $1 AND host = $2

-- both: NODE_HITS_WAITING
UPDATE nodes SET hits_waiting = $2 WHERE number = $1

-- both: NODES_HITS_WAITING
SELECT number, hits_waiting FROM nodes WHERE hits_waiting > 0

-- both: NODE_HOST
SELECT host FROM nodes WHERE number = $1

-- both: NODES_LIST
SELECT number, host, seen_at FROM nodes ORDER BY number LIMIT 1000

-- both: DELIVERY_SETTLE
UPDATE deliveries SET state = $4, attempts = attempts + $5,
            next_attempt_at = coalesce($6, next_attempt_at), leased_until = NULL, holder = NULL,
            begun = 0, ended_at = $7, code = $8, reply = $9, reason = $11
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = $10
        AND ($10 = 1 OR holder IS NOT NULL)

-- both: DELIVERY_RELEASE
UPDATE deliveries SET state = 0, leased_until = NULL, holder = NULL,
            begun = 0,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1

-- both: DELIVERY_POSTPONE
UPDATE deliveries SET state = 0, leased_until = NULL, holder = NULL,
            begun = 0, next_attempt_at = $4, code = $5, reply = $6, reason = $7,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1

-- both: DELIVERY_RESEND
UPDATE deliveries SET attempts = attempts + 1, copies = copies + 1,
            state = CASE WHEN copies + 1 < $7 THEN 0 ELSE 6 END,
            next_attempt_at = $4, leased_until = NULL, holder = NULL, begun = 0, code = 0,
            ended_at = CASE WHEN copies + 1 < $7 THEN NULL ELSE CAST($5 AS BIGINT) END,
            reply = $6, reason = $8
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1
        RETURNING state

-- both: CONTACTS_PAGE
SELECT c.id, c.email, c.attributes, x.reason FROM contacts c
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        WHERE c.id > $1 ORDER BY c.id LIMIT $2

-- both: SUBSCRIPTIONS_PAGE
SELECT s.contact_id, t.slug, s.state
        FROM topics t CROSS JOIN subscriptions s
        WHERE s.topic_id = t.id AND s.contact_id > $1 AND s.contact_id <= $2

-- both: SUBSCRIPTIONS_OF
SELECT t.slug, s.state, s.changed_at
        FROM topics t CROSS JOIN subscriptions s
        WHERE s.topic_id = t.id AND s.contact_id = $1 ORDER BY t.slug LIMIT 1000

-- both: DELIVERIES_OF
SELECT k.id, k.name, d.state, d.ended_at, d.reply,
            e.viewed, e.clicked, e.left_at
        FROM campaigns k CROSS JOIN deliveries d
        LEFT JOIN engagements e ON e.campaign_id = k.id AND e.contact_id = d.contact_id
        WHERE d.campaign_id = k.id AND d.contact_id = $1
        ORDER BY k.id DESC LIMIT 1000

-- both: SUPPRESSION_BY_KEY
SELECT reason, at FROM suppressions WHERE email_key = $1

-- both: SUPPRESSION_BY_HASH
SELECT reason, at FROM suppressions WHERE address_hash = $1

-- both: PUT_BACK_FIRST
INSERT INTO settings (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO NOTHING

-- both: PUT_BACK_AGAIN
UPDATE settings SET value = $2 WHERE key = $1 AND value = $3

-- both: OPEN_CAMPAIGNS
SELECT k.id, k.name, k.state, e.expected
        FROM campaigns k LEFT JOIN expansions e ON e.campaign_id = k.id
        WHERE k.state IN ('starting', 'sending', 'paused') AND k.id > $1
        ORDER BY k.id LIMIT 500

-- both: CAMPAIGN_HOLD
UPDATE campaigns SET state = 'paused'
        WHERE id = $1 AND state IN ('starting', 'sending')

-- both: LEASES_DOUBT
UPDATE deliveries SET state = 6, attempts = attempts + 1, copies = copies + 1,
            leased_until = NULL, begun = 0, ended_at = $2, code = 0, reason = NULL
        WHERE campaign_id = $1 AND state = 1

-- both: SUCCESSOR_ENTER
INSERT INTO nodes (name, host, seen_at) VALUES ($1, '', 0) RETURNING number

-- both: SUCCESSOR_MARK
INSERT INTO marks (reader, segment, byte_offset)
        SELECT CAST($1 AS TEXT), segment, byte_offset FROM marks WHERE reader = $2

-- both: SUCCESSOR_CARRIED
INSERT INTO carried (node, from_segment, from_offset, to_segment, to_offset)
        SELECT CAST($1 AS INTEGER), from_segment, from_offset, to_segment, to_offset
        FROM carried WHERE node = $2

-- both: NODE_NUMBER
SELECT number FROM nodes WHERE name = $1

-- both: DELIVERY_EPOCH
SELECT epoch FROM deliveries WHERE campaign_id = $1 AND contact_id = $2

-- both: REASONS_OF
SELECT number, code, text FROM campaign_reasons WHERE campaign_id = $1

-- both: REASON_INSERT
INSERT INTO campaign_reasons (campaign_id, number, code, text)
        VALUES ($1, $2, $3, $4)

-- both: REASONS_COUNTED
SELECT c.state, r.code, r.text, c.deliveries
        FROM reason_counts c
        JOIN campaign_reasons r ON r.campaign_id = c.campaign_id AND r.number = c.reason
        WHERE c.campaign_id = $1 AND c.deliveries > 0
        ORDER BY c.deliveries DESC, c.state, r.code, r.text

-- both: SUPPRESSED_UNTOLD
SELECT reply FROM deliveries
        WHERE campaign_id = $1 AND contact_id > $2 AND contact_id <= $3
        AND state = 4 AND reason IS NULL AND reply IS NOT NULL GROUP BY reply ORDER BY reply

-- both: SUPPRESSED_TELL
UPDATE deliveries SET reason = $5
        WHERE campaign_id = $1 AND contact_id > $2 AND contact_id <= $3
        AND state = 4 AND reason IS NULL AND reply = $4

-- both: RECIPIENTS_COUNT
SELECT count(*) FROM deliveries
        WHERE campaign_id = $1 AND state = $2 AND code = $3

-- both: RECIPIENTS_PAGE
SELECT d.contact_id, c.email, d.attempts, d.code, d.reply, d.ended_at,
            d.next_attempt_at, d.state
        FROM (SELECT contact_id, attempts, code, reply, ended_at, next_attempt_at, state
            FROM deliveries WHERE campaign_id = $1 AND state = $2 AND contact_id > $3
            AND (CAST($4 AS BIGINT) < 0 OR code = CAST($4 AS BIGINT))
            ORDER BY contact_id LIMIT $5) d
        LEFT JOIN contacts c ON c.id = d.contact_id ORDER BY d.contact_id

-- both: CAMPAIGN_REOPEN
UPDATE campaigns SET state = 'sending', finished_at = NULL
        WHERE id = $1 AND state = 'finished'

-- both: REQUEUE_SLICE_END
SELECT max(contact_id) FROM (SELECT contact_id FROM deliveries
        WHERE campaign_id = $1 AND state = $2 AND contact_id > $3
        AND (CAST($4 AS BIGINT) < 0 OR code = CAST($4 AS BIGINT))
        ORDER BY contact_id LIMIT $5) t

-- both: DELIVERIES_REQUEUE
UPDATE deliveries SET state = 0, attempts = 0, copies = 0, next_attempt_at = $6,
            first_attempt_at = NULL, leased_until = NULL, holder = NULL, begun = 0,
            ended_at = NULL, code = NULL, reply = NULL, reason = NULL
        WHERE campaign_id = $1 AND state = $2 AND contact_id > $3 AND contact_id <= $4
        AND (CAST($5 AS BIGINT) < 0 OR code = CAST($5 AS BIGINT))

-- both: EVENTS_EXPIRE
DELETE FROM events WHERE (at, node, segment, byte_offset) IN (
            SELECT at, node, segment, byte_offset FROM events
            WHERE at < $1 ORDER BY at, node, segment, byte_offset LIMIT $2)

-- both: ROLLUP_ADD
INSERT INTO campaign_rollups (campaign_id, shard, views, views_with_cookie,
            unique_views, visitors, clicks, unique_clicks, unsubscribes, heads)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (campaign_id, shard) DO UPDATE
        SET views = campaign_rollups.views + excluded.views,
            views_with_cookie = campaign_rollups.views_with_cookie + excluded.views_with_cookie,
            unique_views = campaign_rollups.unique_views + excluded.unique_views,
            visitors = campaign_rollups.visitors + excluded.visitors,
            clicks = campaign_rollups.clicks + excluded.clicks,
            unique_clicks = campaign_rollups.unique_clicks + excluded.unique_clicks,
            unsubscribes = campaign_rollups.unsubscribes + excluded.unsubscribes,
            heads = campaign_rollups.heads + excluded.heads

-- both: ROLLUPS_BETWEEN
SELECT campaign_id, CAST(sum(views) AS BIGINT), CAST(sum(views_with_cookie) AS BIGINT),
            CAST(sum(unique_views) AS BIGINT), CAST(sum(visitors) AS BIGINT),
            CAST(sum(clicks) AS BIGINT), CAST(sum(unique_clicks) AS BIGINT),
            CAST(sum(unsubscribes) AS BIGINT), CAST(sum(heads) AS BIGINT)
        FROM campaign_rollups WHERE campaign_id >= $1 AND campaign_id <= $2
        GROUP BY campaign_id

-- both: CLASS_ADD
INSERT INTO campaign_classes (campaign_id, class, shard, views, clicks, contacts,
            clickers)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (campaign_id, class, shard) DO UPDATE
        SET views = campaign_classes.views + excluded.views,
            clicks = campaign_classes.clicks + excluded.clicks,
            contacts = campaign_classes.contacts + excluded.contacts,
            clickers = campaign_classes.clickers + excluded.clickers

-- both: CLASSES_BETWEEN
SELECT campaign_id, class, CAST(sum(views) AS BIGINT),
            CAST(sum(clicks) AS BIGINT), CAST(sum(contacts) AS BIGINT),
            CAST(sum(clickers) AS BIGINT)
        FROM campaign_classes WHERE campaign_id >= $1 AND campaign_id <= $2
        GROUP BY campaign_id, class

-- both: HOUR_ADD
INSERT INTO campaign_hours (campaign_id, hour, shard, views, clicks)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (campaign_id, hour, shard) DO UPDATE
        SET views = campaign_hours.views + excluded.views,
            clicks = campaign_hours.clicks + excluded.clicks

-- both: HOURS_OF
SELECT hour, CAST(sum(views) AS BIGINT), CAST(sum(clicks) AS BIGINT)
        FROM campaign_hours WHERE campaign_id = $1 GROUP BY hour ORDER BY hour DESC LIMIT 20000

-- both: SETTING_FIND
SELECT value FROM settings WHERE key = $1

-- both: SETTINGS_BEGINNING
SELECT key, value FROM settings
        WHERE key >= $1 AND key < $2 ORDER BY key LIMIT 1000

-- both: SETTING_PUT
INSERT INTO settings (key, value) VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- both: TOPIC_NAMES
SELECT id, name FROM topics ORDER BY id LIMIT 10000

-- both: ANNOUNCEMENT_SUBJECT
SELECT subject FROM announcements WHERE id = $1

-- both: RULES_OF
SELECT rules FROM campaign_rules WHERE campaign_id = $1 ORDER BY rules LIMIT 100

-- both: CAMPAIGN_STAMP
SELECT k.state,
            CAST(coalesce((SELECT sum(views + clicks + heads + unsubscribes)
                FROM campaign_rollups r WHERE r.campaign_id = k.id), 0) AS BIGINT),
            CAST(coalesce((SELECT sum(deliveries * (state + 1))
                FROM delivery_counts c WHERE c.campaign_id = k.id), 0) AS BIGINT),
            CAST((SELECT count(*) FROM gaps
                WHERE to_at >= coalesce(k.started_at, k.created_at))
                + coalesce((SELECT sum(hits) FROM stray_hours
                WHERE hour >= coalesce(k.started_at, k.created_at) / 3600000000), 0) AS BIGINT)
        FROM campaigns k WHERE k.id = $1

-- both: STRAY_INSERT
INSERT INTO stray_hits (at, node, segment, byte_offset, campaign_id, contact_id,
            slot, signs, class, rule)
        SELECT $1, $2, $3, $4, $5, CASE WHEN
                EXISTS (SELECT 1 FROM deliveries WHERE campaign_id = $5 AND contact_id = $6)
            THEN 0 ELSE CAST($6 AS BIGINT) END, $7, $8, $9, $10
        WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE campaign_id = $5 AND contact_id = $6)
            OR NOT EXISTS (SELECT 1 FROM contacts WHERE id = $6)
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING

-- both: STRAY_HOUR_ADD
INSERT INTO stray_hours (hour, shard, hits) VALUES ($1, $2, $3)
        ON CONFLICT (hour, shard) DO UPDATE SET hits = stray_hours.hits + excluded.hits

-- both: STRAYS_SINCE
SELECT CAST(coalesce(sum(hits), 0) AS BIGINT) FROM stray_hours
        WHERE hour >= $1

-- both: STRAYS_EXPIRE
DELETE FROM stray_hits WHERE (at, node, segment, byte_offset) IN (
            SELECT at, node, segment, byte_offset FROM stray_hits
            WHERE at < $1 ORDER BY at, node, segment, byte_offset LIMIT $2)

-- both: SUBSCRIBERS_PAGE
SELECT c.id, c.email, c.attributes
        FROM subscriptions s
        JOIN contacts c ON c.id = s.contact_id
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        WHERE s.topic_id = $1 AND s.state = 'subscribed' AND x.reason IS NULL
        AND s.contact_id > $2 AND s.contact_id <= $3 AND c.id > $2 AND c.id <= $3

-- both: TOPIC_ENSURE
INSERT INTO topics (slug, name) VALUES ($1, $2)
        ON CONFLICT (slug) DO UPDATE SET name = excluded.name WHERE topics.name <> excluded.name

-- both: TOPIC_BY_SLUG
SELECT id, slug, name FROM topics WHERE slug = $1

-- both: TOPIC_FIND
SELECT id, slug, name FROM topics WHERE id = $1

-- both: TOPICS_LIST
SELECT id, slug, name FROM topics ORDER BY slug LIMIT 1000

-- both: TOPIC_SUBSCRIBERS
SELECT count(*) FROM subscriptions WHERE topic_id = $1 AND state = 'subscribed'

-- both: SUBSCRIPTION_STATE
SELECT state FROM subscriptions WHERE topic_id = $1 AND contact_id = $2

-- both: REMOVALS_BUMP
UPDATE removal_epochs SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch

-- both: REMOVALS_READ
SELECT epoch FROM removal_epochs WHERE id = 1

-- postgres: TEXT_DUE
SELECT d.contact_id, d.epoch, d.attempts, d.first_attempt_at, c.email, c.attributes,
            CASE WHEN s.state = 'subscribed' AND x.reason IS NULL THEN 1 ELSE 0 END,
            d.code
        FROM (SELECT campaign_id, contact_id, epoch, attempts, first_attempt_at, next_attempt_at,
                code
            FROM deliveries
            WHERE campaign_id = $1 AND state = 0
            AND next_attempt_at > $2 AND next_attempt_at <= $3
            ORDER BY next_attempt_at, contact_id LIMIT $4
            FOR UPDATE SKIP LOCKED) d
        JOIN campaigns k ON k.id = d.campaign_id
        LEFT JOIN contacts c ON c.id = d.contact_id
        LEFT JOIN LATERAL (SELECT state FROM subscriptions
            WHERE topic_id = k.topic_id AND contact_id = d.contact_id LIMIT 1) s ON true
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        ORDER BY d.next_attempt_at, d.contact_id

-- postgres: DELIVERIES_LEASE
UPDATE deliveries d
        SET state = 1, epoch = epoch + 1, leased_until = $2, holder = $3, begun = 0,
            first_attempt_at = t.first_attempt_at
        FROM (SELECT CAST($1 AS BIGINT) AS campaign_id, u.*
            FROM unnest($4::bigint[], $5::bigint[]) AS u (contact_id, first_attempt_at)
            OFFSET 0) t
        WHERE d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id AND d.state + 0 = 0

-- postgres: CLICKERS_INSERT
INSERT INTO link_clickers (campaign_id, slot, contact_id)
        SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[])
        ON CONFLICT (campaign_id, slot, contact_id) DO NOTHING
        RETURNING campaign_id, slot, contact_id

-- postgres: ENGAGEMENTS_MAKE
INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked)
        SELECT campaign_id, contact_id, 0, 0, 0
        FROM unnest($1::bigint[], $2::bigint[]) AS t (campaign_id, contact_id)
        ON CONFLICT (campaign_id, contact_id) DO NOTHING

-- postgres: ENGAGEMENTS_LOCK
SELECT e.campaign_id, e.contact_id, e.best_class, e.viewed, e.clicked,
            e.click_class
        FROM unnest($1::bigint[], $2::bigint[]) AS t (campaign_id, contact_id)
        JOIN engagements e ON e.campaign_id = t.campaign_id AND e.contact_id = t.contact_id
        ORDER BY e.campaign_id, e.contact_id FOR UPDATE OF e

-- postgres: ENGAGEMENTS_WRITE
UPDATE engagements e
        SET best_class = t.best_class, viewed = t.viewed, clicked = t.clicked,
            click_class = t.click_class
        FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::smallint[],
            $6::smallint[])
            AS t (campaign_id, contact_id, best_class, viewed, clicked, click_class)
        WHERE e.campaign_id = t.campaign_id AND e.contact_id = t.contact_id

-- postgres: AGENTS_FIND
SELECT agent, id FROM agents WHERE agent = ANY($1)

-- postgres: AGENTS_INSERT
INSERT INTO agents (agent) SELECT unnest($1::bytea[])
        ON CONFLICT (agent) DO NOTHING

-- postgres: EVENTS_INSERT
INSERT INTO events (at, node, segment, byte_offset, campaign_id, contact_id,
            slot, visitor, client, signs, agent_id, class, rule)
        SELECT t.at, t.node, t.segment, t.byte_offset, d.campaign_id, d.contact_id, t.slot,
            t.visitor, t.client, t.signs, t.agent_id, t.class, t.rule
        FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::bigint[], $7::integer[], $8::bytea[], $9::bytea[], $10::smallint[],
            $11::bigint[], $12::smallint[], $13::text[])
            AS t (at, node, segment, byte_offset, campaign_id, contact_id, slot, visitor, client,
                signs, agent_id, class, rule)
        JOIN deliveries d ON d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id
        WHERE EXISTS (SELECT 1 FROM contacts c WHERE c.id = t.contact_id)
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING
        RETURNING node, segment, byte_offset

-- postgres: STRAYS_INSERT
INSERT INTO stray_hits (at, node, segment, byte_offset, campaign_id,
            contact_id, slot, signs, class, rule)
        SELECT t.at, t.node, t.segment, t.byte_offset, t.campaign_id,
            CASE WHEN d.contact_id IS NULL THEN t.contact_id ELSE 0 END, t.slot, t.signs,
            t.class, t.rule
        FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::bigint[], $7::integer[], $8::smallint[], $9::smallint[], $10::text[])
            AS t (at, node, segment, byte_offset, campaign_id, contact_id, slot, signs, class,
                rule)
        LEFT JOIN deliveries d
            ON d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id
        WHERE d.contact_id IS NULL
            OR NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = t.contact_id)
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING RETURNING at

-- postgres: VISITORS_SEEN
INSERT INTO visitors (visitor, first_at, last_at)
        SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])
        ON CONFLICT (visitor) DO UPDATE
        SET first_at = least(visitors.first_at, excluded.first_at),
            last_at = greatest(visitors.last_at, excluded.last_at)

-- postgres: VISITS_INSERT
INSERT INTO campaign_visitors (campaign_id, visitor)
        SELECT * FROM unnest($1::bigint[], $2::bytea[])
        ON CONFLICT (campaign_id, visitor) DO NOTHING
        RETURNING campaign_id, visitor

-- postgres: CONTACTS_BY_KEY
SELECT t.email_key, c.id, c.attributes, c.updated_at
        FROM unnest($1::text[]) AS t (email_key)
        CROSS JOIN LATERAL (SELECT id, attributes, updated_at FROM contacts
            WHERE lower(email) = t.email_key LIMIT 1) c

-- postgres: CONTACT_IDS_TAKE
UPDATE contact_ids SET last = greatest(last, $2) + $1
        WHERE id = 1 RETURNING last

-- postgres: CONTACTS_INSERT
INSERT INTO contacts (id, email, attributes, created_at, updated_at)
        SELECT t.id, t.email, t.attributes, $4, $4
        FROM unnest($1::bigint[], $2::text[], $3::text[]) AS t (id, email, attributes)

-- postgres: CONTACTS_UPDATE
UPDATE contacts c SET attributes = t.attributes, updated_at = $3
        FROM unnest($1::bigint[], $2::text[]) AS t (id, attributes) WHERE c.id = t.id

-- postgres: ERASED_HASHES
SELECT address_hash FROM suppressions
        WHERE email_key IS NULL AND address_hash = ANY($1)

-- postgres: KEPT_CODES
SELECT DISTINCT address_code FROM kept_removals WHERE address_code = ANY($1)

-- postgres: SUPPRESSED_KEYS
SELECT email_key FROM suppressions WHERE email_key = ANY($1)

-- postgres: SUBSCRIPTIONS_GRANT
INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        SELECT $1, t.contact_id, 'subscribed', $3 FROM unnest($2::bigint[]) AS t (contact_id)
        ON CONFLICT (topic_id, contact_id) DO NOTHING RETURNING contact_id

-- postgres: CONSENTS_INSERT
INSERT INTO consents (contact_id, kind, topic_id, granted, source, at)
        SELECT t.contact_id, $3, $2, 1, $4, $5 FROM unnest($1::bigint[]) AS t (contact_id)

-- postgres: UNSUBSCRIBED_COUNT
SELECT count(*) FROM subscriptions
        WHERE topic_id = $1 AND contact_id = ANY($2) AND state = 'unsubscribed'

-- postgres: DELIVERIES_BEGIN
WITH clock AS (
            SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS now)
        UPDATE deliveries d SET begun = 1, leased_until = clock.now + $3
        FROM clock, (SELECT CAST($1 AS BIGINT) AS campaign_id, u.*
            FROM unnest($4::bigint[], $5::bigint[]) AS u (contact_id, epoch)
            OFFSET 0) t
        WHERE d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id AND d.epoch = t.epoch
        AND d.state + 0 = 1 AND d.holder = $2 AND d.leased_until > clock.now
        AND EXISTS (SELECT 1 FROM campaigns k
            JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = d.contact_id
            JOIN contacts c ON c.id = s.contact_id
            WHERE k.id = d.campaign_id AND k.state = 'sending' AND s.state = 'subscribed'
            AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = lower(c.email))
            OFFSET 0)
        RETURNING d.contact_id

-- postgres: DELIVERIES_SETTLE
UPDATE deliveries d
        SET attempts = d.attempts + t.attempts, copies = d.copies + t.copies,
            state = CASE WHEN t.copies > 0 AND d.copies + t.copies >= $12 THEN 6 ELSE t.state END,
            next_attempt_at = coalesce(t.next_attempt_at, d.next_attempt_at),
            leased_until = NULL, holder = NULL, begun = 0,
            ended_at = CASE WHEN t.copies > 0 AND d.copies + t.copies >= $12
                THEN CAST($13 AS BIGINT) ELSE t.ended_at END,
            code = CASE WHEN t.released THEN d.code ELSE t.code END,
            reply = CASE WHEN t.released THEN d.reply ELSE t.reply END,
            reason = CASE WHEN t.released THEN d.reason ELSE t.reason END,
            first_attempt_at = CASE WHEN t.uncounted AND d.attempts = 0 THEN NULL
                ELSE d.first_attempt_at END
        FROM (SELECT CAST($1 AS BIGINT) AS campaign_id, u.*
            FROM unnest($2::bigint[], $3::bigint[], $4::smallint[], $5::integer[], $6::bigint[],
                $7::bigint[], $8::integer[], $9::text[], $10::boolean[], $14::smallint[],
                $15::boolean[], $16::integer[])
                AS u (contact_id, epoch, state, attempts, next_attempt_at, ended_at, code, reply,
                    released, reason, uncounted, copies)
            OFFSET 0) t
        WHERE d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id AND d.epoch = t.epoch
        AND d.state + 0 = $11 AND ($11 = 1 OR d.holder IS NOT NULL)
        RETURNING d.contact_id, d.epoch, d.state

-- postgres: PARTITIONS_FIND
SELECT c.relname::text FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'events'::regclass

