"""How plugins are found, checked, registered and called."""
