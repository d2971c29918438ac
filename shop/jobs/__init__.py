"""Work for later, and what happened."""
