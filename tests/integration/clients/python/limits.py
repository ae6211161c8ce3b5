"""As `client.ts` has them."""

SHORT_TOKENS = 24
LONG_TOKENS = 4000
SEED = 42
