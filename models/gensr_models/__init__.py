"""Train, evaluate, export and pack gensr models."""
