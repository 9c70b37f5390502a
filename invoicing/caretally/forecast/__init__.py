"""Forecasts of a month under way: who will reach the next threshold by itself, what is at stake,
and whom to call first; back-tested on closed months. Nothing is written."""
