"""A local double of Amazon and Sendcloud, to learn and to test on."""
