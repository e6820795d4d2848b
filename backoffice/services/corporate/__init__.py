"""What companies ask for: a request, its quote, and the private date with its booking."""
