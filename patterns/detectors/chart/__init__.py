"""Chart patterns: shapes that several swings of the price make, with their geometry."""
