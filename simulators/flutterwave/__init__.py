"""Flutterwave's v3 interface, as far as hosted payments need it: https://developer.flutterwave.com/v3.0/docs."""
