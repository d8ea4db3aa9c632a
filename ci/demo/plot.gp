# SPDX-License-Identifier: GPL-2.0
#
# The demo's picture: the same frame as stock and as ours received it, and bars below.
# Read after what report.py plot prints; "out" is the file, stock_still and ours_still
# are the frames. A bar is the median of the runs, the line on it goes from the least to
# the most.

set terminal pngcairo size 1320,800 font "sans,12" background "#ffffff" enhanced
set output out
set encoding utf8

stock = "#c2571a"
ours = "#1f6fb4"
dark = "#333333"

set multiplot title "The same tunnel, received by the kernel’s own WireGuard module (stock) and by wireguard-reorder (ours)" \
	font "sans,15" textcolor rgb dark
set key off

# Of 640 by 360 points, as they are.
unset border
unset tics
set lmargin 0
set rmargin 0
set tmargin 0
set bmargin 0
set xrange [0:640]
set yrange [0:360]
set size 640.0 / 1320, 360.0 / 800
do for [i=0:1] {
	set origin (i ? 670.0 : 10.0) / 1320, 358.0 / 800
	set label 1 (i ? ours_title : stock_title) at graph 0, 1 offset 0, 0.8 textcolor rgb (i ? ours : stock) font "sans,13"
	still = i ? ours_still : stock_still
	plot still binary filetype=png with rgbimage
}
unset label 1
set label 2 sprintf("Frame %d of a video stream (MPEG-TS over UDP, 6 Mbit/s) over two lines of 10 and 25 ms that take packets in turn. Half of stock’s frames looked worse.", frame) \
	at screen 0.5, screen 338.0 / 800 center textcolor rgb dark
set label 3 "The path carries 30 Mbit/s, 20 ms there and back; jitter: up to 1 ms more or less. Bars are medians, lines on them go from the least to the most." \
	at screen 0.5, screen 14.0 / 800 center textcolor rgb dark font "sans,10"

set border 3 lc rgb dark
set grid ytics lc rgb "#dddddd"
set style fill solid noborder
set boxwidth 0.39
set xtics scale 0 textcolor rgb dark nomirror font "sans,11"
set ytics textcolor rgb dark nomirror
set xrange [-0.6:2.6]
set yrange [0:*]
set offsets 0, 0, graph 0.12, 0
set autoscale yfixmax
set size 206.0 / 1320, 222.0 / 800
do for [n=1:5] {
	set origin (50 + (n - 1) * 258.0) / 1320, 60.0 / 800
	set title panel_title[n] textcolor rgb dark font "sans,12" offset 0, -0.3
	stats $panels index (2 * n - 2) using 1 nooutput
	set xrange [-0.6:STATS_max + 0.6]
	plot for [i=0:1] $panels index (2 * n - 2 + i) using ($1 + (i - 0.5) * 0.42):3 with boxes lc rgb (i ? ours : stock), \
	     for [i=0:1] $panels index (2 * n - 2 + i) using ($1 + (i - 0.5) * 0.42):4:(0):($5 - $4) with vectors nohead lw 1.5 lc rgb dark, \
	     for [i=0:1] $panels index (2 * n - 2 + i) using ($1 + (i - 0.5) * 0.42):5:(sprintf($3 < 9.95 && $3 > 0 ? "%.1f" : "%.0f", $3)) with labels offset 0,0.7 font "sans,10" textcolor rgb dark, \
	     $panels index (2 * n - 2) using 1:(0):xtic(2) with dots lc rgb dark
	unset label 2
	unset label 3
}
unset multiplot
