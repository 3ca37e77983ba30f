"""How fast TickStock is: `bin/bench`, `docs/benchmarks.md`."""
