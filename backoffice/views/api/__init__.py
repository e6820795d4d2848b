"""What programs ask for, in JSON: one file per noun."""
