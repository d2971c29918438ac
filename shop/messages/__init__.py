"""What goes out: words to customers, requests to other hosts."""
