-- How many copies of the message may have gone out without an answer (policy `resend`).
ALTER TABLE deliveries ADD COLUMN copies INTEGER NOT NULL DEFAULT 0;
