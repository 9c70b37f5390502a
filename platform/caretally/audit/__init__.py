"""The vendor's audit log: an append-only chain of events, each hashed over the one before.

It holds ids, counts and digests, never names."""
