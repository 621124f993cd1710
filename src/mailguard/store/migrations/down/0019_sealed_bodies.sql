-- Nothing, if no body is encrypted; encrypted ones must be decrypted before (`mailguard store rotate --decrypt`).
CREATE TEMP TABLE only_if_none_is_sealed (n INTEGER CHECK (n = 0));
INSERT INTO only_if_none_is_sealed SELECT count(*) FROM body_key;
DROP TABLE only_if_none_is_sealed;
DROP TABLE body_key;
ALTER TABLE mail_text DROP COLUMN sealed;
