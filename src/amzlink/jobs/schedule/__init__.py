"""Running by itself: what is entered into the machine's scheduler, and what is there already."""
