"""What is known of symbols and universes, kept equal to what providers and files say."""
