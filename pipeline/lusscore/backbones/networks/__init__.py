"""Networks: one module for each, or each family; a module here is found without being listed."""
