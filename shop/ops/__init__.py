"""What keeps an instance in order: tables, copies, checks."""
