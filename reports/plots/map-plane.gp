# map-plane.gp: several drifts in the plane, a panel each: log10 |V| in colours of one scale, arrows of one length for the direction, p and q.
# `driftproof field --drift A,B --plot` runs it in a directory with settings.gp, read before, scalar<k>.bin, arrows<k>.dat, p.bin, q.bin and marks.
n = int(panels)
columns = (n < 3 ? n : n == 4 ? 2 : 3)
rows = (n+columns-1)/columns
aspect = (y1-y0)/(x1-x0)
side = (columns == 1 ? 4.0 : columns == 2 ? 3.0 : 2.3)
pw = (aspect > 1 ? side/aspect : side); if (pw < 1.2) { pw = 1.2 }
ph = (aspect > 1 ? side : side*aspect); if (ph < 0.6) { ph = 0.6 }
left = 0.62; right = 1.05; bottom = 0.72; top = (title eq "" ? 0.62 : 0.82); gapx = 0.16; gapy = 0.34
width = left+columns*pw+(columns-1)*gapx+right
if (width < 5.4) { left = left+(5.4-width)/2; right = right+(5.4-width)/2; width = 5.4 }
height = top+rows*ph+(rows-1)*gapy+bottom
load ARG0[1:strlen(ARG0)-strlen("map-plane.gp")]."field.gp"
small = ",".(kind eq "svg" ? "11" : "8")
array name[6]
name[1] = name1
if (panels > 1) { name[2] = name2 }
if (panels > 2) { name[3] = name3 }
if (panels > 3) { name[4] = name4 }
if (panels > 4) { name[5] = name5 }
if (panels > 5) { name[6] = name6 }
set size ratio -1
set xrange [x0:x1]
set yrange [y0:y1]
set print $p; print ""
set print $q; print ""
unset print
set format "%.12g"
set contour base
unset surface
set cntrparam levels discrete 0.25*p_top, 0.6*p_top
if (p_top > 0) {
  set table $p
  splot "p.bin" binary array=(p_nx,p_ny) format="%float" dx=p_dx dy=p_dy origin=(x0,y0,0) with lines notitle
  unset table
}
set cntrparam levels discrete 0.25*q_top, 0.6*q_top
if (q_top > 0) {
  set table $q
  splot "q.bin" binary array=(q_nx,q_ny) format="%float" dx=q_dx dy=q_dy origin=(x0,y0,0) with lines notitle
  unset table
}
unset contour
set format "%g"
set palette defined (0 "#ffffff", 1 "#e8f0d8", 2 "#c3dfb9", 3 "#93c7ad", 4 "#6aa9a3")
set palette maxcolors (high-low)/step < 2 ? 2 : int((high-low)/step+0.5)
set cbrange [low:high]
p_marks = (p_has_marks > 0 ? "p_marks.dat" : "/dev/null")
q_marks = (q_has_marks > 0 ? "q_marks.dat" : "/dev/null")
set style arrow 1 head filled size first 0.24*cell,22,70 fixed lw 0.8 lc rgb black
set multiplot
do for [k=1:n] {
  c = (k-1)%columns; r = (k-1)/columns
  set lmargin at screen (left+c*(pw+gapx))/width
  set rmargin at screen (left+c*(pw+gapx)+pw)/width
  set tmargin at screen 1-(top+r*(ph+gapy))/height
  set bmargin at screen 1-(top+r*(ph+gapy)+ph)/height
  unset label
  unset colorbox
  unset key
  set format x (k+columns > n ? "%g" : "")
  set format y (c == 0 ? "%g" : "")
  set label 1 name[k] at graph 0, screen 1-(top+r*(ph+gapy)-0.12)/height left font small textcolor rgb black
  if (k == 1) {
    set label 2 head noenhanced at screen left/width, screen 1-0.2/height left font ",".(kind eq "svg" ? "14" : "10.5") textcolor rgb black
    set label 3 title noenhanced at screen left/width, screen 1-0.41/height left font small textcolor rgb "#555555"
    set label 4 "Arrows have one length: they say where V points. Grey: |V| within its bound of 0, or far below the scale." at screen left/width, screen 0.14/height left font ",".(kind eq "svg" ? "9.5" : "7") textcolor rgb "#555555"
    set colorbox user origin screen 1-(right-0.14)/width, screen bottom/height size screen 0.14/width, screen (height-top-bottom)/height
    set cbtics step*((high-low)/step > 8 ? 2 : 1) scale 0.3 textcolor rgb black
    set label 5 "log_{10} |V|,  V in units of length" at screen 1-(right-0.8)/width, screen (bottom+(height-top-bottom)/2)/height center rotate by 90 font small textcolor rgb black
    set key at screen 1-right/width, screen 1-0.41/height right center horizontal reverse Left samplen 1.6 font small textcolor rgb black
  }
  set object 1 rectangle from graph 0,0 to graph 1,1 behind fs solid noborder fc rgb "#d4d4d4"
  plot "scalar".k.".bin" binary array=(scalar1_nx,scalar1_ny) format="%float" dx=scalar1_dx dy=scalar1_dy origin=(x0,y0) with image notitle, \
     $p using 1:2 with lines lc rgb blue lw 1.3 dt 1 notitle, \
     $q using 1:2 with lines lc rgb orange lw 1.3 dt (6,3) notitle, \
     "arrows".k.".dat" using 1:2:3:4 with vectors arrowstyle 1 notitle, \
     p_marks using 1:2:(1.1*$3) with points pt 7 ps variable lc rgb blue notitle, \
     q_marks using 1:2:(1.7*$3) with points pt 8 ps variable lc rgb orange lw 1.6 notitle, \
     NaN with lines lc rgb blue lw 1.6 title (k == 1 ? "p (data)" : ""), \
     NaN with lines lc rgb orange lw 1.6 dt (6,3) title (k == 1 ? "q (model)" : "")
}
unset multiplot
