"""Feature files: their layout, checksums, one writer, and what is wrong with them."""
