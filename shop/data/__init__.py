"""Below the domain: how the database is reached, and small tools that know nothing of a shop."""
