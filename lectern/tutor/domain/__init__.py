"""The tutor's values: courses, documents, passages, answers. No I/O."""
