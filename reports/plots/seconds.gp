# seconds.gp: time of every claim, honest checks and sabotaged twins.
# Columns of the data: label, seconds of honest checks, seconds of twins.
stats data using 0 name "rows" nooutput
height = 0.75 + 0.165*(rows_records < 52 ? rows_records : 52)
load plots."/style.gp"
set yrange [rows_records-0.4:-0.6]
set xrange [0:*]
set xlabel "seconds, one thread"
set border 1
set ytics scale 0 font ",".(term eq "svg" ? 13 : 8)
set style fill solid 0.9 border lc rgb "#ffffff"
set key outside top center horizontal samplen 1.5 reverse Left font ",".(term eq "svg" ? 14 : 9)
bar = 0.36
plot data using ($2/2):0:($2/2):(bar):ytic(1) with boxxyerror lc rgb blue title "checks", \
     data using ($2+$3/2):0:($3/2):(bar) with boxxyerror lc rgb yellow title "sabotaged twins"
