"""What the graph's nodes do to text: understand a question, judge the evidence, choose and cite sentences, decline."""
