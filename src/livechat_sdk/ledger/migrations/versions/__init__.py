"""The revisions of the ledger's tables, one module each; the first line of each says what it brings."""
