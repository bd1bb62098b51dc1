# histograms.gp: samples at the end of runs as histograms: drifts by rows, values of the axis by columns, the data first. A panel of a run that diverged is empty and says so.
# `driftproof sweep --histograms` runs it in a directory with settings.gp, read before, cell-ROW-COLUMN.dat and data.dat (matrices of shares).
R = words(rows); C = words(columns)
panel = 0.86; gap = 0.06; left = 0.95; right = 0.1; top = 0.5; bottom = 0.1
width = left+(C+1)*(panel+gap)+right; height = top+R*(panel+gap)+bottom
load ARG0[1:strlen(ARG0)-strlen("histograms.gp")]."field.gp"
set datafile separator "\t"
small = ",".(kind eq "svg" ? "10.5" : "7.5")
set palette defined (0 "#ffffff", 0.08 "#cfe0ee", 0.3 "#5fa0cc", 0.7 "#0a4f86", 1 "#04203a")
unset colorbox; unset tics; unset key
set size ratio 1
set xrange [-0.5:bins-0.5]; set yrange [-0.5:bins-0.5]
top_share = 1
if (there > 0) { stats "data.dat" matrix using 3 nooutput name "D"; top_share = D_max*1.5 }
set cbrange [0:top_share]
state(i,k) = value(sprintf("state_%d_%d", i, k))
set multiplot
do for [i=1:R] { do for [k=0:C] {
  set lmargin at screen (left+k*(panel+gap))/width
  set rmargin at screen (left+k*(panel+gap)+panel)/width
  set tmargin at screen 1-(top+(i-1)*(panel+gap))/height
  set bmargin at screen 1-(top+(i-1)*(panel+gap)+panel)/height
  unset label
  if (k == 0) { set label 1 word(rows, i) noenhanced at graph -0.08, graph 0.5 right font small textcolor rgb black }
  if (i == 1) { set label 2 (k == 0 ? head : axis." = ".word(columns, k)) noenhanced at graph 0.5, graph 1.12 center font small textcolor rgb black }
  s = (k == 0 ? (there > 0 ? "" : "not kept") : state(i,k))
  if (strstrt(s, "outside") > 0) { set label 3 s at graph 0.5, graph 0.07 center front font small textcolor rgb grey } else {
    if (s ne "" && s ne "none") { set label 3 s at graph 0.5, graph 0.5 center font small textcolor rgb grey } }
  if (s eq "" || strstrt(s, "outside") > 0) { plot (k == 0 ? "data.dat" : sprintf("cell-%d-%d.dat", i, k)) matrix with image } else { plot NaN notitle }
} }
unset multiplot
