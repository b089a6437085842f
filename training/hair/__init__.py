"""How hairstyles and the hair network were made."""
