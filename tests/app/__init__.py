"""What joins the parts of one site."""
