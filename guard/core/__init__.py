"""The pure heart of the guard: standard library and pure libraries only (held by import-linter).

Read ``policy`` (what is allowed), then ``commands`` (what can be ordered), then ``session`` (who orders it
when).
"""
