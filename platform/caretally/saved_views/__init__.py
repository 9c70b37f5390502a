"""Saved views: the filters of a list under a name, one's own or shared with the vendor's people.

What a list shows is its own affair; a view is a way to its address."""
