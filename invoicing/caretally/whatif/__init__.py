"""What would come out if an agreement, a policy or the rules were others: the real evaluation over shadow tables, rolled back."""
