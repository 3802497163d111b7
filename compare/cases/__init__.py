"""What is compared: cases, their random values, and the code that runs them in a library."""
