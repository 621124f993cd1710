"""The structure of a mail: header fields, parts, transfer encodings, names."""
