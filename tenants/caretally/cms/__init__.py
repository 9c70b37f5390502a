"""The dated CMS reference tables: billing codes, time ladders, gates, exclusions, credentials and the chronic-condition list.
Every threshold, cap, pair and sentence is a row of a file in `data/`, loaded whole or not at all."""
