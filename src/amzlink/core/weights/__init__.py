"""What products weigh."""
