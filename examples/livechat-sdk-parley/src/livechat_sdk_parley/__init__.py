"""Live chat of Parley for livechat-sdk; ``plugin`` is what the SDK loads."""
