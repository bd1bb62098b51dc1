# map-line.gp: several drifts on a line: p and q, the size of each velocity on one logarithmic scale, and rows of arrows that say where each points.
# `driftproof field --drift A,B --plot` runs it in a directory with settings.gp, read before, curves<k>.dat, signs<k>.dat, p.dat, q.dat and marks.
panel = 2.6; strip = 0.55; gap = 0.14; rows = 0.2*panels
left = 0.95; right = 0.25; bottom = 0.62; top = (title eq "" ? 0.62 : 0.82); keys = 0.13*panels+0.12
width = 5.8
height = top+strip+gap+panel+keys+gap+rows+bottom
load ARG0[1:strlen(ARG0)-strlen("map-line.gp")]."field.gp"
small = ",".(kind eq "svg" ? "11" : "8")
array colour[6] = ["#222222", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5C00"]
array name[6]
name[1] = name1
if (panels > 1) { name[2] = name2 }
if (panels > 2) { name[3] = name3 }
if (panels > 3) { name[4] = name4 }
if (panels > 4) { name[5] = name5 }
if (panels > 5) { name[6] = name6 }
n = int(panels)
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

set border 15
set ytics step font small
set tmargin at screen 1-(base+gap)/height
set bmargin at screen 1-(base+gap+panel)/height
set yrange [low-0.03*(high-low):high+0.05*(high-low)]
set format y "10^{%g}"
set ylabel "|V|  [length]"
set grid x y lc rgb "#dddddd" lw 0.6 dt 1
base = base+gap+panel
set key at screen left/width, screen 1-(base+0.1)/height left top vertical reverse Left font small samplen 1.8 textcolor rgb black
plot for [k=1:n] "curves".k.".dat" using 1:2 with lines lc rgb colour[k] lw 1.8 notitle, \
     for [k=1:n] "curves".k.".dat" using 1:3 with lines lc rgb colour[k] lw 1.8 notitle, \
     for [k=1:n] NaN with lines lc rgb colour[k] lw 1.8 title name[k]
base = base+keys

set tmargin at screen 1-(base+gap)/height
set bmargin at screen 1-(base+gap+rows)/height
set yrange [n+0.7:0.3]
unset ytics
unset key
unset grid
set border 1
set format x "%g"
set xlabel "x  [length]      arrows: where each drift points" offset 0,0.4 textcolor rgb black
unset ylabel
plot for [k=1:n] "signs".k.".dat" using ($1-0.3*$3):2:(0.6*$3):(0) with vectors head filled size screen 0.009,25,60 fixed lc rgb colour[k] lw 1.2 notitle
unset multiplot
