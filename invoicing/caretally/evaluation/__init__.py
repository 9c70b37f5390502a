"""Decides, for every patient and month of a client, what may be billed and why not.

One implementation in set-based SQL, fed by dated tables; it serves preview, close, explain and decide."""
