# SPDX-License-Identifier: GPL-2.0
#
# The demo's picture: gnuplot -e "data='FILE'; out='FILE.svg'; jitter='1ms'" plot.gp, data
# being what report.py plot prints. A bar is the median of the rounds, the line
# on it goes from the least to the most.

set terminal svg size 960,380 font "sans-serif,13" background "#ffffff" enhanced
set output out
set encoding utf8

stock = "#c2571a"
ours = "#1f6fb4"
dark = "#333333"
set border 3 lc rgb dark
set tics nomirror textcolor rgb dark
set xtics scale 0
set grid ytics lc rgb "#dddddd"
set style fill solid noborder
set boxwidth 0.39
set xtics ("in order" 0, "jitter" 1, "jitter,\ntcp\\_recovery=0" 2)
set key off
set bmargin 4
set tmargin 4

set multiplot layout 1,3 title "Received by the kernel's own WireGuard module (stock) and by this one (ours): 30 Mbit/s, 20 ms round trip, ".jitter." of jitter" \
	textcolor rgb dark

set title "UDP packets out of order, %" textcolor rgb dark
set xrange [-0.6:1.6]
set yrange [0:*<115]
set offsets 0, 0, graph 0.25, 0
set key at graph 0.03, graph 0.99 left top Left reverse textcolor rgb dark samplen 1
plot for [i=0:1] data index i using ($1 + (i - 0.5) * 0.42):2 with boxes lc rgb (i ? ours : stock) title (i ? "ours" : "stock"), \
     for [i=0:1] data index i using ($1 + (i - 0.5) * 0.42):2:(sprintf("%.1f", $2)) with labels offset 0,0.7 font ",11" textcolor rgb dark notitle

set xrange [-0.6:2.6]
set yrange [0:*]
set key off
set title "TCP goodput, Mbit/s" textcolor rgb dark
plot for [i=0:1] data index i using ($1 + (i - 0.5) * 0.42):3 with boxes lc rgb (i ? ours : stock), \
     for [i=0:1] data index i using ($1 + (i - 0.5) * 0.42):4:(0):($5 - $4) with vectors nohead lw 1.5 lc rgb dark, \
     for [i=0:1] data index i using ($1 + (i - 0.5) * 0.42):5:(sprintf("%.1f", $3)) with labels offset 0,0.7 font ",11" textcolor rgb dark

set title "TCP segments sent again" textcolor rgb dark
plot for [i=0:1] data index i using ($1 + (i - 0.5) * 0.42):6 with boxes lc rgb (i ? ours : stock), \
     for [i=0:1] data index i using ($1 + (i - 0.5) * 0.42):7:(0):($8 - $7) with vectors nohead lw 1.5 lc rgb dark, \
     for [i=0:1] data index i using ($1 + (i - 0.5) * 0.42):8:(sprintf("%.0f", $6)) with labels offset 0,0.7 font ",11" textcolor rgb dark

unset multiplot
