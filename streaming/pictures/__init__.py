"""Pictures of patterns and indicators, drawn as SVG."""
