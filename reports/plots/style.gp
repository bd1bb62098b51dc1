# style.gp: what all figures share. The caller sets: term ("svg" or "tex"), data, out. Okabe-Ito colours; every series also has its own mark.
# By hand, in the report's directory: gnuplot -e "term='svg'; data='figures/digits.dat'; out='digits.svg'; plots='.../reports/plots'" .../reports/plots/digits.gp
if (!exists("width")) width = 5.9      # inches
if (!exists("height")) height = 3.2
if (term eq "svg") {
  set terminal svg size 120*width,120*height dynamic enhanced font "Helvetica,Arial,sans-serif,15" background "#ffffff" linewidth 1.25
} else {
  set terminal cairolatex pdf size width in,height in color transparent font ",9" linewidth 1.2
}
set output out
set encoding utf8
set datafile separator "\t"
black = "#222222"; grey = "#bbbbbb"
blue = "#0072B2"; orange = "#D55E00"; green = "#009E73"; purple = "#CC79A7"; sky = "#56B4E9"; yellow = "#E69F00"
set style line 1 lc rgb blue   lw 2 pt 7 ps 0.7 dt 1
set style line 2 lc rgb orange lw 2 pt 5 ps 0.7 dt 2
set style line 3 lc rgb green  lw 2 pt 9 ps 0.8 dt 4
set style line 4 lc rgb purple lw 2 pt 13 ps 0.8 dt 5
set style line 5 lc rgb sky    lw 2 pt 11 ps 0.8 dt 3
set style line 6 lc rgb black  lw 2 pt 4 ps 0.8 dt 1
set style line 10 lc rgb grey lw 0.6 dt 1
set border 3 lc rgb black lw 0.8
set tics nomirror out scale 0.6 textcolor rgb black
set grid x ls 10
