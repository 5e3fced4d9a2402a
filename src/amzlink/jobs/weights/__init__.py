"""Looking up and changing what products weigh."""
