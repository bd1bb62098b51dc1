# digits.gp: certain digits of every claim, weakest to strongest evidence.
# Columns of the data: label, kind of marks (1 identities, 2 inequalities), weakest, strongest, number of relations.
stats data using 3 name "rows" nooutput
height = 0.7 + 0.19*rows_records
load plots."/style.gp"
stats data using 4 name "top" nooutput
set yrange [rows_records-0.4:-0.6]
if (top_max > 400) set logscale x
set xrange [(top_max > 400 ? 1 : 0):(top_max > 400 ? top_max*1.2 : top_max*1.04)]
set xlabel (term eq "svg" ? "certain digits (weakest to strongest evidence)" : "certain digits (weakest to strongest evidence)")
set border 1
set ytics scale 0 font ",".(term eq "svg" ? 13 : 8)
set key outside top center horizontal samplen 1.5
plot data using ($2==1?$3:NaN):0:3:4:ytic(1) with xerrorbars ls 1 ps 0 lw 3 notitle, \
     data using ($2==2?$3:NaN):0:3:4 with xerrorbars ls 2 ps 0 lw 3 dt 1 notitle, \
     data using ($2==1?$3:NaN):0 with points ls 1 title "identities", \
     data using ($2==2?$3:NaN):0 with points ls 2 title "inequalities"
