"""The use cases: one module per noun, one function per verb. They may flush, never commit."""
