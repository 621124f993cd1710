-- Nothing: the older version does not look whether a colleague has written to an address.
-- なし(古いバージョンは、同僚がその宛先に送ったことがあるかを調べないだけです)。
DROP INDEX correspondent_key;
