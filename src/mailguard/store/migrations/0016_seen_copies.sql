-- How many copies of the mail its letter was about: an answer approves nobody who joined the mail later, unseen.
ALTER TABLE reply_ticket ADD COLUMN copies INTEGER;
