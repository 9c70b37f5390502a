"""The isolation reports that a vendor was given, and their page."""
