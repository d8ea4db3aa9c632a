# SPDX-License-Identifier: GPL-2.0
#
# One TCP connection, second by second, as the path begins to disturb the order:
# the median of the runs, in a band from the least to the most.

set title headline
set xlabel "seconds"
set ylabel "Mbit/s"
set xrange [0:last]
set yrange [0:*]
set offsets 0, 0, graph 0.1, 0
set key at graph 0.03, graph 0.05 left bottom Left reverse
set arrow from change, graph 0 to change, graph 1 nohead dashtype 2 lw 1.5 lc rgb text
set label sprintf("from here on: %s", after) at change, graph 0.97 offset 1, 0 textcolor rgb text
plot $stock using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb stock notitle, \
     $ours using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc rgb ours notitle, \
     $stock using 1:2 with linespoints pt 7 ps 0.5 lw 2 lc rgb stock title "stock", \
     $ours using 1:2 with linespoints pt 5 ps 0.5 lw 2 lc rgb ours title "ours"
