"""Care plans by version, and the medical decision making documented for a month.

The newest version in effect is the plan in force."""
