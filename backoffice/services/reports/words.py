"""Stored words as managers read them."""

METHODS = {
    "cash": "Cash",
    "card_terminal": "Card terminal",
    "bank_transfer": "Bank transfer",
    "invoice": "Invoice",
    "stripe": "Stripe",
    "mpesa": "M-Pesa",
    "flutterwave": "Flutterwave",
    "credit": "Credit",
    "payment_link": "Payment link",
    "account": "On account",
    "free": "Free",
}
SOURCES = {"phone": "Telephone", "web": "Web page", "api": "Interface", "import": "Imported"}
NO_BOOKING = "Not for a booking"
KINDS = {"payment": "Payment", "rest": "Payment, not for a booking", "refund": "Refund", "booking": "Booking"}
ROUTES = {"gateway": "Through the gateway", "hand": "By hand", "credit": "Kept as credit"}
