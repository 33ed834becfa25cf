"""HTTP: ``realtime`` (the official API), ``health`` (probes), ``landing`` (the front page)."""
