"""GenSR's claims, tested: what each part is worth, what prompts do to information and gradients (docs/claims.md)."""
