"""What carries out each command, a module for each subject; ``table`` joins them."""
