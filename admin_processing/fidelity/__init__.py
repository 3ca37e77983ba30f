"""Own minute bars and the provider's: gaps healed, days compared, differences explained."""
