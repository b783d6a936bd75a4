"""What is happening now: a stream of events, validated and kept until bronze takes them."""
