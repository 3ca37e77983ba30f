"""Massive's REST API: `client` moves bytes, `parsing` understands them, `plan` says what to ask."""
