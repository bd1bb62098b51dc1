# digits.gp: certain digits of every claim, weakest to strongest evidence.
# Columns of the data: label; identities: weakest, strongest; inequalities: weakest, strongest; ? where there is none.
set datafile missing "?"
stats data using 0 name "rows" nooutput
height = 0.75 + 0.165*(rows_records < 52 ? rows_records : 52)
load plots."/style.gp"
stats data using 3 name "one" nooutput
stats data using 5 name "two" nooutput
top = 0
if (exists("one_max")) top = one_max
if (exists("two_max") && two_max > top) top = two_max
set yrange [rows_records-0.4:-0.6]
if (top > 400) set logscale x
set xrange [(top > 400 ? 1 : 0):(top > 400 ? top*1.3 : top*1.03+1)]
set xlabel "certain digits, weakest to strongest evidence"
set border 1
set ytics scale 0 font ",".(term eq "svg" ? 13 : 8)
set key outside top center horizontal samplen 1 reverse Left font ",".(term eq "svg" ? 14 : 9)
plot data using 2:($0-0.14):($3-$2):(0):ytic(1) with vectors nohead ls 1 dt 1 notitle, \
     data using 4:($0+0.14):($5-$4):(0) with vectors nohead ls 2 dt 1 notitle, \
     data using 2:($0-0.14) with points ls 1 title "identities", \
     data using 4:($0+0.14) with points ls 2 title "inequalities"
