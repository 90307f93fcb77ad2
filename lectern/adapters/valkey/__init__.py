"""What several processes count together in Valkey or Redis."""
