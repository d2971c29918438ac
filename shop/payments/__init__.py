"""Money that comes, and money that goes back."""
