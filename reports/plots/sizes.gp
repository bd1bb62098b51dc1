# sizes.gp: size of each drift's velocity at the overcrowded mode of a two-mode problem against the distance of the modes.
# Columns of the data, one block a drift, blocks named in the first column's header line: D/h, log10 of |velocity|/h.
height = 3.4
load plots."/style.gp"
set xlabel (term eq "svg" ? "distance of the modes, D/h" : "distance of the modes, $D/h$")
set ylabel (term eq "svg" ? "|V(+D/2)| / h" : "$|V(+D/2)|/h$") offset 1,0
set format y (term eq "svg" ? "10^{%g}" : "$10^{%g}$")
set grid x y ls 10
set key outside right center samplen 2.5 spacing (term eq "svg" ? 1.2 : 1.3)
stats data using 1:2 name "all" nooutput
set xrange [0:*]
plot for [i=0:blocks-1] data index i using 1:2 with linespoints ls (i%6)+1 title columnheader(1)
