# digits.gp: certain digits of every claim, weakest to strongest evidence.
# Columns of the data: label; identities: weakest, strongest; inequalities: weakest, strongest; ? where there is none.
set datafile missing "?"
load plots."/rows.gp"
stats data using 3 name "one" nooutput
stats data using 5 name "two" nooutput
top = 0
if (exists("one_max")) top = one_max
if (exists("two_max") && two_max > top) top = two_max
if (top > 400) set logscale x
set xrange [(top > 400 ? 1 : 0):(top > 400 ? top*1.3 : top*1.03+1)]
set xlabel small."certain digits, weakest to strongest evidence"
do for [k = 1:columns] {
  if (columns > 1) { set lmargin at screen left(k); set rmargin at screen right(k) }
  set yrange [bottom(k):(k-1)*most-0.6]
  plot data using 2:($0-0.14):($3-$2):(0):ytic(row(strcol(1))) with vectors nohead ls 1 dt 1 notitle, \
       data using 4:($0+0.14):($5-$4):(0) with vectors nohead ls 2 dt 1 notitle, \
       data using 2:($0-0.14) with points ls 1 title small."identities", \
       data using 4:($0+0.14) with points ls 2 title small."inequalities"
}
