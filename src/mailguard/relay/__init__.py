"""The back door: one try at the next server, an outcome for each recipient. It decides nothing and retries nothing."""
