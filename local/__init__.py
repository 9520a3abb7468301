"""The whole stack on this machine: the same template on an embedded AWS, and a simulator in Meta's place."""
