"""Pages that need no login: whoever has their link may open them."""
