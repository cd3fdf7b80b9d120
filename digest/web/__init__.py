"""The door of the reader, the administrator and the program: pages that look on GET and act on POST."""
