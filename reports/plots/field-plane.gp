# field-plane.gp: a field in the plane: filled contours of a scalar, arrows of the velocity, p and q as contours or marks.
# `driftproof field --plot` runs it in a directory with settings.gp, read before, scalar.bin, arrows.dat, p.bin, q.bin, p_marks.dat, q_marks.dat.
aspect = (y1-y0)/(x1-x0)
plot_width = aspect > 1 ? 4.3/aspect : 4.3
if (plot_width < 1.9) plot_width = 1.9
plot_height = 4.3*(aspect > 1 ? 1 : aspect)
if (plot_height < 0.9) plot_height = 0.9
left = 0.82; right = 1.15; bottom = 0.98; top = (title eq "" ? 0.42 : 0.62)
width = plot_width+left+right
if (width < 5.2) { left = left+(5.2-width)/2; right = right+(5.2-width)/2; width = 5.2 }
height = plot_height+bottom+top
load ARG0[1:strlen(ARG0)-strlen("field-plane.gp")]."field.gp"
set lmargin at screen left/width
set rmargin at screen 1-right/width
set bmargin at screen bottom/height
set tmargin at screen 1-top/height
set size ratio -1
set xrange [x0:x1]
set yrange [y0:y1]

# Contour lines first, as tables of points; a table of nothing is one blank line.
set print $lines; print ""
set print $p; print ""
set print $q; print ""
unset print
set format "%.12g"
set contour base
unset surface
set cntrparam levels incremental low+step, step, high-step/2
if (bands > 1) {
  set table $lines
  splot "scalar.bin" binary array=(scalar_nx,scalar_ny) format="%float" dx=scalar_dx dy=scalar_dy origin=(x0,y0,0) with lines notitle
  unset table
}
set cntrparam levels discrete 0.05*p_top, 0.25*p_top, 0.6*p_top, 0.9*p_top
if (p_top > 0) {
  set table $p
  splot "p.bin" binary array=(p_nx,p_ny) format="%float" dx=p_dx dy=p_dy origin=(x0,y0,0) with lines notitle
  unset table
}
set cntrparam levels discrete 0.05*q_top, 0.25*q_top, 0.6*q_top, 0.9*q_top
if (q_top > 0) {
  set table $q
  splot "q.bin" binary array=(q_nx,q_ny) format="%float" dx=q_dx dy=q_dy origin=(x0,y0,0) with lines notitle
  unset table
}
unset contour
set format "%g"

if (two_sided > 0) {
  set palette defined (-4 "#9a77b5", -2 "#d3c3de", 0 "#ffffff", 2 "#bfe0b8", 4 "#72b277")
} else {
  if (sequence == 0) { set palette defined (0 "#ffffff", 1 "#e8f0d8", 2 "#c3dfb9", 3 "#93c7ad", 4 "#6aa9a3") }
  if (sequence == 1) { set palette defined (0 "#ffffff", 1 "#efe9f4", 2 "#d6cbe6", 3 "#b6a6d3", 4 "#9a86be") }
}
set palette maxcolors (bands < 2 ? 2 : bands)
set cbrange [low:high]
set cbtics step*(bands > 8 ? 2 : 1) scale 0.3 textcolor rgb black
set colorbox user origin screen 1-(right-0.14)/width, screen bottom/height size screen 0.14/width, screen plot_height/height
set colorbox border
set xlabel "x_1  [length]" offset 0,0.4 textcolor rgb black
# At fixed places: gnuplot does not count the widths of minus signs.
middle = (bottom+plot_height/2)/height
set label 4 "x_2  [length]" at screen (left-0.54)/width, screen middle center rotate by 90 textcolor rgb black
set label 5 label at screen 1-(right-0.86)/width, screen middle center rotate by 90 textcolor rgb black
set label 1 head noenhanced at screen left/width, screen 1-0.2/height left font ",".(kind eq "svg" ? "14" : "10.5") textcolor rgb black
set label 2 title noenhanced at screen left/width, screen 1-0.41/height left font ",".(kind eq "svg" ? "11" : "8") textcolor rgb "#555555"
set label 3 note at screen left/width, screen 0.12/height left font ",".(kind eq "svg" ? "9.5" : "7") textcolor rgb "#555555"
set key at screen 1-right/width, screen 0.35/height right center horizontal reverse Left samplen 1.6 font ",".(kind eq "svg" ? "11" : "8") textcolor rgb black
set object 1 rectangle from graph 0,0 to graph 1,1 behind fs solid noborder fc rgb "#d4d4d4"
set style arrow 1 head filled size first 0.26*cell,20,70 fixed lw 0.9 lc rgb black
p_marks = (p_has_marks > 0 ? "p_marks.dat" : "/dev/null")
q_marks = (q_has_marks > 0 ? "q_marks.dat" : "/dev/null")
plot "scalar.bin" binary array=(scalar_nx,scalar_ny) format="%float" dx=scalar_dx dy=scalar_dy origin=(x0,y0) with image notitle, \
     $lines using 1:2 with lines lc rgb "#ffffff" lw 0.7 notitle, \
     $p using 1:2 with lines lc rgb blue lw 1.6 dt 1 notitle, \
     $q using 1:2 with lines lc rgb orange lw 1.6 dt (6,3) notitle, \
     "arrows.dat" using 1:2:3:4 with vectors arrowstyle 1 notitle, \
     p_marks using 1:2:(1.35*$3) with points pt 7 ps variable lc rgb "#ffffff" notitle, \
     p_marks using 1:2:(1.1*$3) with points pt 7 ps variable lc rgb blue notitle, \
     q_marks using 1:2:(1.9*$3) with points pt 8 ps variable lc rgb "#ffffff" lw 3 notitle, \
     q_marks using 1:2:(1.9*$3) with points pt 8 ps variable lc rgb orange lw 1.6 notitle, \
     NaN with lines lc rgb blue lw 1.6 title (p_top > 0 ? "p (data)" : ""), \
     NaN with points lc rgb blue pt 7 ps 0.9 title (p_has_marks <= 0 ? "" : p_top > 0 ? "p, point masses" : "p (data)"), \
     NaN with lines lc rgb orange lw 1.6 dt (6,3) title (q_top > 0 ? "q (model)" : ""), \
     NaN with points lc rgb orange pt 8 ps 1.1 lw 1.7 title (q_has_marks <= 0 ? "" : q_top > 0 ? "q, point masses" : "q (model)")
