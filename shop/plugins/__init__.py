"""What an owner does with plugins, and what is known of them."""
