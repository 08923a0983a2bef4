"""Files of images: which there are, how one is decoded and resized, and the pixels of all as a memory map on disk."""
