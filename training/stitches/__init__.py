"""How the network was taught that looks whether two pictures of a stitch really match."""
