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
# Open marks: curves that run together stay countable.
array mark[6] = [6, 4, 8, 12, 10, 3]
array dash[6] = [1, 2, 4, 5, 3, 1]
array colour[6] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0x56B4E9, 0x222222]
stats data using 1:2 name "all" nooutput
set xrange [all_min_x*0.9:all_max_x*1.05]
plot for [i=0:blocks-1] data index i using 1:2 with linespoints lc rgb colour[i%6+1] dt dash[i%6+1] pt mark[i%6+1] ps 0.7+0.25*(i%3) lw 1.5 title columnheader(1)
