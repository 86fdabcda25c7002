"""From an exam's clips to scores, the evidence for them and the doubt about them."""
