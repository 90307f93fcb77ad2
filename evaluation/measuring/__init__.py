"""What a student gets, measured: a course is asked labelled questions by the tutor's own graph, and a report is made of it."""
