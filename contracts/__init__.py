"""What every component of Vitrine agrees on. Imports none of the components."""
