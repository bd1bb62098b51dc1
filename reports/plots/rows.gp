# rows.gp: what figures with a row for every claim share: on the screen as tall as they need to be, on paper in two columns where one would not fit a page.
stats data using 0 name "rows" nooutput
columns = (term eq "svg" || rows_records <= 52) ? 1 : 2
most = ceil(rows_records/(1.0*columns))
height = 0.75 + (columns == 1 ? 0.165 : 0.115)*most
load plots."/style.gp"
set border 1
set ytics scale 0 font ",".(term eq "svg" ? 13 : 8)
set key outside top center horizontal samplen (columns == 1 ? 1.5 : 0.5) reverse Left font ",".(term eq "svg" ? 14 : 9)
# LaTeX sets its own sizes; gnuplot, which cannot know how long such labels come out, is told where the rows begin.
small = columns == 1 ? "" : '\fontsize{6}{7}\selectfont '
row(name) = small.name
if (columns > 1) { set format x small."%g"; set multiplot }
# The rows of column k, from the top, and where it stands.
bottom(k) = (k*most < rows_records ? k*most : rows_records) - 0.4
left(k) = (k - 1.0)/columns + 0.26
right(k) = k/(1.0*columns) - 0.02
