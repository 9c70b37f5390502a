"""The log of care: entries of time as they were worked, late entries, and days with device data.

An entry for a closed month is kept beside it, never merged into it."""
