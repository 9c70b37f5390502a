"""The pages on which people sign in, choose where to work and look after their own account."""
