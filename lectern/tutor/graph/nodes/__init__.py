"""One node a file: functions of (state, runtime)."""
