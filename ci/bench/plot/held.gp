# SPDX-License-Identifier: GPL-2.0
#
# From the module's histograms, for each path: by how many places packets came
# behind, and how many were held for longer than that.

set multiplot layout 1,2 title headline textcolor rgb text
array colour[3] = [ours, third, fourth]
array point[3] = [7, 5, 9]

set xlabel "places behind, from … to less than twice that"
set ylabel "% of all packets"
set title "displacement"
set logscale x 2
set yrange [0:*]
set key right top
plot for [i=1:paths] $extent index i - 1 using 1:2 with linespoints lw 2 pt point[i] ps 0.6 lc rgb colour[i] title columnheader(1)

set title "delay that keeping the order adds"
set xlabel "ms"
set ylabel "% of all packets held for that long or longer"
unset logscale x
set logscale x 10
set key off
plot for [i=1:paths] $hold index i - 1 using 1:2 with linespoints lw 2 pt point[i] ps 0.6 lc rgb colour[i]
unset multiplot
