"""Each migration once, never changed after its release."""
