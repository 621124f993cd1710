-- The older version asks nobody else about an address.
DROP INDEX correspondent_key;
