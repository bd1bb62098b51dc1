# sweep.gp: a metric of a sweep against one of its axes: a panel for each data set, a curve for each drift, median and quartiles over seeds, the floor of data against data in grey.
# `driftproof sweep --plot` runs it in a directory with settings.gp, read before, and curve-PANEL-CURVE.dat (x, median, quartiles, runs, diverged runs).
n = words(panels); columns = (n < 3 ? n : 3); rows = (n+columns-1)/columns
panel = 2.1; gap = 0.22; left = 0.72; right = 1.5; top = 0.35; bottom = 0.5; between = 0.42
width = left+columns*panel+(columns-1)*gap+right; height = top+rows*panel*0.85+(rows-1)*between+bottom
load ARG0[1:strlen(ARG0)-strlen("sweep.gp")]."field.gp"
set datafile separator "\t"
small = ",".(kind eq "svg" ? "10.5" : "7.5")
array colour[8] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#222222", "#888888"]
array mark[8] = [7, 5, 9, 13, 11, 15, 4, 6]
file(i,k) = sprintf("curve-%d-%d.dat", i, k)
set logscale xy
set format y "10^{%T}"
set xtics font small
set ytics font small
set grid x y lc rgb "#dddddd" lw 0.6 dt 1
set style fill solid 0.15 noborder
set yrange [low/1.7:high*1.7]
set xrange [first/1.3:last*1.3]
set multiplot
do for [i=1:n] {
  c = (i-1) % columns; r = (i-1)/columns
  set lmargin at screen (left+c*(panel+gap))/width
  set rmargin at screen (left+c*(panel+gap)+panel)/width
  set tmargin at screen 1-(top+r*(panel*0.85+between))/height
  set bmargin at screen 1-(top+r*(panel*0.85+between)+panel*0.85)/height
  set label 1 word(panels, i) noenhanced at graph 0, graph 1.06 left font small textcolor rgb black
  if (c == 0) { set ylabel (metric eq "mmd2_v" ? "MMD²" : metric) noenhanced offset 1.2,0 font small textcolor rgb black; set format y "10^{%T}" } else { unset ylabel; set format y "" }
  if (i+columns > n) { set xlabel axis noenhanced offset 0,0.5 font small textcolor rgb black } else { unset xlabel }
  f = value(sprintf("floor_%d", i))
  if (i == 1) { set key at screen 1-(right-0.12)/width, screen 1-top/height left top Left reverse vertical font small samplen 2 } else { unset key }
  plot (f > 0 ? f : NaN) with lines lc rgb "#999999" lw 1 dt 2 title "data against data", \
       for [k=1:words(curves)] file(i,k) using 1:3:4 with filledcurves lc rgb colour[(k-1)%8+1] notitle, \
       for [k=1:words(curves)] file(i,k) using 1:2 with linespoints lc rgb colour[(k-1)%8+1] lw 1.4 pt mark[(k-1)%8+1] ps 0.5 title word(curves, k) noenhanced, \
       for [k=1:words(curves)] file(i,k) using 1:($6 > 0 ? low/1.4*1.07**k : NaN) with points pt 2 ps 0.5 lc rgb colour[(k-1)%8+1] notitle
}
unset multiplot
