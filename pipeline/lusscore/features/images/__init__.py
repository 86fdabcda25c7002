"""What a network sees of a clip: decoded ahead, letterboxed, with augmented variants."""
