"""What commands share: errors as sentences, tables, progress."""
