# sizes.gp: size of each drift's velocity at the overcrowded mode of a two-mode problem against the distance of the modes.
# The data have one block a drift, its name first in the block's head line; columns: D/h, log10 of |velocity|/h.
height = 3.3
load plots."/style.gp"
set xlabel (term eq "svg" ? "distance of the modes, D/h" : "distance of the modes, $D/h$")
set ylabel (term eq "svg" ? "|V(+D/2)| / h" : "$|V(+D/2)|/h$") offset (term eq "svg" ? -1 : -2),0
set lmargin 12
set format y (term eq "svg" ? "10^{%g}" : "$10^{%g}$")
set grid x y ls 10
set key outside right center samplen 2.5 reverse Left spacing (term eq "svg" ? 1.2 : 1.3)
stats data using 1:2 name "all" nooutput
set xrange [all_min_x*0.9:all_max_x*1.05]
plot for [i=0:blocks-1] data index i using 1:2 with linespoints ls (i%6)+1 title columnheader(1)
