"""The models behind the confidence: fitted to the answers that labelled questions got, and measured on such as they did not see."""
