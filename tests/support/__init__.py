"""What tests of every area share."""
