"""One module per partner outside: speaks domain types, knows no table."""
