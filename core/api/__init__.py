"""The REST API as far as it needs no database: addresses, headers, cursors, problem documents and its description."""
