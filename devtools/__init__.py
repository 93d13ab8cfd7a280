"""The machinery behind ./dev: standard library only, one idea per file."""
