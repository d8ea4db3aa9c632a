# SPDX-License-Identifier: GPL-2.0
#
# What TCP gets through the tunnel: against jitter, and on the other paths. A
# point or bar is the median of the runs, the line on it goes from the least to
# the most.

set multiplot layout 1,2 title headline textcolor rgb text

set title "normally distributed jitter"
set xlabel "standard deviation, ms"
set ylabel "Mbit/s"
set xrange [-0.1:*<3.2]
set yrange [0:*]
set key at graph 0.05, graph 0.05 left bottom Left reverse
plot $jitter index 0 using 1:2 with lines lw 2 lc rgb stock notitle, \
     $jitter index 0 using 1:2:3:4 with yerrorbars pt 7 ps 0.7 lw 1.5 lc rgb stock title "stock", \
     $jitter index 1 using 1:2 with lines lw 2 lc rgb ours notitle, \
     $jitter index 1 using 1:2:3:4 with yerrorbars pt 5 ps 0.7 lw 1.5 lc rgb ours title "ours"

set title "other paths"
set xlabel "Mbit/s"
unset ylabel
set key off
unset grid
set grid xtics lc rgb "#b0787878" lw 0.5
set xtics 50
set xrange [0:*]
set yrange [rows - 0.5:-0.5]
set ytics scale 0
set lmargin 28
# A bar from 0 to the median, 0.36 of a row high; then the line on it.
y(row, i) = row + (i - 0.5) * 0.38
plot for [i=0:1] $others index i using 3:(y($1, i)):(0):3:(y($1, i) - 0.18):(y($1, i) + 0.18) with boxxyerror lc rgb (i ? ours : stock), \
     for [i=0:1] $others index i using 4:(y($1, i)):($5 - $4):(0) with vectors nohead lw 1.5 lc rgb text, \
     $others index 0 using (0):1:ytic(2) with dots lc rgb text
unset multiplot
