"""Documents: data in, bytes out. They know no table, no request and no clock."""
