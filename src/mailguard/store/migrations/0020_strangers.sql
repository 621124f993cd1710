-- Whether anybody here has written to an address: asked of a recipient whom its sender never wrote to.
CREATE INDEX correspondent_key ON correspondent (key);
