# field-line.gp: a field on a line: p and q, the velocity with a zero line, its size on a logarithmic scale, and a scalar if there is one.
# `driftproof field --plot` runs it in a directory with settings.gp, read before, curves.dat, p.dat, q.dat, p_marks.dat, q_marks.dat.
rows = (label eq "" ? 2 : 3)
panel = 1.5; strip = 0.55; gap = 0.14
left = 0.95; right = 0.25; bottom = 0.62; top = (title eq "" ? 0.62 : 0.82)
width = 5.4
height = top+strip+rows*(panel+gap)+bottom
load ARG0[1:strlen(ARG0)-strlen("field-line.gp")]."field.gp"
small = ",".(kind eq "svg" ? "11" : "8")
set datafile separator "\t"
set xrange [x0:x1]
set lmargin at screen left/width
set rmargin at screen 1-right/width
set grid x lc rgb "#dddddd" lw 0.6 dt 1
set multiplot
set label 1 head noenhanced at screen left/width, screen 1-0.2/height left font ",".(kind eq "svg" ? "14" : "10.5") textcolor rgb black
set label 2 title noenhanced at screen left/width, screen 1-0.41/height left font small textcolor rgb "#555555"
set format x ""
set ylabel offset 0.6,0 textcolor rgb black

# p and q, each over its largest value; atoms as sticks.
base = top+strip
set tmargin at screen 1-top/height
set bmargin at screen 1-base/height
set yrange [0:1.12]
unset ytics
set border 1
set key at screen 1-right/width, screen 1-(top-0.12)/height right center horizontal reverse Left samplen 1.6 font small textcolor rgb black
set style fill solid 0.18 noborder
plot (p_top > 0 ? "p.dat" : "/dev/null") using 1:2 with filledcurves y1=0 lc rgb blue notitle, \
     (q_top > 0 ? "q.dat" : "/dev/null") using 1:2 with filledcurves y1=0 lc rgb orange notitle, \
     (p_top > 0 ? "p.dat" : "/dev/null") using 1:2 with lines lc rgb blue lw 1.5 notitle, \
     (q_top > 0 ? "q.dat" : "/dev/null") using 1:2 with lines lc rgb orange lw 1.5 dt (6,3) notitle, \
     (p_has_marks > 0 ? "p_marks.dat" : "/dev/null") using 1:4 with impulses lc rgb blue lw 1.8 notitle, \
     (q_has_marks > 0 ? "q_marks.dat" : "/dev/null") using 1:(0.93*$4) with impulses lc rgb orange lw 1.8 dt (4,2) notitle, \
     (p_has_marks > 0 ? "p_marks.dat" : "/dev/null") using 1:4 with points pt 7 ps 0.7 lc rgb blue notitle, \
     (q_has_marks > 0 ? "q_marks.dat" : "/dev/null") using 1:(0.93*$4) with points pt 9 ps 0.9 lc rgb orange notitle, \
     NaN with lines lc rgb blue lw 1.5 title "p (data)", NaN with lines lc rgb orange lw 1.5 dt (6,3) title "q (model)"
unset label 1
unset label 2

# V
set border 15
set ytics font small
set style fill solid 0.25 noborder
set tmargin at screen 1-(base+gap)/height
set bmargin at screen 1-(base+gap+panel)/height
set autoscale y
set offsets 0,0,graph 0.06,graph 0.06
set ylabel "V  [".unit."]"
unset key
plot 0 with lines lc rgb grey lw 0.8 dt 1 notitle, \
     "curves.dat" using 1:3:4 with filledcurves lc rgb black notitle, \
     "curves.dat" using 1:2 with lines lc rgb black lw 1.6 notitle
base = base+gap+panel

# log10 |V|
set offsets 0,0,0,0
set tmargin at screen 1-(base+gap)/height
set bmargin at screen 1-(base+gap+panel)/height
set yrange [low-0.05*(high-low):high+0.25*(high-low)]
set ytics step font small
set format y "10^{%g}"
set ylabel "|V|  [".unit."]"
set grid x y lc rgb "#dddddd" lw 0.6 dt 1
set key top left inside horizontal reverse Left font small samplen 1.6 textcolor rgb black
if (rows == 2) { set format x "%g"; set xlabel "x  [length]" offset 0,0.4 textcolor rgb black }
plot "curves.dat" using 1:5 with lines lc rgb black lw 1.6 title (rightward > 0 ? "V > 0, to the right" : ""), \
     "curves.dat" using 1:6 with lines lc rgb "#CC79A7" lw 1.6 dt (5,2) title (leftward > 0 ? "V < 0, to the left" : "")
base = base+gap+panel

if (rows == 3) {
  set tmargin at screen 1-(base+gap)/height
  set bmargin at screen 1-(base+gap+panel)/height
  set autoscale y
  set offsets 0,0,graph 0.06,graph 0.06
  set ytics autofreq font small
  set format y "%g"
  set format x "%g"
  set xlabel "x  [length]" offset 0,0.4 textcolor rgb black
  set ylabel label
  set grid x noy lc rgb "#dddddd" lw 0.6 dt 1
  unset key
  plot "curves.dat" using 1:7 with lines lc rgb "#009E73" lw 1.6 notitle
}
unset multiplot
