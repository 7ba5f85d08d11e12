"""A picture of the generated shop, on one page that a person can judge in a minute.

``observed`` plays the past, ``figures``, ``curves``, ``goods`` and ``people`` measure it (plain values),
``charts`` and ``bars`` draw (SVG from plain values), ``sections`` say what is drawn of what, and ``page``
puts it into one HTML file that needs nothing else.
"""
