"""Events: something that happens on one bar, against what came before it."""
