"""The pack: one file that holds all an engine needs."""
