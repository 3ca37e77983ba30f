"""How long stored things are kept, and their end."""
