"""What a browser gets: fan-out without IO, client messages, and the queries behind the pages."""
