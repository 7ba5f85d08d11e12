"""The native runner: every server and every part of Vitrine on one machine."""
