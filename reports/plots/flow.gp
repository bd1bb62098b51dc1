# flow.gp: a flow: trajectories (against time on a line, in the plane otherwise), then energies and E|V|^2 against time on a logarithmic scale.
# `driftproof flow --plot` runs it in a directory with settings.gp, read before, and lines.dat (trajectories, blank lines between), band.dat (t, mean, deviation),
# ends.dat (first and last places), energies.dat (t, E|V|^2, energies), p_marks.dat.
width = 5.4; left = 0.95; right = 0.25; top = (title eq "" ? 0.62 : 0.82); upper = (plane > 0 ? 3.4 : 2.3); lower = 2.1; gap = 0.75; bottom = 0.62
height = top+upper+gap+lower+bottom
load ARG0[1:strlen(ARG0)-strlen("flow.gp")]."field.gp"
small = ",".(kind eq "svg" ? "11" : "8")
set datafile separator "\t"
set lmargin at screen left/width
set rmargin at screen 1-right/width
set grid x y lc rgb "#dddddd" lw 0.6 dt 1
set multiplot
set label 1 head noenhanced at screen left/width, screen 1-0.2/height left font ",".(kind eq "svg" ? "14" : "10.5") textcolor rgb black
set label 2 title noenhanced at screen left/width, screen 1-0.41/height left font small textcolor rgb "#555555"
set tmargin at screen 1-top/height
set bmargin at screen 1-(top+upper)/height
set xtics font small
set ytics font small
set offsets graph 0.03, graph 0.03, graph 0.05, graph 0.05
set key at screen 1-right/width, screen 1-(top-0.06)/height right bottom horizontal font small samplen 1.6 textcolor rgb black
if (plane > 0) {
  set size ratio -1
  set xlabel "x_1  [length]" offset 0,0.4 textcolor rgb black
  set ylabel "x_2  [length]" offset 0.6,0 textcolor rgb black
  plot "lines.dat" using 1:2 with lines lc rgb grey lw 0.8 notitle, \
       "p_marks.dat" using 1:2 with points pt 7 ps 0.7 lc rgb blue title "p (data)", \
       "ends.dat" using 1:2 with points pt 6 ps 0.5 lc rgb orange title "q at t = 0", \
       "ends.dat" using 3:4 with points pt 9 ps 0.6 lc rgb orange title "q at the end"
  set size noratio
} else {
  set xrange [0:last]
  set xlabel "t" offset 0,0.4 textcolor rgb black
  set ylabel "x  [length]" offset 0.6,0 textcolor rgb black
  set style fill solid 0.18 noborder
  plot "band.dat" using 1:($2-$3):($2+$3) with filledcurves lc rgb orange title "q: mean and one deviation", \
       "band.dat" using 1:2 with lines lc rgb orange lw 1.6 notitle, \
       "lines.dat" using 1:2 with lines lc rgb grey lw 0.6 notitle, \
       "p_marks.dat" using (last):1 with points pt 7 ps 0.9 lc rgb blue title "p: means, atoms"
}
unset label 1
unset label 2
set tmargin at screen 1-(top+upper+gap)/height
set bmargin at screen bottom/height
set offsets 0,0,0,0
set autoscale y
set xrange [0:last]
set logscale y
set format y "10^{%T}"
set xlabel "t" offset 0,0.4 textcolor rgb black
set ylabel "energies" offset 0.6,0 textcolor rgb black
set key at screen 1-right/width, screen 1-(top+upper+gap-0.06)/height right bottom horizontal maxrows 1 width -1 font small samplen 1.8
set style line 1 lc rgb blue lw 1.8 dt 1
set style line 2 lc rgb "#009E73" lw 1.8 dt (8,3)
set style line 3 lc rgb "#CC79A7" lw 1.8 dt (2,2)
set style line 4 lc rgb "#56B4E9" lw 1.8 dt (8,3,2,3)
set style line 5 lc rgb "#E69F00" lw 1.8 dt (4,2)
set style line 6 lc rgb grey lw 1.8 dt (1,2)
plot for [k=1:words(names)] "energies.dat" using 1:(column(k+2) > 0 ? column(k+2) : NaN) with lines ls k title word(names, k), \
     "energies.dat" using 1:($2 > 0 ? $2 : NaN) with lines lc rgb black lw 1 title "E|V|²"
unset multiplot
