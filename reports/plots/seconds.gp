# seconds.gp: time of every claim, honest checks and sabotaged twins.
# Columns of the data: label, seconds of honest checks, seconds of twins.
load plots."/rows.gp"
stats data using ($2+$3) name "all" nooutput
set xrange [0:(all_max > 0 ? 1.03*all_max : 1)]
set xlabel small."seconds, one thread"
set style fill solid 0.9 border lc rgb "#ffffff"
bar = 0.36
do for [k = 1:columns] {
  if (columns > 1) { set lmargin at screen left(k); set rmargin at screen right(k) }
  set yrange [bottom(k):(k-1)*most-0.6]
  plot data using ($2/2):0:($2/2):(bar):ytic(row(strcol(1))) with boxxyerror lc rgb blue title small."checks", \
       data using ($2+$3/2):0:($3/2):(bar) with boxxyerror lc rgb yellow title small."sabotaged twins"
}
