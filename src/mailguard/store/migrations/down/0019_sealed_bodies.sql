-- Nothing. Refused: bodies are encrypted, and `mailguard store rotate --decrypt` comes first
-- なし。不可: 本文が暗号化されています。先に `mailguard store rotate --decrypt` を実行してください
CREATE TEMP TABLE only_if_none_is_sealed (n INTEGER CHECK (n = 0));
INSERT INTO only_if_none_is_sealed SELECT count(*) FROM body_key;
DROP TABLE only_if_none_is_sealed;
DROP TABLE body_key;
ALTER TABLE mail_text DROP COLUMN sealed;
