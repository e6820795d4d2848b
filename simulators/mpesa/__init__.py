"""M-Pesa Express, its query, and reversals, as Safaricom's Daraja has them: https://developer.safaricom.co.ke."""
