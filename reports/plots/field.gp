# field.gp: what pictures of fields share: terminal and colours. The caller sets: kind ("png", "svg" or "pdf"), width and height in inches.
set encoding utf8
set minussign
if (kind eq "png") {
  set terminal pngcairo size int(width*200),int(height*200) font "DejaVu Sans,9" fontscale 1.95 linewidth 2.2 pointscale 2 background "#ffffff"
}
if (kind eq "svg") {
  set terminal svg size 100*width,100*height dynamic enhanced font "DejaVu Sans,Helvetica,Arial,sans-serif,12" background "#ffffff" linewidth 1.1
}
if (kind eq "pdf") {
  set terminal pdfcairo size width in,height in font "DejaVu Sans,9" fontscale 0.7 linewidth 1.5
}
set output "picture"
black = "#222222"; grey = "#888888"; blue = "#0072B2"; orange = "#D55E00"
set border 15 lc rgb black lw 0.8
set tics out nomirror scale 0.6 textcolor rgb black
