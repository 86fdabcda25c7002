"""Which clips to label next."""
